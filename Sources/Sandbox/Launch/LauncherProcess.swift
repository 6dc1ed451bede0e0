import CLinux
import Glibc
internal import SandboxProtocol

/// The launcher, started, and the daemon's end of its socket.
struct LauncherProcess: Sendable {
    let pid: pid_t
    let socket: Int32

    /// Starts `path` with the other end of a new socket as descriptor 3 and nothing else of ours open.
    static func start(path: String, arguments: [String]) throws(SandboxError) -> LauncherProcess {
        var pair: [Int32] = [-1, -1]
        guard unsafe clw_socketpair(&pair) == 0 else {
            throw SandboxError(code: .launcher, detail: "no socket for the launcher: \(describe(clw_errno()))")
        }
        defer { close(pair[1]) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // Descriptor 3 must come to be without close-on-exec also when it is already there.
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, pair[1], 3)
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        var pid: pid_t = 0
        let error = unsafe posix_spawn(&pid, path, &actions, nil, &arguments, &environment)
        guard error == 0 else {
            close(pair[0])
            throw SandboxError(
                code: .launcher, detail: "cannot start the launcher \(path): \(describe(error))",
                fix: "build it with `make build`, or name it with CLAWRUNNER_LAUNCHER")
        }
        return LauncherProcess(pid: pid, socket: pair[0])
    }

    /// Waits for the launcher's first message; it has probed the host by then. With it comes a pidfd of its worker, or
    /// -1: this host can run none.
    func awaitHello(milliseconds: Int32) throws(SandboxError) -> (Hello, worker: Int32) {
        var watched = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&watched, 1, milliseconds) == 1 else {
            throw SandboxError(code: .launcher, detail: "the launcher said nothing within \(milliseconds / 1000) s")
        }
        var buffer = [UInt8](repeating: 0, count: Message.headerBytes + Message.bytesMax)
        var fds = [Int32](repeating: -1, count: Int(CLW_FDS_MAX))
        var count: Int32 = 0
        let length = unsafe clw_receive(socket, &buffer, buffer.count, &fds, &count, 0)
        let worker = Self.onlyDescriptor(fds, count)
        guard length > 0 else { throw SandboxError(code: .launcher, detail: "the launcher ended at once") }
        do {
            let message = try Message(parsing: buffer[..<length])
            guard message.kind == .hello else { throw ProtocolError("not a greeting") }
            return (try Hello(fields: message.fields), worker)
        } catch {
            if worker >= 0 { close(worker) }
            throw SandboxError(
                code: .launcher, detail: "the launcher speaks another protocol", fix: "install one build of both")
        }
    }

    /// What came with a message: one descriptor, or -1 and whatever else came is closed.
    static func onlyDescriptor(_ fds: [Int32], _ count: Int32) -> Int32 {
        if count == 1 { return fds[0] }
        for fd in fds.prefix(Int(max(0, count))) { close(fd) }
        return -1
    }
}
