import Glibc

extension SkillPackage {
    /// Writes all files below `directory`, which must not exist; the one above it must.
    ///
    /// Files get the mode 0444 or 0555, directories, `directory` included, 0555, whatever the umask. Blocks until
    /// everything is on disk. Where it throws, what was written so far stays, with directories that can be emptied.
    /// - Throws: ``PackageError`` with ``PackageError/Reason/system(_:errno:)``.
    public func write(to directory: String) throws(PackageError) {
        guard mkdir(directory, 0o700) == 0 else {
            throw PackageError(.system("created", errno: errno), entry: directory)
        }
        let root = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else { throw PackageError(.system("opened", errno: errno), entry: directory) }
        defer { close(root) }
        // Parents sort before what they contain. Nothing else writes here, and no path leads through a link, because a
        // package has no entry below one.
        for entry in entries {
            switch entry.kind {
            case .directory:
                try check(mkdirat(root, entry.path, 0o700), "created", entry)
            case .symlink(let target):
                try check(symlinkat(target, root, entry.path), "created", entry)
            case .file(let bytes, let executable):
                try write(bytes, mode: executable ? 0o555 : 0o444, entry, root)
            }
        }
        for entry in entries.reversed() where entry.kind == .directory {
            let descriptor = openat(root, entry.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            try check(descriptor, "opened", entry)
            defer { close(descriptor) }
            try check(fchmod(descriptor, 0o555), "made read-only", entry)
            try check(fsync(descriptor), "written", entry)
        }
        guard fchmod(root, 0o555) == 0, fsync(root) == 0 else {
            throw PackageError(.system("made read-only", errno: errno), entry: directory)
        }
    }

    private func write(_ bytes: [UInt8], mode: mode_t, _ entry: PackageEntry, _ root: Int32) throws(PackageError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = openat(root, entry.path, flags, 0o600)
        try check(descriptor, "created", entry)
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            try check(Int32(clamping: count), "written", entry)
            written += count
        }
        try check(fchmod(descriptor, mode), "made read-only", entry)
        try check(fsync(descriptor), "written", entry)
    }

    private func check(_ result: Int32, _ action: String, _ entry: PackageEntry) throws(PackageError) {
        guard result >= 0 else { throw PackageError(.system(action, errno: errno), entry: entry.path) }
    }
}
