import CLinux
import Glibc
import SandboxProtocol

/// PID 1 once the tree is built: starts the program, reaps, answers refused calls, and ends the tree with the program.
struct Supervisor {
    private let plan: ChildPlan
    private var report = InitReport()
    private var denials = DenialTable()
    /// Only for a run that is observed.
    private var observer: Observer?
    private var program: pid_t = 0
    /// Tells of dead children.
    private var deaths: Int32 = -1
    /// Where refused calls wait; -1 before there is a filter, or where they are not named.
    private var listener: Int32 = -1
    private var fileSizeBytes: UInt64

    static func run(_ plan: ChildPlan, sealed: Int64) -> Never {
        var supervisor = Supervisor(plan, sealed)
        supervisor.start()
        while true { supervisor.turn() }
    }

    private init(_ plan: ChildPlan, _ sealed: Int64) {
        self.plan = plan
        fileSizeBytes = plan.limits.fileSizeBytes
        observer = plan.observes ? Observer() : nil
        report.sealed = sealed
    }

    /// Pid 2 runs on our memory until it executes the program: to copy it and to drop the copy would take longer than
    /// the rest of its work.
    private mutating func start() {
        var pair: [Int32] = [-1, -1]
        guard unsafe clw_socketpair(&pair) == 0 else { Init.fail(.initProcess) }
        let stack = unsafe mmap(nil, Self.stackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard unsafe stack != MAP_FAILED, let stack = unsafe stack else { Init.fail(.initProcess) }
        let entry = EntryCall(
            plan: plan, program: plan.dryRun || plan.start == .sealed ? 0 : findProgram(), status: pair[1],
            order: plan.start == .sealed ? OrderBuffer() : nil)
        program = unsafe clw_vfork(
            { context in
                guard let context = unsafe context else { _exit(127) }
                Entry.run(unsafe Unmanaged<EntryCall>.fromOpaque(context).takeUnretainedValue())
            }, stack + Self.stackBytes, Unmanaged.passUnretained(entry).toOpaque())
        guard program > 0 else { Init.fail(.initProcess) }
        close(pair[1])
        readEntry(pair[0])
        deaths = clw_signalfd(SIGCHLD)
        guard deaths >= 0 else { Init.fail(.initProcess) }
        // What the program writes must end when the program's tree ends.
        for fd in [0, 1, 2, pair[0]] { close(fd) }
        if plan.start == .interpreter { close(Descriptor.order) }
    }

    private static let stackBytes = 256 * 1024

    /// The first of the places where the program may be at which there is something.
    private func findProgram() -> Int {
        for index in 0..<plan.programs.count {
            if unsafe access(plan.programs[index], F_OK) == 0 || errno != ENOENT && errno != ENOTDIR { return index }
        }
        errno = ENOENT
        Init.fail(.exec)
    }

    private mutating func turn() {
        var watched = [Descriptor.control, deaths, listener].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        if unsafe poll(&watched, nfds_t(watched.count), -1) < 0 { return }
        if watched[0].revents != 0 { hearWorker() }
        if watched[2].revents != 0 { answerDenial(watched[2].revents) }
        if watched[1].revents != 0, let status = reap() {
            report.exited = clw_monotonic_ns()
            report.status = status
            end()
        }
    }

    /// What a run that came to a waiting sandbox changes for us; nothing means that the worker is gone.
    private mutating func hearWorker() {
        var size: UInt64 = 0
        let length = unsafe recv(Descriptor.control, &size, MemoryLayout<UInt64>.size, 0)
        if length == MemoryLayout<UInt64>.size { fileSizeBytes = size } else { _exit(0) }
    }

    /// The listener or a failure, then end of file: when the program was executed, the socket closed with it.
    private mutating func readEntry(_ entry: Int32) {
        var failure = EntryFailure(stage: 0, errno: 0)
        var fds = [Int32](repeating: -1, count: Int(CLW_FDS_MAX))
        var count: Int32 = 0
        let size = MemoryLayout<EntryFailure>.size
        while true {
            let length = unsafe clw_receive(entry, &failure, size, &fds, &count, 0)
            if length == 1, count == 1 {
                listener = fds[0]
                report.named = plan.observes ? 0 : 1
            } else if length == size {
                return report.fail(Stage(rawValue: failure.stage) ?? .exec, failure.errno)
            } else if length >= 0 || errno != EINTR {
                report.executed = clw_monotonic_ns()
                return
            }
        }
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
        if observer != nil {
            observer?.note(denial)
            _ = clw_denial_continue(listener, denial.id)
            return
        }
        denials.add(arch: denial.arch, number: denial.number)
        if plan.killOnDenial || denials.total > DenialTable.countMax || denial.foreign != 0 {
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
        if report.status != 0, FullFile.exists(plan, sizeBytes: fileSizeBytes) { report.fullFile = 1 }
        Init.send(report, denials.rows, observer?.observation)
    }
}

/// What pid 2 is started with.
final class EntryCall {
    let plan: ChildPlan
    /// Which of the plan's programs.
    let program: Int
    let status: Int32
    /// For a sandbox that waits before anything is executed.
    let order: OrderBuffer?

    init(plan: ChildPlan, program: Int, status: Int32, order: OrderBuffer?) {
        self.plan = plan
        self.program = program
        self.status = status
        self.order = order
    }
}
