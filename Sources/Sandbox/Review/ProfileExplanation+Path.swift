extension ProfileExplanation {
    /// What is shown at a path, by whom, and what can be done with it at most.
    private struct Shown {
        let words: String
        var writable = false
        var executable = true
    }

    static func path(_ path: String, _ profile: Profile) -> ProfileExplanation {
        // /var/tmp is a link.
        let real = isBelow(path, "/var/tmp") ? "/tmp" + path.dropFirst("/var/tmp".count) : path
        guard let shown = shown(real, profile) else {
            return ProfileExplanation(
                subject: path, answer: .no, summary: "\(path) does not exist in the sandbox.",
                because: ["the layer root: the tree has nothing of the host there"])
        }
        let lists = TemplateBuilder.landlock(profile)
        var can: [String] = []
        var because = ["the layer root: \(shown.words)"]
        for (verb, key, paths, possible) in [
            ("read", "landlock.read", lists.read, true), ("write", "landlock.write", lists.write, shown.writable),
            ("execute", "landlock.execute", lists.execute, shown.executable),
        ] {
            guard possible else { continue }
            let place = profile.places[key].map { "\(key), \($0.short)" } ?? "default rules"
            if let root = paths.first(where: { isBelow(real, $0) }) {
                can.append(verb)
                because.append("the layer landlock: \(verb) below \(root) (\(place))")
            } else {
                because.append("the layer landlock: no \(verb) here (\(place))")
            }
        }
        let cannot = ["read", "write", "execute"].filter { !can.contains($0) }
        let summary =
            can.isEmpty
            ? "\(path) cannot be used."
            : "\(path): can \(can.joined(separator: ", "))"
                + (cannot.isEmpty ? "." : ", cannot \(cannot.joined(separator: ", ")).")
        return ProfileExplanation(
            subject: path, answer: can.isEmpty ? .no : cannot.isEmpty ? .yes : .partly, summary: summary,
            because: because)
    }

    private static func shown(_ path: String, _ profile: Profile) -> Shown? {
        let tmp = "a tmpfs of this run, of at most \(Units.describe(bytes: profile.limits.tmpBytes))"
        if isBelow(path, "/tmp") {
            return Shown(words: tmp, writable: true, executable: profile.tmpExecutable)
        }
        if isBelow(path, "/dev/shm") { return Shown(words: tmp, writable: true, executable: false) }
        if isBelow(path, "/dev") {
            let devices = ["null", "zero", "full", "random", "urandom", "fd", "stdin", "stdout", "stderr"]
            guard path == "/dev" || devices.contains(where: { isBelow(path, "/dev/" + $0) }) else { return nil }
            return Shown(words: "one of the few devices", writable: path != "/dev", executable: false)
        }
        if isBelow(path, "/proc") {
            return Shown(words: "an own /proc, with the sandbox's processes only", executable: false)
        }
        if isBelow(path, "/skill") { return Shown(words: "the skill's package, read-only") }
        if isBelow(path, "/runtime") { return Shown(words: "the runners of handler functions, read-only") }
        if let mount = profile.mounts.first(where: { isBelow(path, $0.value.path) }) {
            return Shown(
                words: "the mount of \(mount.value.source) (\(mount.place.short)), read-only",
                executable: !mount.value.noExec)
        }
        return TemplateBuilder.hostSource(of: path, profile).map { Shown(words: $0) }
    }
}
