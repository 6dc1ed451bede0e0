import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

/// One attempt to get out or to reach more than a skill needs.
struct Attempt: Sendable, CustomTestStringConvertible {
    let what: String
    let probe: [String]
    /// What a refusal prints; more than one where kernels differ.
    let refusals: [String]

    var testDescription: String { what }

    init(_ what: String, _ probe: [String], _ refusals: String...) {
        self.what = what
        self.probe = probe
        self.refusals = refusals
    }
}

@Suite("A hostile program", .serialized, .timeLimit(.minutes(5)))
struct EscapeTests {
    static let attempts: [Attempt] = [
        // Files.
        Attempt("cannot write to /usr", ["write", "/usr/bin/x"], "EROFS", "EACCES"),
        Attempt("cannot write to its own package", ["write", "/skill/x"], "EROFS", "EACCES"),
        Attempt("cannot overwrite its own program", ["open-exe", "/skill/probe"], "ETXTBSY", "EROFS", "EACCES"),
        Attempt("cannot write to /etc", ["write", "/etc/passwd"], "EROFS", "EACCES"),
        Attempt("cannot write to the root", ["write", "/x"], "EROFS", "EACCES"),
        Attempt("cannot write to /dev", ["write", "/dev/x"], "EROFS", "EACCES"),
        Attempt("cannot read the host's shadow file", ["read", "/etc/shadow"], "ENOENT"),
        Attempt("cannot see the host's root home", ["list", "/root"], "ENOENT"),
        Attempt("cannot see /sys", ["list", "/sys"], "ENOENT"),
        Attempt("cannot read kernel settings", ["read", "/proc/sys/kernel/core_pattern"], "ENOENT"),
        Attempt("cannot write kernel settings", ["write", "/proc/sys/kernel/core_pattern"], "ENOENT", "EACCES"),
        Attempt("cannot read the kernel's log", ["read", "/proc/kmsg"], "ENOENT"),
        Attempt(
            "cannot reach the host through its own exe link", ["open-exe", "/proc/self/exe"], "ETXTBSY", "EROFS",
            "EACCES"),
        Attempt(
            "cannot reach the launcher through pid 1's exe link", ["open-exe", "/proc/1/exe"], "ENOENT", "EACCES",
            "EPERM"),
        Attempt("cannot leave through pid 1's root", ["list", "/proc/1/root"], "ENOENT", "EACCES", "EPERM"),
        Attempt(
            "cannot leave through pid 1's working directory", ["list", "/proc/1/cwd"], "ENOENT", "EACCES", "EPERM"),
        Attempt("cannot list pid 1's descriptors", ["list", "/proc/1/fd"], "ENOENT", "EACCES", "EPERM"),
        Attempt("cannot make a device node", ["mknod"], "EPERM"),
        // Mounts and namespaces.
        Attempt("cannot mount", ["mount"], "EPERM"),
        Attempt("cannot unmount its package to see below", ["umount", "/skill"], "EPERM"),
        Attempt("cannot unmount /proc", ["umount", "/proc"], "EPERM"),
        Attempt("cannot chroot", ["chroot"], "EPERM"),
        Attempt("cannot unshare a user namespace", ["unshare-user"], "EPERM"),
        Attempt("cannot clone into a user namespace", ["clone-user"], "EPERM"),
        Attempt("finds no clone3, whose flags no filter can read", ["clone3"], "ENOSYS"),
        // Processes.
        Attempt("cannot trace pid 1", ["ptrace"], "EPERM"),
        Attempt("cannot kill pid 1", ["kill1"], "EPERM"),
        Attempt("cannot write pid 1's memory", ["mem"], "ENOENT", "EACCES", "EPERM"),
        Attempt("cannot become root", ["setuid0"], "EPERM", "EINVAL"),
        // The kernel's wide doors.
        Attempt("cannot use io_uring", ["io_uring"], "EPERM", "ENOSYS"),
        Attempt("cannot load BPF", ["bpf"], "EPERM"),
        Attempt("cannot handle page faults of others", ["userfaultfd"], "EPERM"),
        Attempt("cannot open performance counters", ["perf"], "EPERM"),
        Attempt("cannot use the kernel's keyrings", ["keyctl"], "EPERM"),
        Attempt("finds calls newer than the filter absent", ["future"], "ENOSYS"),
        Attempt("cannot push characters into a terminal", ["tiocsti"], "EPERM"),
        Attempt("cannot hide TIOCSTI in the upper half of a word", ["tiocsti-high"], "EPERM"),
        Attempt("cannot use the console's ioctl", ["tioclinux"], "EPERM"),
        // What no cgroup counts, or what tells of others.
        Attempt("cannot watch the host's directories", ["inotify"], "EPERM"),
        Attempt("cannot watch them the old way", ["dnotify"], "EPERM"),
        Attempt("cannot compile socket filters", ["socket-filter"], "EPERM"),
        Attempt("cannot compile seccomp filters", ["own-seccomp"], "EPERM"),
        Attempt("cannot let the host start a core helper", ["core-limit"], "EPERM"),
        Attempt("cannot hide the core limit in the upper half of a word", ["core-limit-high"], "EPERM"),
        Attempt("cannot limit pid 1", ["prlimit1"], "EPERM"),
        Attempt("cannot take huge pages", ["hugepages"], "EPERM"),
        Attempt("cannot change the times of a device", ["touch", "/dev/null"], "EROFS", "EACCES", "EPERM"),
        Attempt("cannot take all pending signals of the host's users", ["timers"], "EAGAIN"),
        // Network.
        Attempt("has no IPv4", ["socket", "2"], "EPERM"),
        Attempt("has no IPv6", ["socket", "10"], "EPERM"),
        Attempt("has no netlink", ["netlink"], "EPERM"),
        Attempt("has no packet sockets", ["socket", "17"], "EPERM"),
        Attempt("has no vsock", ["socket", "40"], "EPERM"),
        Attempt("has no crypto sockets", ["alg"], "EPERM"),
    ]

