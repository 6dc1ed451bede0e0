internal import Fields
import Glibc

extension ProfileDecoder {
    /// What the sandbox makes itself, or what pid 1 needs: nothing else is put over or below it.
    static let ownPaths = ["/proc", "/dev", "/tmp", "/skill", "/runtime", "/sys", "/run", "/var", "/etc"]
    /// Trees of the host, or of the rootfs; they are read-only, so that nothing can be put below them.
    static let programPaths = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]

    mutating func rootfs(_ reader: FieldReader) throws(FieldError) -> String? {
        guard let path = try absolutePath(reader, "rootfs") else { return nil }
        note(reader, "rootfs", path)
        guard path != "/" else {
            throw reader.error("rootfs", "is the host's own tree; leave it out to get the host's programs")
        }
        var kind = stat()
        guard unsafe stat(path, &kind) == 0, kind.st_mode & S_IFMT == S_IFDIR else {
            throw reader.error("rootfs", "\(quoted(path)) is not a directory of this host")
        }
        return path
    }

    mutating func mounts(_ reader: FieldReader) throws(FieldError) -> [Placed<ProfileMount>]? {
        guard reader.has("mounts") else { return nil }
        places["mounts"] = place(reader, "mounts")
        var mounts: [Placed<ProfileMount>] = []
        for table in try reader.readers("mounts", maxCount: 64) {
            guard let source = try absolutePath(table, "source") else {
                throw table.error("source", "this field is missing")
            }
            guard let path = try absolutePath(table, "path") else { throw table.error("path", "this field is missing") }
            try checkTarget(path, mounts, table)
            let optional = try table.optionalBool("optional") ?? false
            let noExec = try table.optionalBool("noExec") ?? false
            note(table, "source", source)
            note(table, "path", path)
            guard unsafe access(source, F_OK) == 0 || optional else {
                throw table.error(
                    "source", "this host has no \(quoted(source)); where that is as it should be, say optional = true")
            }
            let mount = ProfileMount(source: source, path: path, optional: optional, noExec: noExec)
            mounts.append(Placed(mount, place(table, "path")))
        }
        return mounts
    }

    private func checkTarget(
        _ path: String, _ mounts: [Placed<ProfileMount>], _ table: FieldReader
    ) throws(FieldError) {
        guard path != "/" else { throw table.error("path", "is the whole tree; that is what rootfs is for") }
        if let own = Self.ownPaths.first(where: { isBelow(path, $0) }) {
            throw table.error("path", "\(own) is the sandbox's own; choose a place such as /opt or /srv")
        }
        if let programs = Self.programPaths.first(where: { isBelow(path, $0) }) {
            throw table.error("path", "\(programs) is shown as it is; choose a place such as /opt or /srv")
        }
        if let other = mounts.first(where: { isBelow(path, $0.value.path) || isBelow($0.value.path, path) }) {
            throw table.error("path", "is in the way of the mount at \(other.value.path)")
        }
    }

    mutating func landlock(
        _ reader: FieldReader, _ inherited: LandlockPaths, _ mounts: [Placed<ProfileMount>], _ rootfs: String?
    ) throws(FieldError) -> LandlockPaths {
        var landlock = inherited
        guard let table = try reader.optionalReader("landlock") else { return landlock }
        let roots = Self.programPaths + Self.ownPaths + mounts.map(\.value.path)
        let lists: [(String, WritableKeyPath<LandlockPaths, [String]?>)] = [
            ("read", \.read), ("execute", \.execute), ("write", \.write),
        ]
        for (key, list) in lists where table.has(key) {
            let paths = try table.strings(key, maxCount: 128, maxBytes: 1024)
            for (index, path) in paths.enumerated() {
                let element = "\(key)[\(index)]"
                guard isPlainPath(path) else { throw table.error(element, Self.plainPath) }
                guard rootfs != nil || roots.contains(where: { isBelow(path, $0) }) else {
                    throw table.error(
                        element,
                        "\(quoted(path)) is not in the sandbox's tree, whose roots are "
                            + roots.joined(separator: ", "))
                }
            }
            note(table, key, paths)
            landlock[keyPath: list] = paths
        }
        try table.finish()
        return landlock
    }

    private func absolutePath(_ reader: FieldReader, _ key: String) throws(FieldError) -> String? {
        guard let path = try reader.optionalString(key, maxBytes: 1024) else { return nil }
        guard isPlainPath(path) else { throw reader.error(key, Self.plainPath) }
        return path
    }

    private static let plainPath = "must be an absolute path without . or .., and without a slash at its end"
}

/// Absolute, and nothing in it that could lead elsewhere than it seems.
func isPlainPath(_ path: String) -> Bool {
    if path == "/" { return true }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    return path.hasPrefix("/") && !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
}

/// Whether `path` is `root` or lies in it.
func isBelow(_ path: String, _ root: String) -> Bool {
    path == root || root == "/" || path.hasPrefix(root + "/")
}
