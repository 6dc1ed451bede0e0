internal import SandboxProtocol

/// The smallest profile under which what was observed can be done again, as a TOML file over its base.
package struct LearnedProfile: Sendable {
    /// The profile that the runs were observed under.
    package let base: Profile
    /// What all runs did together.
    package let observation: RunObservation
    /// The most of each limit that a run reached, by its key, in the base unit of the limits.
    package let peaks: [String: Int64]
    /// What the skill's own manifest asks for: the profile must allow as much, or the skill is refused under it.
    package let asked: [String: Int64]
    /// Added to every peak.
    package let headroomPercent: Int64
    /// What the comment at the top says of the runs, such as `3 tests of csv-summary`.
    package let origin: String
    /// Calls that a run under an earlier profile was refused, though the base allows them.
    package var added: Set<String> = []

    package init(
        base: Profile, observation: RunObservation, peaks: [String: Int64], asked: [String: Int64],
        headroomPercent: Int64,
        origin: String
    ) {
        self.base = base
        self.observation = observation
        self.peaks = peaks
        self.asked = asked
        self.headroomPercent = headroomPercent
        self.origin = origin
    }

    /// The calls of the profile: what was seen, what needs no call where the kernel helps (vDSO) or is the kernel's own
    /// doing, and nothing that the base refuses.
    package var syscalls: [String] {
        let unseen = ["clock_gettime", "clock_getres", "gettimeofday", "time", "getcpu", "restart_syscall"]
        let wanted = Set(observation.syscalls.keys).union(unseen).union(added)
        return wanted.intersection(base.syscalls.allowed).union(SyscallGroups.required).sorted()
    }

    /// The learnt limits. What was not measured stays as it is in the base.
    package var limits: Limits {
        var limits = base.limits
        for field in Limits.fields {
            guard let peak = peaks[field.key] else { continue }
            let wanted = Self.roundedUp(peak + peak * headroomPercent / 100, field.key)
            let least = max(wanted, asked[field.key] ?? 0)
            limits[keyPath: field.path] = min(base.limits[keyPath: field.path], least)
        }
        // No limit that another one makes idle: lint would say so.
        let busy = limits.cpuMilliseconds * 100 / limits.cpuRatePercent
        limits.wallMilliseconds = min(base.limits.wallMilliseconds, max(limits.wallMilliseconds, busy))
        limits.memoryBytes = min(base.limits.memoryBytes, max(limits.memoryBytes, asked["tmp"] ?? 0))
        limits.tmpBytes = min(limits.tmpBytes, limits.memoryBytes)
        limits.fileSizeBytes = min(limits.fileSizeBytes, max(limits.tmpBytes, asked["fileSize"] ?? 0))
        return limits
    }

    /// Up to a value that people would write, and never so low that a slow machine fails.
    private static func roundedUp(_ value: Int64, _ key: String) -> Int64 {
        let (step, least): (Int64, Int64) =
            switch key {
            case "wall", "cpu": (1000, 1000)
            case "memory": (8 << 20, 16 << 20)
            case "output", "stderr": (4 << 10, 4 << 10)
            default: (1, 2)
            }
        return max(least, (value + step - 1) / step * step)
    }

    // MARK: Files

    /// Programs and libraries always; the loader and interpreters are opened by the kernel, unseen.
    private var landlock: (read: [String], execute: [String], write: [String]) {
        let lists = TemplateBuilder.landlock(base)
        let kept = ["/skill", "/runtime"]
        let candidates = ["/etc", "/var", "/proc", "/dev", "/tmp"]
        let used = candidates.filter(isUsed)
        func keep(_ paths: [String]) -> [String] {
            paths.filter { path in
                guard let candidate = candidates.first(where: { isBelow(path, $0) }) else { return true }
                return kept.contains(path) || used.contains(candidate)
            }
        }
        let execute = keep(lists.execute).filter { !(isBelow($0, "/tmp") && !tmpExecutable) }
        return (keep(lists.read), execute, lists.write.filter { root in used.contains { isBelow(root, $0) } })
    }

    private func isUsed(_ root: String) -> Bool {
        let links = ["/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"]
        return observation.pathsCut
            || observation.paths.contains { path, access in
                guard access != ["looked"] else { return false }
                return isBelow(path, root) || root == "/tmp" && isBelow(path, "/var/tmp")
                    || root == "/proc" && links.contains { isBelow(path, $0) }
            }
    }

    private var tmpExecutable: Bool { base.tmpExecutable && isUsed("/tmp") }

    // MARK: Text

    /// - Parameter name: of the description.
    package func text(description: String) -> String {
        let limits = limits
        let calls = syscalls
        var lines = [
            "# Learnt by `clawrunner profile learn` from \(origin), observed under the profile \(base.name).",
            "# System calls: \(calls.count) of the \(base.syscalls.allowed.count) of \(base.name). Limits: the peak and "
                + "\(headroomPercent) %, rounded up.",
            "# What the tests did not do, the skill cannot do under it: test what it can do.",
            "extends = \(ProfileText.quoted(base.name))", "description = \(ProfileText.quoted(description))",
        ]
        if base.tmpExecutable, !tmpExecutable { lines.append("tmpExecutable = false  # nothing of /tmp was opened") }
        lines += ["", "[limits]"]
        for field in Limits.fields {
            let value = limits[keyPath: field.path]
            guard value != base.limits[keyPath: field.path] else { continue }
            let written = Limits.describe(value, field.unit)
            let peak =
                peaks[field.key].map { "peak \(Limits.describe($0, field.unit))" } ?? "all of it is memory, or in /tmp"
            let own = asked[field.key] == value
            lines.append(
                "\(field.key) = \(field.unit == .count ? written : ProfileText.quoted(written))"
                    + "  # \(peak)\(own ? "; as much as the manifest asks for" : "")")
        }
        lines += ["", "[seccomp]", "groups = []", "allow = ["]
        // Alphabetical, six a line, so that a later diff is short.
        let whole = calls.filter { base.syscalls.calls[$0]?.isWhole ?? true && !SyscallGroups.required.contains($0) }
        for start in stride(from: 0, to: whole.count, by: 6) {
            lines.append(
                "    " + whole[start..<min(start + 6, whole.count)].map { "\"\($0)\"," }.joined(separator: " "))
        }
        lines.append("]")
        lines += rules
        let lists = landlock
        lines += ["", "[landlock]  # the parts of the tree that were opened"]
        for (key, paths) in [("read", lists.read), ("execute", lists.execute), ("write", lists.write)] {
            lines.append("\(key) = \(ProfileText.list(paths))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Arguments that the base compares are compared still.
    private var rules: [String] {
        let calls = Set(syscalls)
        return base.syscalls.calls.sorted { $0.key < $1.key }.flatMap { name, grant -> [String] in
            guard calls.contains(name), !grant.isWhole else { return [] }
            return grant.rules.flatMap { ProfileText.lines($0, name, "as in \(base.name)") }
        }
    }
}
