internal import Fields
import Glibc
internal import SandboxProtocol
import Synchronization

/// Reads one profile file strictly, over the profile that it extends.
struct ProfileDecoder {
    /// Resolves `extends`.
    let base: (String) throws(FieldError) -> Profile

    private static let nextIdentity = Atomic<UInt64>(1)

    func decode(_ text: String, name: String, file: String) throws(FieldError) -> Profile {
        let reader = try FieldReader.toml(text, file: file)
        let parent = try reader.optionalString("extends", maxBytes: 64).map(base)
        let description = try reader.string("description", minBytes: 1, maxBytes: 1024)
        let runtime = try reader.optionalString("runtime", maxBytes: 16)
        if let runtime, !["exec", "python", "node"].contains(runtime) {
            throw reader.error("runtime", "must be one of exec, python, node")
        }
        let limits = try reader.optionalReader("limits").map { (table) throws(FieldError) in
            try (parent?.limits ?? .standard).overridden(by: table)
        }
        let environment = try environment(reader, parent)
        let syscalls = try syscalls(reader, parent)
        let requires = try layers(reader, "requires") ?? parent?.requires ?? .all
        let permitDegraded = try layers(reader, "permitDegraded") ?? parent?.permitDegraded ?? LayerSet([])
        let network = try reader.optionalReader("network")
        let destinations = try network.flatMap { (table) throws(FieldError) in
            table.has("allow") ? try table.destinations("allow") : nil
        }
        let declaresDestinations = try network?.optionalBool("declare")
        let tmpExecutable = try reader.optionalBool("tmpExecutable") ?? parent?.tmpExecutable ?? true
        try reader.finish()
        return Profile(
            name: name, description: description, runtime: runtime ?? parent?.runtime,
            limits: limits ?? parent?.limits ?? .standard, environment: environment,
            destinations: destinations ?? parent?.destinations ?? [],
            declaresDestinations: declaresDestinations ?? parent?.declaresDestinations ?? true, syscalls: syscalls,
            requires: requires, permitDegraded: permitDegraded, tmpExecutable: tmpExecutable,
            identity: Self.nextIdentity.add(1, ordering: .relaxed).oldValue)
    }

    private func environment(_ reader: FieldReader, _ parent: Profile?) throws(FieldError) -> [String: String] {
        var environment = parent?.environment ?? ProfileDecoder.standardEnvironment
        guard let table = try reader.optionalReader("env") else { return environment }
        guard table.keys.count <= 64 else { throw reader.error("env", "has more than 64 variables") }
        for key in table.keys {
            guard isVariableName(key) else {
                throw table.error(key, "is not a variable's name: letters, digits and _ , at most 64")
            }
            environment[key] = try table.string(key, maxBytes: 4096)
        }
        try table.finish()
        return environment
    }

    /// DESIGN of the contract with a skill: where programs are found and where they may write.
    static let standardEnvironment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8",
    ]

    private func syscalls(_ reader: FieldReader, _ parent: Profile?) throws(FieldError) -> SyscallPolicy {
        var policy =
            parent?.syscalls
            ?? SyscallPolicy(allowed: Self.expand(SyscallGroups.standard), refusal: EPERM)
        guard let table = try reader.optionalReader("seccomp") else { return policy }
        if table.has("groups") {
            let groups = try table.strings("groups", maxCount: 64, maxBytes: 64)
            for group in groups where SyscallGroups.all[group] == nil {
                throw table.error(
                    "groups",
                    "\(group) is not a group; there are \(SyscallGroups.all.keys.sorted().joined(separator: ", "))")
            }
            policy.allowed = Self.expand(groups)
        }
        for (key, grants) in [("allow", true), ("deny", false)] where table.has(key) {
            for name in try table.strings(key, maxCount: 512, maxBytes: 64) {
                try check(name, grants) { table.error(key, $0) }
                if grants { policy.allowed.insert(name) } else { policy.allowed.remove(name) }
            }
        }
        if let name = try table.optionalString("errno", maxBytes: 16) {
            guard let value = Self.errnos[name] else {
                throw table.error("errno", "must be one of \(Self.errnos.keys.sorted().joined(separator: ", "))")
            }
            policy.refusal = value
        }
        if let action = try table.optionalString("action", maxBytes: 16) {
            guard action == "errno" || action == "kill" else {
                throw table.error("action", "must be errno (the call fails) or kill (the run ends)")
            }
            policy.kills = action == "kill"
        }
        try table.finish()
        return policy
    }

    private func check(_ name: String, _ grants: Bool, _ error: (String) -> FieldError) throws(FieldError) {
        guard SeccompCompiler.isKnown(name) else { throw error("\(name) is not a system call of this machine") }
        if grants, SyscallNarrowing.names.contains(name) {
            throw error("\(name) is narrowed by its arguments in every profile, and its group brings it in that form")
        }
        if !grants, SyscallGroups.required.contains(name) {
            throw error("no program starts without \(name)")
        }
    }

    private static func expand(_ groups: [String]) -> Set<String> {
        Set(groups.flatMap { SyscallGroups.all[$0] ?? [] })
            .union(SyscallGroups.required).union(SyscallGroups.narrowed)
    }

    private static let errnos: [String: Int32] = ["EPERM": EPERM, "ENOSYS": ENOSYS, "EACCES": EACCES]

    private func layers(_ reader: FieldReader, _ key: String) throws(FieldError) -> LayerSet? {
        guard reader.has(key) else { return nil }
        var layers: [Layer] = []
        for name in try reader.strings(key, maxCount: Layer.allCases.count, maxBytes: 32) {
            guard let layer = Layer(name: name) else {
                let names = Layer.allCases.map(\.name).joined(separator: ", ")
                throw reader.error(key, "\(name) is not a layer; there are \(names)")
            }
            layers.append(layer)
        }
        return LayerSet(layers)
    }
}

/// POSIX names of environment variables, at most 64 bytes.
func isVariableName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 64, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
        return false
    }
    return bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
