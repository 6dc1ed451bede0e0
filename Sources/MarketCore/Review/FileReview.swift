import Fields

/// Reads one file of a package once, line by line, and holds what stands in it against the rules. The work grows with the
/// bytes and with nothing else, whatever they are.
struct FileReview {
    let path: String
    let bytes: [UInt8]
    let kind: SourceKind
    /// A library that the package carries.
    let isVendored: Bool
    /// What the manifest's network declares.
    let declaredHosts: Set<String>
    private(set) var findings: [ReviewFinding] = []

    private var counts: [String: Int] = [:]
    private var line = Line()
    /// Where something was decoded last.
    private var decodedAt: Int?

    /// Findings of one rule in one file.
    private static let perRuleMax = 10
    private static let longLineBytes = 5000
    private static let longExecutingLineBytes = 2000
    private static let blobBytes = 1024
    /// Lines between decoding and executing that belong together.
    private static let nearLines = 20

    /// What is known of the line that is being read.
    private struct Line {
        var number = 1
        var start = 0
        var signs: Set<ReviewWord.Sign> = []
        /// Where the first sign of each kind ends.
        var places: [ReviewWord.Sign: Int] = [:]
        var longestRun = 0
        /// Hosts of addresses that are not declared.
        var hosts: [(name: String, place: Int)] = []
        /// Where secrets stand: the excerpt of anything on this line must not show them.
        var secrets: [(rule: String, range: Range<Int>)] = []
    }

    init(path: String, bytes: [UInt8], kind: SourceKind, isVendored: Bool, declaredHosts: Set<String>) {
        self.path = path
        self.bytes = bytes
        self.kind = kind
        self.isVendored = isVendored
        self.declaredHosts = declaredHosts
    }

    mutating func run() {
        let words = ReviewWord.automaton
        var state = 0
        var run = 0
        var wasBlank = true
        var isASCII = true
        for index in bytes.indices {
            let byte = bytes[index]
            if byte >= 0x80 { isASCII = false }
            let isBlank = byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
            // A phrase is one however its words are spread over blanks and lines.
            if !isBlank || !wasBlank { words.step(&state, isBlank ? 0x20 : byte &- 0x41 < 26 ? byte | 0x20 : byte) }
            wasBlank = isBlank
            if words.hasMatches(state) {
                for word in words.matches(state) { note(ReviewWord.all[word], endingAt: index) }
            }
            run = Self.isBlobByte(byte) ? run + 1 : 0
            line.longestRun = max(line.longestRun, run)
            if byte == 0x0A { endLine(at: index) }
        }
        endLine(at: bytes.count)
        if !isASCII { reviewScalars() }
    }

    mutating func add(_ id: String, line: Int? = nil, excerpt: String? = nil) {
        guard counts[id, default: 0] < Self.perRuleMax else { return }
        counts[id, default: 0] += 1
        let rule = ReviewRule.named(id)
        findings.append(
            ReviewFinding(
                rule: id, severity: isVendored && rule.severity == .medium ? .low : rule.severity, file: path,
                line: line, excerpt: excerpt, why: rule.why, fix: rule.fix))
    }

    /// A part of a text around a place, fit to be shown.
    func excerpt(_ range: Range<Int>, around place: Int) -> String {
        let start = max(range.lowerBound, min(place, range.upperBound) - 80)
        let end = min(range.upperBound, start + 160)
        let text = String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
        return displayed(String(text.drop { $0 == " " || $0 == "\t" }), scalarsMax: 160)
    }

