internal import CSeccomp
internal import Fields
import Glibc

/// A seccomp list of Docker (its `default.json`) or of the OCI runtime specification, as far as it can be honoured; what
/// cannot is an error. Other architectures stay refused, and the floor of every profile holds for it, too.
struct SeccompImport {
    /// Calls that it allows here, or gives an errno of their own.
    private(set) var calls: [String: SyscallGrant] = [:]
    /// Nil when it does not say.
    private(set) var refusal: Int32?
    private(set) var kills = false
    /// Calls that it allows and that no profile can grant.
    private(set) var refused: Set<String> = []
    private let place: ProfilePlace

    init(_ text: String, file: String) throws(FieldError) {
        place = ProfilePlace(file: file, line: nil)
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw FieldError(path: "", message: "is not JSON: \(error)", file: file)
        }
        let reader = try FieldReader(value, source: FieldSource(file: file))
        try readHead(reader)
        for entry in try reader.readers("syscalls", maxCount: 1024) { try read(entry) }
        try reader.finish()
        refused = refused.filter { SeccompCompiler.isKnown($0) }
    }

    private mutating func readHead(_ reader: FieldReader) throws(FieldError) {
        let action = try reader.string("defaultAction", maxBytes: 64)
        switch action {
        case "SCMP_ACT_ERRNO": refusal = EPERM
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD": kills = true
        default:
            throw reader.error(
                "defaultAction",
                "\(quoted(action)) cannot be honoured: what the list does not name is refused here "
                    + "(SCMP_ACT_ERRNO or SCMP_ACT_KILL)")
        }
        if let value = try reader.optionalInt("defaultErrnoRet", in: 0...4095) {
            refusal = try errno(value, reader, "defaultErrnoRet")
        }
        let own = Self.architecture
        let architectures = try reader.strings("architectures", maxCount: 32, maxBytes: 32)
        guard architectures.isEmpty || architectures.contains(own.libseccomp) else {
            throw reader.error("architectures", "this machine's \(own.libseccomp) is not among them")
        }
        // Which other architectures a call may come from: none may, here.
        _ = try reader.list("archMap", maxCount: 64)
        guard try reader.strings("flags", maxCount: 16, maxBytes: 64).isEmpty else {
            throw reader.error("flags", "filter flags cannot be honoured; remove them")
        }
    }

    private mutating func read(_ entry: FieldReader) throws(FieldError) {
        _ = try entry.optionalString("comment", maxBytes: 1024)
        var names = try entry.strings("names", maxCount: 1024, maxBytes: 64)
        if let name = try entry.optionalString("name", maxBytes: 64), !name.isEmpty { names.append(name) }
        guard !names.isEmpty else { throw entry.error("names", "an entry without names") }
        let action = try entry.string("action", maxBytes: 64)
        let errno = try entry.optionalInt("errnoRet", in: 0...4095)
        let conditions = try conditions(entry)
        let applies = try applies(entry)
        switch action {
        case "SCMP_ACT_ALLOW":
            if applies { for name in names { try allow(name, conditions, entry) } }
        case "SCMP_ACT_ERRNO":
            guard conditions.isEmpty else {
                throw entry.error("args", "a refusal that depends on arguments cannot be honoured")
            }
            let value = try self.errno(errno ?? Int64(EPERM), entry, "errnoRet")
            if applies { for name in names { try refuse(name, value, entry) } }
        default:
            throw entry.error(
                "action", "\(quoted(action)) cannot be honoured; SCMP_ACT_ALLOW and SCMP_ACT_ERRNO can")
        }
    }

    private mutating func allow(
        _ name: String, _ conditions: [SyscallCondition], _ entry: FieldReader
    ) throws(FieldError) {
        if SyscallFloor.reason(against: name) != nil {
            refused.insert(name)
            return
        }
        // Of another architecture, or newer than libseccomp: refused in any case.
        guard SeccompCompiler.isKnown(name), SyscallNarrowing.treatment(of: name) != .absent else { return }
        guard calls[name]?.allows != false else {
            throw entry.error("names", "\(name) is allowed here and given an errno above")
        }
        do {
            try SyscallNarrowing.check(name, conditions)
        } catch {
            throw entry.error("args", "\(name): \(error.sentence)")
        }
        var grant = calls[name] ?? SyscallGrant(rules: [], origin: .imported(place))
        let rule = SyscallRule(conditions: conditions)
        if !grant.isWhole, !grant.rules.contains(rule) {
            grant.rules = conditions.isEmpty ? [rule] : grant.rules + [rule]
        }
        calls[name] = grant
    }

    private mutating func refuse(_ name: String, _ errno: Int32, _ entry: FieldReader) throws(FieldError) {
        guard SeccompCompiler.isKnown(name), SyscallNarrowing.treatment(of: name) != .absent else { return }
        guard calls[name] == nil else {
            throw entry.error("names", "\(name) is given an errno here and mentioned above")
        }
        guard !SyscallGroups.required.contains(name) else {
            throw entry.error("names", "no program starts without \(name)")
        }
        calls[name] = SyscallGrant(rules: [SyscallRule(errno: errno)], origin: .imported(place))
    }

    private func errno(_ value: Int64, _ reader: FieldReader, _ key: String) throws(FieldError) -> Int32 {
        guard let known = ErrnoNames.values.values.first(where: { Int64($0) == value }) else {
            throw reader.error(
                key,
                "the errno \(value) cannot be given here; those that can are "
                    + ErrnoNames.names.joined(separator: ", "))
        }
        return known
    }

    // MARK: Arguments

    private func conditions(_ entry: FieldReader) throws(FieldError) -> [SyscallCondition] {
        var conditions: [SyscallCondition] = []
        for reader in try entry.readers("args", maxCount: 16) {
            let index = UInt32(try reader.int("index", in: 0...5))
            let value = try bits(reader, "value") ?? 0
            let second = try bits(reader, "valueTwo") ?? 0
            let name = try reader.string("op", maxBytes: 32)
            let operators: [String: SyscallCondition.Operator] = [
                "SCMP_CMP_EQ": .equal, "SCMP_CMP_NE": .notEqual, "SCMP_CMP_LT": .less, "SCMP_CMP_LE": .lessOrEqual,
                "SCMP_CMP_GE": .greaterOrEqual, "SCMP_CMP_GT": .greater, "SCMP_CMP_MASKED_EQ": .maskedEqual,
            ]
            guard let op = operators[name] else {
                throw reader.error(
                    "op", "\(quoted(name)) is not a comparison",
                    suggestion: nearestName(to: name, in: operators.keys.sorted()))
            }
            guard !conditions.contains(where: { $0.index == index }) else {
                throw reader.error("index", "argument \(index) is compared twice, which cannot be honoured")
            }
            conditions.append(
                op == .maskedEqual
                    ? SyscallCondition(index: index, op: op, value: second & value, mask: value)
                    : SyscallCondition(index: index, op: op, value: value))
        }
        return conditions
    }

    private func bits(_ reader: FieldReader, _ key: String) throws(FieldError) -> UInt64? {
        guard let value = reader.optionalValue(key) else { return nil }
        guard let number = value.number, let bits = UInt64(number.text) else {
            throw reader.error(key, "must be a whole number of 64 bits")
        }
        return bits
    }

    // MARK: Where an entry applies

    /// A skill has no capability; architecture and kernel are this machine's.
    private func applies(_ entry: FieldReader) throws(FieldError) -> Bool {
        var applies = true
        for (key, wanted) in [("includes", true), ("excludes", false)] {
            guard let filter = try entry.optionalReader(key) else { continue }
            let capabilities = try filter.strings("caps", maxCount: 64, maxBytes: 64)
            if wanted, !capabilities.isEmpty { applies = false }
            let architectures = try filter.strings("arches", maxCount: 64, maxBytes: 32)
            if !architectures.isEmpty, architectures.contains(Self.architecture.docker) != wanted { applies = false }
            if let minimum = try filter.optionalString("minKernel", maxBytes: 32) {
                guard let version = Self.version(minimum), let kernel = Self.version(Self.kernel) else {
                    throw filter.error("minKernel", "must be a version such as \"4.8\"")
                }
                let isRecent = !kernel.lexicographicallyPrecedes(version)
                if isRecent != wanted { applies = false }
            }
        }
        return applies
    }

    private static func version(_ text: String) -> [Int]? {
        let parts = text.prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap { Int($0) }
        return parts.count >= 2 ? Array(parts.prefix(2)) : nil
    }

    private static var kernel: String { name(\.release) }

    private static func name<Field>(_ field: KeyPath<utsname, Field>) -> String {
        var names = utsname()
        _ = unsafe uname(&names)
        return unsafe withUnsafeBytes(of: names[keyPath: field]) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// This machine as libseccomp and as Docker call it.
    private static let architecture: (libseccomp: String, docker: String) = {
        switch name(\.machine) {
        case "x86_64": ("SCMP_ARCH_X86_64", "amd64")
        case "aarch64": ("SCMP_ARCH_AARCH64", "arm64")
        case let other: ("SCMP_ARCH_\(other.uppercased())", other)
        }
    }()
}
