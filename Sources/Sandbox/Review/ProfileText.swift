internal import Fields
internal import SandboxProtocol

/// A resolved profile as a TOML file that loads to the same policy and extends nothing; every value has the place that
/// it came from beside it.
package struct ProfileText {
    private let profile: Profile
    private var lines: [String] = []

    package init(_ profile: Profile) {
        self.profile = profile
        head()
        tree()
        table("env", profile.environment.sorted { $0.key < $1.key }.map { ($0.key, Self.quoted($0.value)) })
        table(
            "limits",
            Limits.fields.map { field in
                let value = Limits.describe(profile.limits[keyPath: field.path], field.unit)
                return (field.key, field.unit == .count ? value : Self.quoted(value))
            })
        let warm = profile.warm
        table(
            "warm",
            [
                ("sandboxes", "\(warm.sandboxesMax)"), ("interpreters", "\(warm.interpreters)"),
                ("skills", "\(warm.skills)"),
            ])
        network()
        seccomp()
        landlock()
    }

    /// Ends with a line break.
    package var text: String { lines.joined(separator: "\n") + "\n" }

    /// TOML's basic strings escape as JSON's do, and DEL besides.
    static func quoted(_ text: String) -> String {
        JSONValue.string(text).description.replacing("\u{7f}", with: "\\u007F")
    }

    static func list(_ names: [String]) -> String {
        "[" + names.map(quoted).joined(separator: ", ") + "]"
    }

    private mutating func add(_ key: String, _ value: String, _ place: ProfilePlace?) {
        lines.append("\(key) = \(value)  # \(place.short)")
    }

    private mutating func head() {
        let files = ([profile] + profile.bases).map(\.file).joined(separator: ", over ")
        lines.append("# The profile \(profile.name), resolved from \(files)")
        add("description", Self.quoted(profile.description), profile.places["description"])
        if profile.isReserved { add("reserved", "true", profile.places["reserved"]) }
        if let runtime = profile.runtime { add("runtime", Self.quoted(runtime), profile.places["runtime"]) }
        if let rootfs = profile.rootfs { add("rootfs", Self.quoted(rootfs), profile.places["rootfs"]) }
        for (key, layers) in [("requires", profile.requires), ("permitDegraded", profile.permitDegraded)] {
            add(key, Self.list(layers.layers.map(\.name)), profile.places[key])
        }
        add("tmpExecutable", "\(profile.tmpExecutable)", profile.places["tmpExecutable"])
    }

    private mutating func tree() {
        for mount in profile.mounts {
            lines += ["", "[[mounts]]"]
            add("source", Self.quoted(mount.value.source), mount.place)
            add("path", Self.quoted(mount.value.path), mount.place)
            if mount.value.optional { add("optional", "true", mount.place) }
            if mount.value.noExec { add("noExec", "true", mount.place) }
        }
    }

    private mutating func table(_ name: String, _ values: [(String, String)]) {
        lines += ["", "[\(name)]"]
        for (key, value) in values { add(key, value, profile.places["\(name).\(key)"]) }
    }

    private mutating func network() {
        lines += ["", "[network]"]
        let allow = profile.destinations.map(\.description)
        add("allow", Self.list(allow), profile.places["network.allow"])
        add("declare", "\(profile.declaresDestinations)", profile.places["network.declare"])
    }

    // MARK: System calls

    private mutating func seccomp() {
        let policy = profile.syscalls
        lines += ["", "[seccomp]"]
        list("groups", policy.groups.map { ($0.value, $0.place.short) })
        let grouped = Set(policy.groups.flatMap { SyscallGroups.all[$0.value] ?? [] })
        var allowed: [(String, String)] = []
        var ruled: [(String, SyscallGrant)] = []
        for (name, grant) in policy.calls.sorted(by: { $0.key < $1.key }) {
            switch grant.origin {
            case .required, .group: break
            default:
                if grant.isWhole { allowed.append((name, grant.origin.words)) } else { ruled.append((name, grant)) }
            }
        }
        list("allow", allowed)
        let denied = grouped.subtracting(policy.calls.keys).sorted()
        list("deny", denied.map { ($0, policy.denied[$0].short) })
        add("errno", Self.quoted(ErrnoNames.name(of: policy.refusal)), profile.places["seccomp.errno"])
        add("action", Self.quoted(policy.kills ? "kill" : "errno"), profile.places["seccomp.action"])
        for (name, grant) in ruled {
            for rule in grant.rules { lines += Self.lines(rule, name, grant.origin.words) }
        }
    }

    /// One element a line, each with its place.
    private mutating func list(_ key: String, _ values: [(name: String, origin: String)]) {
        guard !values.isEmpty || key == "groups" else { return }
        lines.append("\(key) = [")
        for value in values { lines.append("    \(Self.quoted(value.name)),  # \(value.origin)") }
        lines.append("]")
    }

    /// One `[[seccomp.rules]]`, with its origin as a comment.
    static func lines(_ rule: SyscallRule, _ name: String, _ origin: String) -> [String] {
        var lines = ["", "[[seccomp.rules]]  # \(origin)", "syscall = \(quoted(name))"]
        if let errno = rule.errno {
            lines += ["action = \"errno\"", "errno = \(quoted(ErrnoNames.name(of: errno)))"]
        }
        guard !rule.conditions.isEmpty else { return lines }
        lines.append("args = [")
        for condition in rule.conditions {
            var fields = "index = \(condition.index), op = \"\(condition.op.rawValue)\", "
            fields += "value = \"0x\(String(condition.value, radix: 16))\""
            if condition.op == .maskedEqual { fields += ", mask = \"0x\(String(condition.mask, radix: 16))\"" }
            lines.append("    { \(fields) },")
        }
        return lines + ["]"]
    }

    private mutating func landlock() {
        let lists = [
            ("read", profile.landlock.read), ("execute", profile.landlock.execute), ("write", profile.landlock.write),
        ]
        guard lists.contains(where: { $0.1 != nil }) else { return }
        lines += ["", "[landlock]"]
        for (key, paths) in lists {
            if let paths { add(key, Self.list(paths), profile.places["landlock.\(key)"]) }
        }
    }
}

extension SyscallGrant.Origin {
    /// Who allows it, such as `the group @time (default.toml:17)`.
    var words: String {
        switch self {
        case .required: "needed to start any program"
        case .group(let name, let place): "the group \(name) (\(place.short))"
        case .allow(let place): "allow (\(place.short))"
        case .rule(let place): "a rule (\(place.short))"
        case .imported(let place): "the imported \(place.short)"
        }
    }
}
