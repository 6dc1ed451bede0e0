import Glibc

extension ProfileLint {
    /// Where hosts keep what no skill should see, and why.
    private static let hostPlaces: [(path: String, what: String)] = [
        ("/", "the whole host"), ("/etc", "the host's configuration, password hashes among it"),
        ("/root", "root's files"), ("/home", "people's files"), ("/var/run", "sockets of the host's services"),
        ("/run", "sockets of the host's services"), ("/proc", "the host's processes"),
        ("/sys", "the kernel's settings"),
        ("/dev", "the host's devices"), ("/boot", "the host's kernel"), ("/var/lib", "data of the host's services"),
        ("/var/log", "the host's logs"), ("/tmp", "files of the host's other programs"),
    ]

    mutating func tree() {
        for mount in profile.mounts {
            guard let place = mount.place, place.file == profile.file else { continue }
            let source = mount.value.source
            // A mount of all of it, or of what holds it; and anything below the first few.
            if let found = Self.hostPlaces.first(where: { isBelow($0.path, source) }) {
                add(
                    .error, "dangerous-mount", place, "the mount shows \(found.path): \(found.what)",
                    risk: "Every skill of this profile can read it.",
                    fix: "Mount the one directory that skills need, made for that purpose.")
            } else if !profile.isReserved,
                let found = Self.hostPlaces.dropFirst().first(where: { isBelow(source, $0.path) })
            {
                add(
                    .warning, "private-mount", place, "\(source) lies in \(found.path): \(found.what)",
                    risk: "Every skill of this profile can read it, and connect to a socket in it.",
                    fix: "Copy what skills need to a directory of its own, such as below /srv.")
            }
        }
        landlockPaths()
    }

    private mutating func landlockPaths() {
        for statement in profile.statements where statement.key.hasPrefix("landlock.") {
            let path = statement.value
            if statement.key == "landlock.write", !["/tmp", "/dev"].contains(where: { isBelow(path, $0) }) {
                add(
                    .warning, "without-effect", statement.place, "\(path) is read-only whatever Landlock allows",
                    risk: "Readers believe that skills can write there.", fix: "Remove it.")
            }
            guard let source = hostPath(of: path), unsafe access(source, F_OK) != 0 else { continue }
            // Programs stand in different places on different hosts; the built-in lists name all of them.
            guard !ProfileDecoder.programPaths.contains(path) else { continue }
            add(
                .warning, "path-missing", statement.place, "this host has no \(path)",
                risk: "The right is given to nothing.", fix: "Correct the path, or remove it.")
        }
        guard let execute = profile.landlock.execute, profile.rootfs == nil, states("landlock.execute"),
            !execute.contains(where: { isBelow("/usr", $0) || isBelow($0, "/usr") })
        else { return }
        add(
            .error, "nothing-executable", profile.places["landlock.execute"],
            "no program of the host may be executed, their loader neither",
            risk: "Only static programs of the package start.", fix: "Add \"/usr\" and \"/lib64\".")
    }

    /// Where what is shown at a path of the sandbox lies on the host; nil for what the sandbox makes.
    private func hostPath(of path: String) -> String? {
        if let mount = profile.mounts.map(\.value).first(where: { isBelow(path, $0.path) }) {
            return mount.optional ? nil : mount.source + path.dropFirst(mount.path.count)
        }
        guard !ProfileDecoder.ownPaths.contains(where: { isBelow(path, $0) }) else { return nil }
        return (profile.rootfs ?? "") + path
    }
}
