import Foundation

/// Makes and checks the directories of a daemon before it opens anything in them.
enum DaemonPlaces {
    /// `sun_path` of a Unix socket address, without its final NUL.
    private static let socketPathBytesMax = 107

    /// Makes `path` with mode 0700 where it does not exist, and checks that others cannot write to it.
    static func prepareDirectory(_ path: String) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(.usage, "\(path) cannot be made: \(error.localizedDescription)")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure(.usage, "\(path) is not a directory.")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw CommandFailure(.usage, "\(path) belongs to another user, who could replace what is in it.")
        }
        guard status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0 else {
            throw CommandFailure(
                .usage, "Other users may write to \(path) and replace what is in it.", hint: "Run: chmod go-w \(path)")
        }
    }

    static func checkSocketPath(_ path: String) throws(CommandFailure) {
        guard path.utf8.count <= socketPathBytesMax else {
            throw CommandFailure(
                .usage,
                "The socket path \(path) is \(path.utf8.count) bytes long; the system takes \(socketPathBytesMax) at most.",
                hint: "Choose a shorter one with --socket.")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw CommandFailure(.usage, "\(path) exists and is not a socket; it will not be replaced.")
        }
    }
}
