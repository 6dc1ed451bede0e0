import Fields

/// What can be said of a package without running it.
public struct PackageReview: Sendable {
    /// The heaviest first, at most ``findingsMax``.
    public let findings: [ReviewFinding]
    /// There were more findings than are listed.
    public let isCut: Bool
    public let files: Int

    public static let findingsMax = 300

    /// Blocks: reads every byte of the package once.
    /// - Parameter texts: what is shown of the skill beside its files, such as its display name.
    public init(_ package: SkillPackage, manifest: SkillManifest, texts: [String] = []) {
        let hosts = Set(manifest.network.map(\.host))
        var found: [ReviewFinding] = []
        var files = 0
        for entry in package.entries {
            guard case .file(let bytes, let isExecutable) = entry.kind else { continue }
            files += 1
            let kind = SourceKind(path: entry.path, bytes: bytes)
            let isVendored = Self.isVendored(entry.path)
            var review = FileReview(
                path: entry.path, bytes: bytes, kind: kind, isVendored: isVendored, declaredHosts: hosts)
            for id in Self.rules(entry.path, bytes, isExecutable: isExecutable, kind, manifest) { review.add(id) }
            if Self.isRead(kind) { review.run() }
            found += review.findings
        }
        found += Self.dependencies(package, manifest)
        found += Self.words(manifest, texts)
        found = Self.sorted(found)
        findings = Array(found.prefix(Self.findingsMax))
        isCut = found.count > Self.findingsMax
        self.files = files
    }

    /// What the words of a skill alone give, such as a new description.
    public static func findings(inTexts texts: [String]) -> [ReviewFinding] {
        var review = FileReview(
            path: SkillPackage.manifestName, bytes: Array(texts.joined(separator: "\n\n").utf8), kind: .text,
            isVendored: false, declaredHosts: [])
        review.run()
        return review.findings.map { finding in
            ReviewFinding(
                rule: finding.rule, severity: finding.severity, file: finding.file, excerpt: finding.excerpt,
                why: finding.why, fix: finding.fix)
        }
    }

    /// What findings mean for a version: a critical one rejects it, a high one is for the operator.
    public static func state(of findings: [ReviewFinding]) -> VersionStanding.Review {
        switch findings.map(\.severity).max() {
        case .critical: .rejected
        case .high: .review
        default: .passed
        }
    }

    public static func sorted(_ findings: [ReviewFinding]) -> [ReviewFinding] {
        findings.enumerated().sorted { left, right in
            (right.element.severity, left.offset) < (left.element.severity, right.offset)
        }.map(\.element)
    }

    // MARK: Files

    private static func isRead(_ kind: SourceKind) -> Bool {
        switch kind {
        case .elf, .wasm, .foreignProgram, .archive, .compiledPython, .binary: false
        default: true
        }
    }

    /// It stands in a library that the package carries.
    package static func isVendored(_ path: String) -> Bool {
        path.hasPrefix("vendor/") || path.hasPrefix("node_modules/") || path.contains("/node_modules/")
    }

    private static let harmlessEndings: Set<Substring> = [
        "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "pdf", "md", "txt", "json", "csv", "css", "html", "xml",
        "yaml", "yml", "toml", "mp3", "mp4", "ttf", "woff", "woff2", "log",
    ]

    private static func rules(
        _ path: String, _ bytes: [UInt8], isExecutable: Bool, _ kind: SourceKind, _ manifest: SkillManifest
    ) -> [String] {
        var found: [String] = []
        switch kind {
        case .elf, .wasm: found.append(isEntryPoint(path, manifest) ? "native-entry-point" : "native-binary")
        case .foreignProgram: found.append("foreign-binary")
        case .archive(let encrypted): found.append(encrypted ? "encrypted-archive" : "nested-archive")
        case .compiledPython: found.append("compiled-python")
        case .packageJSON: if hasLifecycleScript(bytes) { found.append("lifecycle-script") }
        default:
            // Python runs an archive whatever stands before it.
            if SourceKind.endsAsArchive(bytes) { found.append("nested-archive") }
        }
        if SourceKind.beginsAsData(bytes), kind.isCode || isExecutable || SourceKind.endsAsArchive(bytes) {
            found.append("disguised-program")
        }
        if path == "setup.py" { found.append("setup-script") }
        let parts = path.split(separator: "/")
        let isScript = bytes.starts(with: "#!".utf8)
        let ending = parts.last?.split(separator: ".").last ?? ""
        let isDotted = parts.contains { $0.hasPrefix(".") } && !path.hasPrefix("node_modules/.bin/")
        if kind.isProgram || isScript || isExecutable {
            let hides = isDotted && !path.contains("/node_modules/.bin/")
            let lies =
                parts.last?.contains(".") == true && harmlessEndings.contains(ending) && (kind.isProgram || isScript)
            if hides || lies { found.append("hidden-executable") }
        }
        return found
    }

    private static func isEntryPoint(_ path: String, _ manifest: SkillManifest) -> Bool {
        guard case .program(let arguments) = manifest.entryPoint else { return false }
        return arguments.first == path
    }

    private static func hasLifecycleScript(_ bytes: [UInt8]) -> Bool {
        guard let scripts = (try? JSONValue(parsing: bytes))?["scripts"]?.object else { return false }
        return scripts.keys.contains { ["preinstall", "install", "postinstall", "prepare"].contains($0) }
    }

    // MARK: Dependencies and words

    private static let dependenciesMax = 32

    private static func dependencies(_ package: SkillPackage, _ manifest: SkillManifest) -> [ReviewFinding] {
        var asked: [(file: String, name: String)] = []
        if let file = package.file("requirements.txt") {
            for line in String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline).prefix(512) {
                let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
                if !name.isEmpty { asked.append(("requirements.txt", String(name))) }
            }
        }
        if let file = package.file("package.json"),
            let json = try? JSONValue(parsing: file.bytes), let names = json["dependencies"]?.object?.keys
        {
            asked += names.prefix(512).map { ("package.json", $0) }
        }
        let declared = Set(manifest.dependencies.map(plain))
        let rule = ReviewRule.named("undeclared-dependency")
        return asked.filter { !declared.contains(plain($0.name)) }.prefix(dependenciesMax).map { file, name in
            ReviewFinding(
                rule: rule.id, severity: rule.severity, file: file, excerpt: displayed(name), why: rule.why,
                fix: rule.fix)
        }
    }

    private static func plain(_ name: String) -> String {
        String(name.lowercased().map { $0 == "_" || $0 == "." ? "-" : $0 })
    }

    /// What the manifest says, as it is shown: an escape in skill.toml hides nothing.
    private static func words(_ manifest: SkillManifest, _ texts: [String]) -> [ReviewFinding] {
        let described = manifest.endpoints.compactMap(\.description) + manifest.secrets.compactMap(\.description)
        let schemas = manifest.endpoints.flatMap { [$0.input?.json, $0.output?.json] }.compactMap { $0?.description }
        return findings(inTexts: texts + [manifest.description] + described + schemas)
    }
}
