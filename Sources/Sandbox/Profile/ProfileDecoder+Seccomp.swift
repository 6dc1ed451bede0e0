internal import Fields
import Glibc

extension ProfileDecoder {
    mutating func syscalls(_ reader: FieldReader, _ inherited: SyscallPolicy?) throws(FieldError) -> SyscallPolicy {
        var policy = inherited ?? Self.policy(SyscallGroups.standard.map { Placed($0, nil) }, refusal: EPERM)
        guard let table = try reader.optionalReader("seccomp") else { return policy }
        if table.has("groups") { policy = try groups(table, policy) }
        let imported = try importedList(table)
        if let imported {
            if !table.has("groups") {
                policy = SyscallPolicy(calls: Self.requiredCalls, refusal: policy.refusal, kills: policy.kills)
            }
            policy.refusal = imported.refusal ?? policy.refusal
            policy.kills = imported.kills
            policy.calls.merge(imported.calls) { old, new in old.isWhole ? old : new }
        }
        for (index, name) in try names(table, "allow").enumerated() {
            try checkGrant(name, table, "allow[\(index)]")
            policy.calls[name] = .whole(.allow(place(table, "allow[\(index)]")))
            policy.denied[name] = nil
        }
        let denied = try names(table, "deny")
        for (index, name) in denied.enumerated() {
            guard !SyscallGroups.required.contains(name) else {
                throw table.error("deny[\(index)]", "no program starts without \(name)")
            }
            policy.calls[name] = nil
            policy.denied[name] = place(table, "deny[\(index)]")
        }
        try checkImport(imported, denied: Set(denied), table)
        for (name, grant) in try rules(table) {
            policy.calls[name] = grant
            policy.denied[name] = nil
        }
        if let name = try choice(table, "errno", ErrnoNames.names), let value = ErrnoNames.values[name] {
            policy.refusal = value
        }
        if let action = try choice(table, "action", ["errno", "kill"]) { policy.kills = action == "kill" }
        try table.finish()
        return policy
    }

    // MARK: Lists

    private static func policy(_ groups: [Placed<String>], refusal: Int32, kills: Bool = false) -> SyscallPolicy {
        var policy = SyscallPolicy(groups: groups, refusal: refusal, kills: kills)
        for group in groups {
            for name in SyscallGroups.all[group.value] ?? [] where policy.calls[name] == nil {
                policy.calls[name] = .whole(.group(group.value, group.place))
            }
        }
        policy.calls.merge(requiredCalls) { group, _ in group }
        return policy
    }

    private static let requiredCalls = Dictionary(
        uniqueKeysWithValues: SyscallGroups.required.map { ($0, SyscallGrant.whole(.required)) })

    private mutating func groups(
        _ table: FieldReader, _ inherited: SyscallPolicy
    ) throws(FieldError) -> SyscallPolicy {
        let names = try table.strings("groups", maxCount: 64, maxBytes: 64)
        note(table, "groups", names)
        var groups: [Placed<String>] = []
        for (index, name) in names.enumerated() {
            guard SyscallGroups.all[name] != nil else {
                let known = SyscallGroups.all.keys.sorted()
                throw table.error(
                    "groups[\(index)]",
                    "\(quoted(name)) is not a group; there are \(known.joined(separator: ", "))",
                    suggestion: nearestName(to: name, in: known))
            }
            groups.append(Placed(name, place(table, "groups[\(index)]")))
        }
        return Self.policy(groups, refusal: inherited.refusal, kills: inherited.kills)
    }

    /// A list of calls that this machine has.
    private mutating func names(_ table: FieldReader, _ key: String) throws(FieldError) -> [String] {
        guard table.has(key) else { return [] }
        let names = try table.strings(key, maxCount: 512, maxBytes: 64)
        note(table, key, names)
        for (index, name) in names.enumerated() { try checkKnown(name, table, "\(key)[\(index)]") }
        return names
    }

    private func checkKnown(_ name: String, _ table: FieldReader, _ key: String) throws(FieldError) {
        guard SeccompCompiler.isKnown(name) else {
            let nearest = nearestName(to: name, in: SeccompCompiler.knownNames)
            throw table.error(key, "\(quoted(name)) is not a system call of this machine", suggestion: nearest)
        }
    }

    private func checkGrant(_ name: String, _ table: FieldReader, _ key: String) throws(FieldError) {
        if let reason = SyscallFloor.reason(against: name) {
            throw table.error(key, "no profile can grant \(name): \(reason)")
        }
        if case .absent = SyscallNarrowing.treatment(of: name) {
            throw table.error(
                key, "\(name) is ENOSYS in every profile: its arguments lie in memory, where no filter can look")
        }
    }

    // MARK: Rules

