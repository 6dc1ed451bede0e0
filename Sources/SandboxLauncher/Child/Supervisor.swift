import CLinux
import Glibc
import SandboxProtocol

/// PID 1 once the tree is built: starts the program, reaps, answers refused calls, and ends the tree with the program.
struct Supervisor {
    private let plan: ChildPlan
    private var report = InitReport()
    private var denials = DenialTable()
    private var program: pid_t = 0
    /// Tells of dead children.
    private var deaths: Int32 = -1
    /// Pid 2's half of its way to exec; closed by exec itself.
    private var entry: Int32 = -1
    /// Where refused calls wait; -1 before there is a filter, or where they are not named.
    private var listener: Int32 = -1

    static func run(_ plan: ChildPlan, sealed: Int64) -> Never {
        var supervisor = Supervisor(plan, sealed)
        supervisor.start()
        while true { supervisor.turn() }
    }

    private init(_ plan: ChildPlan, _ sealed: Int64) {
        self.plan = plan
        report.sealed = sealed
    }

    private mutating func start() {
        var pair: [Int32] = [-1, -1]
        guard unsafe clw_socketpair(&pair) == 0 else { Init.fail(.initProcess) }
        var pidfd: Int32 = -1
        program = unsafe clw_clone3(0, -1, &pidfd)
        if program == 0 { Entry.run(plan, status: pair[1]) }
        guard program > 0 else { Init.fail(.initProcess) }
        entry = pair[0]
        deaths = clw_signalfd(SIGCHLD)
        guard deaths >= 0 else { Init.fail(.initProcess) }
        // What the program writes must end when the program's tree ends.
        for fd in [0, 1, 2, pidfd, pair[1]] { close(fd) }
    }

    private mutating func turn() {
        var watched = [Descriptor.control, deaths, entry, listener].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        if unsafe poll(&watched, nfds_t(watched.count), -1) < 0 { return }
        // The worker never speaks here: readable means that it is gone.
        if watched[0].revents != 0 { _exit(0) }
        if watched[2].revents != 0 { readEntry() }
        if watched[3].revents != 0 { answerDenial(watched[3].revents) }
        if watched[1].revents != 0, let status = reap() {
            while entry >= 0 { readEntry() }
            report.exited = clw_monotonic_ns()
            report.status = status
            end()
        }
    }

    /// The listener, a failure, or end of file: the program was executed and the socket closed with it.
    private mutating func readEntry() {
        var failure = EntryFailure(stage: 0, errno: 0)
        var fds = [Int32](repeating: -1, count: Int(CLW_FDS_MAX))
        var count: Int32 = 0
        let size = MemoryLayout<EntryFailure>.size
        let length = unsafe clw_receive(entry, &failure, size, &fds, &count, 0)
        if length == 1, count == 1 {
            listener = fds[0]
            report.named = 1
            return
        }
        if length == size {
            report.fail(Stage(rawValue: failure.stage) ?? .exec, failure.errno)
        } else {
            report.executed = clw_monotonic_ns()
        }
        close(entry)
        entry = -1
    }

    private mutating func answerDenial(_ events: Int16) {
        var denial = clw_denial()
        guard events & Int16(POLLIN) != 0, unsafe clw_denial_receive(listener, &denial) == 0 else {
            // Nobody is left under the filter.
            if events & Int16(POLLHUP) != 0 {
                close(listener)
                listener = -1
            }
            return
        }
        denials.add(arch: denial.arch, number: denial.number)
        if plan.killOnDenial || denials.total > DenialTable.countMax {
            report.denied = 1
            if getpid() == 1 { _ = clw_kill_all() }
        }
        _ = clw_denial_answer(listener, denial.id, plan.refusal)
    }

    /// Reaps what is dead; the program's status once it is among them.
    private func reap() -> Int32? {
        var drained = signalfd_siginfo()
        while unsafe read(deaths, &drained, MemoryLayout<signalfd_siginfo>.size) > 0 {}
        var found: Int32?
        while true {
            var status: Int32 = 0
            let pid = unsafe clw_wait_any(WNOHANG, &status)
            if pid <= 0 { return found }
            if pid == program { found = status }
        }
    }

    /// Kills whatever the program left behind, waits until it is gone, and reports.
    private mutating func end() -> Never {
        while true {
            // Outside a pid namespace of our own "all" would be the host's processes.
            if getpid() == 1 { _ = clw_kill_all() }
            var status: Int32 = 0
            if unsafe clw_wait_any(0, &status) < 0, errno == ECHILD { break }
        }
        unsafe clw_children_usage(&report.cpuMicroseconds, &report.peakMemoryBytes)
        report.reaped = clw_monotonic_ns()
        Init.send(report, denials.rows)
    }
}
