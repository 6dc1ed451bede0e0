import Foundation

/// Files that only their owner may read: keys, tokens, credentials.
enum PrivateFile {
    /// The contents; nil when there is no such file.
    ///
    /// - Throws: ``CommandFailure`` when others may read it too, because a key in it may have been copied.
    static func read(_ path: String, bytesMax: Int = 1 << 20) throws(CommandFailure) -> [UInt8]? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        let mode = (attributes[.posixPermissions] as? Int) ?? 0o777
        guard mode & 0o077 == 0 else {
            throw CommandFailure(
                .usage, "\(path) holds keys, but other users may read it (mode 0\(String(mode, radix: 8))).",
                hint: "Run: chmod 600 \(path)")
        }
        return try InputFile.read(path, bytesMax: bytesMax)
    }

    /// Replaces the file as a whole, mode 0600, so that a crash leaves the old contents or the new ones.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failed(path, errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            let code = errno
            guard count > 0 || code == EINTR else {
                unlink(temporary)
                throw failed(path, code)
            }
            rest = rest.dropFirst(max(0, count))
        }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw failed(path, code)
        }
    }

    private static func failed(_ path: String, _ code: Int32) -> CommandFailure {
        CommandFailure(.usage, "\(path) cannot be written: \(InputFile.reason(code)).")
    }
}
