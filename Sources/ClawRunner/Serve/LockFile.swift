import Glibc

/// Keeps a second daemon out. The lock ends with the process, however it ends; the file stays.
final class LockFile: Sendable {
    private let descriptor: Int32

    /// - Parameter what: what the lock is for, as the error says it, such as `the data directory /srv/claw`.
    /// - Throws: ``CommandFailure`` when another process holds it.
    init(path: String, what: String) throws(CommandFailure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.usage, "The lock \(path) cannot be opened: \(InputFile.reason(errno)).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw CommandFailure(
                .refused,
                code == EWOULDBLOCK
                    ? "Another daemon uses \(what)." : "The lock \(path) cannot be taken: \(InputFile.reason(code)).",
                hint: code == EWOULDBLOCK ? "Stop it first, or choose another place." : nil)
        }
    }

    deinit { close(descriptor) }
}
