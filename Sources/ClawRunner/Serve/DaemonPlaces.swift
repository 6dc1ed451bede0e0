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
        let target = (path as NSString).resolvingSymlinksInPath
        guard let status = try? FileManager.default.attributesOfItem(atPath: target),
            status[.type] as? FileAttributeType == .typeDirectory
        else { throw CommandFailure(.usage, "\(path) is not a directory.") }
        guard let owner = (status[.ownerAccountID] as? NSNumber)?.uint32Value, owner == geteuid() || owner == 0 else {
            throw CommandFailure(.usage, "\(path) belongs to another user, who could replace what is in it.")
        }
        guard let mode = (status[.posixPermissions] as? NSNumber)?.uint16Value, mode & 0o022 == 0 || mode & 0o1000 != 0
        else {
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
        guard let status = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        guard status[.type] as? FileAttributeType == .typeSocket else {
            throw CommandFailure(.usage, "\(path) exists and is not a socket; it will not be replaced.")
        }
    }
}