    private mutating func rules(_ table: FieldReader) throws(FieldError) -> [String: SyscallGrant] {
        var calls: [String: SyscallGrant] = [:]
        for rule in try table.readers("rules", maxCount: 256) {
            let name = try rule.string("syscall", minBytes: 1, maxBytes: 64)
            try checkKnown(name, rule, "syscall")
            note(rule, "syscall", name)
            let parsed = try self.rule(name, rule)
            guard parsed.errno == nil || calls[name] == nil, calls[name]?.allows != false else {
                throw rule.error("action", "\(name) is given an errno and rules beside it; one rule says it all")
            }
            if SyscallGroups.required.contains(name), parsed.errno != nil || !parsed.conditions.isEmpty {
                throw rule.error("syscall", "no program starts without \(name)")
            }
            calls[name, default: SyscallGrant(rules: [], origin: .rule(place(rule, "syscall")))].rules.append(parsed)
        }
        return calls
    }

    private mutating func rule(_ name: String, _ rule: FieldReader) throws(FieldError) -> SyscallRule {
        let action = try choice(rule, "action", ["allow", "errno"]) ?? "allow"
        let errnoName = try choice(rule, "errno", ErrnoNames.names)
        let conditions = try conditions(rule)
        if action == "errno" {
            guard let errnoName, let errno = ErrnoNames.values[errnoName] else {
                throw rule.error("errno", "is missing: what the call returns, such as \"ENOSYS\"")
            }
            guard conditions.isEmpty else {
                throw rule.error(
                    "args", "a refusal has no arguments; allow the call with those that are wanted instead")
            }
            return SyscallRule(errno: errno)
        }
        guard errnoName == nil else { throw rule.error("errno", "belongs to action = \"errno\"") }
        try checkGrant(name, rule, "syscall")
        do {
            try SyscallNarrowing.check(name, conditions)
        } catch {
            throw rule.error("args", error.sentence)
        }
        return SyscallRule(conditions: conditions)
    }

    private mutating func conditions(_ rule: FieldReader) throws(FieldError) -> [SyscallCondition] {
        var conditions: [SyscallCondition] = []
        for reader in try rule.readers("args", maxCount: 6) {
            let index = UInt32(try reader.int("index", in: 0...5))
            let names = SyscallCondition.Operator.allCases.map(\.rawValue)
            let op = try choice(reader, "op", names).flatMap(SyscallCondition.Operator.init) ?? .equal
            let value = try bits(reader, "value")
            let mask = reader.has("mask") ? try bits(reader, "mask") : nil
            guard (op == .maskedEqual) == (mask != nil) else {
                throw reader.error("mask", "is there if and only if op is masked-eq")
            }
            guard value & ~(mask ?? .max) == 0 else { throw reader.error("value", "has bits that its mask leaves out") }
            guard !conditions.contains(where: { $0.index == index }) else {
                throw reader.error("index", "argument \(index) is compared twice; two rules can do that")
            }
            conditions.append(SyscallCondition(index: index, op: op, value: value, mask: mask ?? .max))
        }
        return conditions
    }

    private func bits(_ reader: FieldReader, _ key: String) throws(FieldError) -> UInt64 {
        switch try reader.requiredValue(key) {
        case .number(let number) where (number.int64 ?? -1) >= 0: return UInt64(number.int64 ?? 0)
        case .string(let text) where text.hasPrefix("0x") && text.utf8.count <= 18:
            if let value = UInt64(text.dropFirst(2), radix: 16) { return value }
        default: break
        }
        throw reader.error(key, "must be a whole number from 0, or a text such as \"0xffffffff\"")
    }

    // MARK: Import

    private mutating func importedList(_ table: FieldReader) throws(FieldError) -> SeccompImport? {
        guard let path = try table.optionalString("import", minBytes: 1, maxBytes: 256) else { return nil }
        note(table, "import", path)
        let directory = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        let whole = path.hasPrefix("/") ? path : "\(directory)/\(path)"
        guard let text = ProfileStore.read(whole) else {
            throw table.error("import", "there is no readable file \(quoted(whole)) of at most 256 KiB")
        }
        return try SeccompImport(text, file: whole)
    }

    /// What an import would grant in vain must be named in `deny`, so that nobody believes that it is granted.
    private func checkImport(
        _ imported: SeccompImport?, denied: Set<String>, _ table: FieldReader
    ) throws(FieldError) {
        let refused = (imported?.refused ?? []).subtracting(denied).sorted()
        guard let first = refused.first, let reason = SyscallFloor.reason(against: first) else { return }
        throw table.error(
            "import",
            "it allows what no profile can grant (\(first), for one: \(reason)); say so by deny = ["
                + refused.map { "\"\($0)\"" }.joined(separator: ", ") + "]")
    }
}
