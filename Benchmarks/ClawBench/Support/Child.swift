import CLinux
import Glibc

/// A program that was started, with pipes to and from it.
final class Child {
    let pid: pid_t
    private let input: Int32
    private let output: Int32
    private var status: Int32?

    /// - Parameters:
    ///   - log: takes its standard error, and its standard output when `piped` is false.
    ///   - environment: all that it gets.
    init(
        _ program: String, _ arguments: [String], environment: [String], log: String, piped: Bool
    ) throws(BenchFailure) {
        var toChild: [Int32] = [-1, -1]
        var fromChild: [Int32] = [-1, -1]
        if piped, clw_pipe(&toChild) != 0 || clw_pipe(&fromChild) != 0 { throw .system("no pipe") }
        defer { for fd in [toChild[0], fromChild[1]] where fd >= 0 { close(fd) } }
        (input, output) = (toChild[1], fromChild[0])

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if piped {
            posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
            posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigfillset(&defaults)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        // A group of its own: Ctrl-C reaches only us, and we end it in order.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let argv = ([program] + arguments).map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, program, &actions, &attributes, argv, envp)
        guard code == 0 else { throw .system("\(program) cannot be started", code) }
        pid = child
    }

    /// Writes all of it.
    func write(_ bytes: [UInt8]) throws(BenchFailure) {
        guard Glibc.write(input, bytes, bytes.count) == bytes.count else { throw .system("a child took no input") }
    }

    /// Reads what the child writes at once.
    func read(atMost count: Int) throws(BenchFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = Glibc.read(output, &bytes, count)
        try Interrupt.check()
        guard got >= 0 else { throw .system("a child's output cannot be read") }
        return Array(bytes.prefix(got))
    }

    /// Its wait status if it has ended; nil while it runs.
    func poll() -> Int32? {
        if let status { return status }
        var value: Int32 = 0
        guard waitpid(pid, &value, WNOHANG) == pid else { return nil }
        status = value
        return value
    }

    /// Its wait status, when it has ended by itself.
    func wait() -> Int32 {
        var value: Int32 = 0
        if status == nil, waitpid(pid, &value, 0) == pid { status = value }
        return status ?? -1
    }

    /// Ends its input, asks it to end when that is not enough to end it, and after some seconds ends it by force.
    func stop(byEndOfInput: Bool) {
        for fd in [input, output] where fd >= 0 { close(fd) }
        if !byEndOfInput, poll() == nil { kill(pid, SIGTERM) }
        for _ in 0..<3000 {
            if poll() != nil { return }
            usleep(5000)
        }
        kill(pid, SIGKILL)
        var value: Int32 = 0
        waitpid(pid, &value, 0)
        status = value
    }

    /// The first line that a program prints, such as its version; nil when it cannot be run.
    static func firstLine(of program: String, _ arguments: [String]) -> String? {
        guard let child = try? Child(program, arguments, environment: [], log: "/dev/null", piped: true),
            let bytes = try? child.read(atMost: 4096)
        else { return nil }
        child.stop(byEndOfInput: true)
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
    }
}