    private static func isBlobByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
            || byte == UInt8(ascii: "-")
    }

    // MARK: Words

    private mutating func note(_ word: ReviewWord, endingAt index: Int) {
        guard line.secrets.count < Self.perRuleMax * 3 else { return mark(word.sign, index) }
        let start = start(of: word, endingAt: index)
        if word.before != .anything, start > 0 {
            let before = bytes[start - 1]
            guard !isNameByte(before), word.before != .noMember || before != UInt8(ascii: ".") else { return }
        }
        switch word.sign {
        case .token:
            for format in TokenFormat.all where format.prefix == word.text {
                if let length = format.length(in: bytes, at: start) {
                    line.secrets.append(("secret-token", start..<start + length))
                }
            }
        case .privateKey:
            if let range = privateKey(after: index) { line.secrets.append(("secret-private-key", range)) }
        case .secretName:
            guard kind != .text, let range = SecretValue.range(in: bytes, after: index + 1) else { return }
            line.secrets.append(("secret-value", range))
        case .address:
            guard kind.isCode, line.hosts.count < 64, let host = host(after: index + 1) else { return }
            if !declaredHosts.contains(host), !WellKnownHost.contains(host) { line.hosts.append((host, index)) }
        case .destructive:
            // The whole tree, not a directory in it.
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0x0A
            guard !(bytes[index] == UInt8(ascii: "/")) || !isNameByte(next) && next != UInt8(ascii: ".") else { return }
            mark(.destructive, index)
        default: mark(word.sign, index)
        }
    }

    private mutating func mark(_ sign: ReviewWord.Sign, _ index: Int) {
        if line.signs.insert(sign).inserted { line.places[sign] = index }
    }

    /// Where a word begins, its blanks being as long as they are.
    private func start(of word: ReviewWord, endingAt index: Int) -> Int {
        let length = word.text.utf8.count
        guard word.text.utf8.contains(0x20) else { return index - length + 1 }
        var place = index
        var left = length - 1
        var wasBlank = false
        while place > 0, left > 0, index - place < 512 {
            let before = bytes[place - 1]
            let isBlank = before == 0x20 || before == 0x09 || before == 0x0A || before == 0x0D
            if !(isBlank && wasBlank) { left -= 1 }
            wasBlank = isBlank
            place -= 1
        }
        return place
    }

    /// `-----BEGIN … PRIVATE KEY-----` with something behind it.
    private func privateKey(after index: Int) -> Range<Int>? {
        let head = bytes[(index + 1)..<min(bytes.count, index + 65)]
        let text = String(decoding: head.prefix { $0 != 0x0A && $0 != 0x5C }, as: UTF8.self)
        guard text.contains("PRIVATE KEY") else { return nil }
        let body = bytes[min(bytes.count, index + 1 + text.utf8.count)..<min(bytes.count, index + 400)]
        guard body.count(where: { isNameByte($0) || $0 == UInt8(ascii: "+") }) >= 40 else { return nil }
        return index - 10..<index
    }

    private func host(after place: Int) -> String? {
        var start = place
        var end = place
        let limit = min(bytes.count, place + 300)
        while end < limit {
            let byte = bytes[end]
            if byte == UInt8(ascii: "@") {
                start = end + 1
            } else if !(TokenFormat.isTokenByte(byte) || byte == UInt8(ascii: "%")) {
                break
            }
            end += 1
        }
        let host = String(decoding: bytes[start..<end], as: UTF8.self).lowercased()
        return host.contains(".") && !host.hasPrefix(".") && !host.hasSuffix(".") ? host : nil
    }

    // MARK: Lines

    private mutating func endLine(at end: Int) {
        let range = line.start..<max(line.start, end)
        for found in rules(for: range) where counts[found.rule, default: 0] < Self.perRuleMax {
            add(
                found.rule, line: line.number,
                excerpt: line.secrets.isEmpty ? excerpt(range, around: found.place) : nil)
        }
        for secret in line.secrets.prefix(Self.perRuleMax * 3) {
            let shown = String(decoding: bytes[secret.range.prefix(4)], as: UTF8.self)
            let cut = secret.rule == "secret-private-key" ? "-----BEGIN … PRIVATE KEY-----" : displayed(shown) + "…"
            add(secret.rule, line: line.number, excerpt: "\(cut) (cut)")
        }
        if line.signs.contains(.decode) { decodedAt = line.number }
        let number = line.number + 1
        line = Line()
        line.number = number
        line.start = end + 1
    }

    private func rules(for range: Range<Int>) -> [(rule: String, place: Int)] {
        var found: [(String, Int)] = []
        let signs = line.signs
        func place(_ sign: ReviewWord.Sign) -> Int { line.places[sign] ?? range.lowerBound }
        if kind.isCode {
            found += codeRules(range)
        } else if kind == .text {
            if signs.contains(.pipe), signs.contains(.fetch) || signs.contains(.decode) {
                found.append(("asks-to-run", place(.pipe)))
            } else if signs.contains(.disablesProtection) {
                found.append(("asks-to-run", place(.disablesProtection)))
            } else if signs.contains(.reverseShell) {
                found.append(("asks-to-run", place(.reverseShell)))
            }
            if signs.contains(.injection) { found.append(("prompt-injection", place(.injection))) }
            if signs.contains(.asksForSecrets) { found.append(("asks-for-secrets", place(.asksForSecrets))) }
        }
        if signs.contains(.dataDrop), !declares(near: place(.dataDrop)) {
            found.append(("data-drop", place(.dataDrop)))
        }
        if signs.contains(.miner), kind != .text { found.append(("miner", place(.miner))) }
        return found
    }

    private func codeRules(_ range: Range<Int>) -> [(String, Int)] {
        var found: [(String, Int)] = []
        let signs = line.signs
        func add(_ rule: String, if sign: ReviewWord.Sign) {
            if signs.contains(sign) { found.append((rule, line.places[sign] ?? range.lowerBound)) }
        }
        let executes = signs.contains(.execute) || signs.contains(.pipe) || kind == .shell && signs.contains(.shellEval)
        let executing = line.places[.execute] ?? line.places[.pipe] ?? line.places[.shellEval] ?? range.lowerBound
        if executes, signs.contains(.decode) {
            found.append(("obfuscated-exec", executing))
        } else if executes, signs.contains(.fetch) {
            found.append(("pipe-to-shell", executing))
        } else if signs.contains(.execute), let decodedAt, line.number - decodedAt <= Self.nearLines {
            found.append(("decode-then-exec", executing))
        }
        if executes, range.count > Self.longExecutingLineBytes { found.append(("minified-exec", executing)) }
        add("reverse-shell", if: .reverseShell)
        // A comment is not carried out. In JavaScript it may be one that only looks so.
        let isComment = isComment(range)
        if !isComment || kind == .javascript {
            add("destructive-command", if: .destructive)
            add("credential-path", if: .credentialPath)
            add("metadata-address", if: .metadata)
            add("persistence", if: .persistence)
            add("environment-dump", if: .environment)
        }
        guard !isComment else { return found }
        if range.count > Self.longLineBytes { found.append(("minified-code", range.lowerBound)) }
        if line.longestRun >= Self.blobBytes { found.append(("encoded-blob", range.lowerBound)) }
        add("runtime-install", if: .install)
        switch kind {
        case .python:
            add("python-exec", if: .execute)
            add("python-shell", if: .pythonShell)
            add("python-unpickle", if: .unpickle)
            add("native-call", if: .native)
        case .javascript:
            add("js-eval", if: .execute)
            add("js-process", if: .jsProcess)
            add("native-call", if: .native)
        case .shell: add("shell-eval", if: .shellEval)
        default: break
        }
        for host in line.hosts { found.append(("undeclared-destination", host.place)) }
        return found
    }

    private func isComment(_ range: Range<Int>) -> Bool {
        let text = bytes[range].drop { $0 == 0x20 || $0 == 0x09 }
        switch kind {
        case .python, .shell: return text.first == UInt8(ascii: "#")
        default: return text.starts(with: "//".utf8)
        }
    }

    /// Whether the host that stands there is declared.
    private func declares(near place: Int) -> Bool {
        let text = String(decoding: bytes[max(0, place - 120)...place], as: UTF8.self).lowercased()
        return declaredHosts.contains { text.contains($0) }
    }
}
