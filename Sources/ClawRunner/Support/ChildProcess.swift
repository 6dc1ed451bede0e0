import Glibc
import Synchronization

/// A program started by this one, with an own process group, so that a Ctrl-C at the terminal reaches only us and we
/// decide when it ends.
final class ChildProcess: Sendable {
    let pid: pid_t
    private let status = Mutex<Int32?>(nil)

    /// - Parameter log: where its standard output and error go.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String], log: String
    ) throws(CommandFailure) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that we ignore would stay ignored in the child.
        var defaults = sigset_t()
        sigfillset(&defaults)
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        let argv = ([executable] + arguments).map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, &attributes, argv, envp)
        guard code == 0 else {
            throw CommandFailure(.refused, "\(executable) cannot be started: \(InputFile.reason(code)).")
        }
        pid = child
    }

    /// The wait status once it has ended; nil while it runs.
    func poll() -> Int32? {
        status.withLock { status in
            if let status { return status }
            var value: Int32 = 0
            guard waitpid(pid, &value, WNOHANG) == pid else { return nil }
            status = value
            return value
        }
    }

    /// Asks it to end, waits, and ends it by force if it is still there after `graceSeconds`.
    ///
    /// Not cut short when the task is cancelled: this is how things are cleared up.
    /// - Returns: whether it ended by itself with status 0.
    @discardableResult
    func stop(graceSeconds: Int) async -> Bool {
        if poll() == nil { kill(pid, SIGTERM) }
        if let status = await ended(withinMilliseconds: graceSeconds * 1000) { return status == 0 }
        kill(pid, SIGKILL)
        _ = await ended(withinMilliseconds: 5000)
        return false
    }

    /// The exit status of a program that ends by itself in time; nil for one that a signal ended or that had to be ended.
    func exitStatus(withinSeconds limit: Int) async -> Int32? {
        guard let status = await ended(withinMilliseconds: limit * 1000) else {
            await stop(graceSeconds: 1)
            return nil
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : nil
    }

    private func ended(withinMilliseconds limit: Int) async -> Int32? {
        for _ in 0..<max(1, limit / 5) {
            if let status = poll() { return status }
            // A detached task's sleep goes on when ours is cancelled.
            await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
        }
        return poll()
    }
}