    @Test("is refused", arguments: attempts)
    func refused(_ attempt: Attempt) async throws {
        let request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill,
            arguments: ["probe"] + attempt.probe)
        let outcome = await Harness.host.run(request)
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(attempt.refusals.contains(outcome.text), "\(outcome.summary)")
    }

    @Test("is told that fsync is done, which does not reach the host's disk")
    func fsync() async throws {
        #expect(try await Harness.probe("fsync").text == "done 0")
    }

    @Test("dies when it calls another architecture's table", arguments: ["x32", "int80"])
    func otherArchitecture(_ way: String) async throws {
        let outcome = try await Harness.probe(way)
        #expect(outcome.verdict.kind == .signaled, "\(outcome.summary)")
        #expect(outcome.verdict.signal == SIGSYS)
        #expect(outcome.text.isEmpty)
    }

    @Test("gains nothing by executing a set-user-id program")
    func setUserID() async throws {
        let outcome = try await Harness.probe("exec", "/usr/bin/su", "-c", "true")
        #expect(outcome.verdict.kind != .ok, "\(outcome.summary)")
    }

    @Test("finds no descriptor of the daemon or the launcher, with many runs beside it")
    func descriptors() async throws {
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await Harness.probe("sleep", "1").text } }
            for _ in 0..<8 { group.addTask { try await Harness.probe("fds").text } }
            let texts = try await group.reduce(into: []) { $0.append($1) }
            #expect(texts.filter { $0 == "3" }.count == 8)
        }
    }

    @Test("shares nothing with a run beside it: not /tmp, not /dev/shm, not System V, not abstract sockets")
    func tenants() async throws {
        async let listening = Harness.probe("abstract-listen", "between-tenants")
        let written = try await Harness.probe("write", "/tmp/left")
        #expect(written.text == "done 1")
        #expect(try await Harness.probe("read", "/tmp/left").text == "ENOENT")
        #expect(try await Harness.probe("write", "/dev/shm/left").text == "done 1")
        #expect(try await Harness.probe("read", "/dev/shm/left").text == "ENOENT")
        #expect(try await Harness.probe("shm", "4711", "create").text.hasPrefix("done"))
        #expect(try await Harness.probe("shm", "4711").text == "ENOENT")
        #expect(["ECONNREFUSED", "EPERM"].contains(try await Harness.probe("abstract", "between-tenants").text))
        #expect(try await listening.text == "listening")
    }

    @Test("gets its own ids, other than those of a run beside it")
    func ids() async throws {
        async let first = Harness.probe("sleep", "1")
        let maps = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let request = RunRequest(
                        profile: try Harness.profile(), skillDirectory: try Harness.skill,
                        arguments: ["/bin/sh", "-c", "cat /proc/self/uid_map; sleep 0.5"])
                    return await Harness.host.run(request).text
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        _ = try await first
        #expect(maps.count == 4, "\(maps)")
    }

    @Test("leaves no process behind, however it hides")
    func tree() async throws {
        let outcome = try await Harness.probe("daemonize", "left-behind")
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == "left")
        #expect(try Harness.probes(marked: "left-behind").isEmpty)
    }
}
