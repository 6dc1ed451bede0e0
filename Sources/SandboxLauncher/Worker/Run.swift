import CLinux
import Glibc
import SandboxProtocol

/// One sandbox as the worker sees it.
final class Run {
    /// The daemon's number: of the run, or of the `park` message until there is one.
    private(set) var id: UInt64
    let slot: Int
    /// Nil once it has its run.
    private(set) var waiting: Waiting?
    private(set) var limits: RunLimits
    let pidfd: Int32
    private(set) var control: Int32
    let cgroup: (any Cgroup)?
    /// Nil when it made one of its own, or has none.
    let network: Network?
    /// In the order of its destinations; the daemon's to accept from.
    let listeners: [Int32]
    private(set) var begun: Int64
    var state: RunState
    /// Processor time that was used before its run.
    private var cpuMicrosecondsBefore: UInt64 = 0
    var report: InitReport?
    var denials: [Ended.Denial] = []
    let observes: Bool
    var observation: Observation?

    init(
        id: UInt64, slot: Int, waiting: Waiting?, limits: RunLimits, pidfd: Int32, control: Int32,
        cgroup: (any Cgroup)?,
        network: Network?, listeners: [Int32], state: RunState, begun: Int64, observes: Bool
    ) {
        self.id = id
        self.slot = slot
        self.waiting = waiting
        self.limits = limits
        self.pidfd = pidfd
        self.control = control
        self.cgroup = cgroup
        self.network = network
        self.listeners = listeners
        self.state = state
        self.begun = begun
        self.observes = observes
    }

    /// It has its run, whose clocks begin now.
    func begin(_ id: UInt64, _ limits: RunLimits, _ state: RunState, begun: Int64) {
        self.id = id
        self.limits = limits
        self.state = state
        self.begun = begun
        cpuMicrosecondsBefore = cgroup?.cpuMicroseconds() ?? 0
        waiting?.close()
        waiting = nil
    }

    /// It can take a run: it waits for one, and has not died.
    var canBegin: Bool {
        guard waiting?.isReady == true, state.killed == .none, !state.answered, control >= 0 else { return false }
        var watched = [control, pidfd].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        return unsafe poll(&watched, nfds_t(watched.count), 0) == 0
    }

    /// Used by the run itself.
    private var cpuMicroseconds: UInt64 { (cgroup?.cpuMicroseconds() ?? 0) &- cpuMicrosecondsBefore }

    /// When it next needs attention.
    var nextLook: Int64? { waiting == nil || state.killed != .none ? state.nextLook : waiting?.nextLook }

    /// Kills by a passed deadline, or sets the next look. True when it has come to wait for its run.
    func passDeadlines(now: Int64, isAsleep: (pid_t) -> Bool) -> Bool {
        guard let waiting else {
            if let reason = state.look(now: now, cpuMicroseconds: { cpuMicroseconds }) { kill(reason) }
            return false
        }
        guard state.killed == .none else { return false }
        switch waiting.look(now: now, cpuMicroseconds: { cgroup?.cpuMicroseconds() ?? 0 }, isAsleep: isAsleep) {
        case .nothing: return false
        case .ready: return true
        case .kill(let reason):
            kill(reason)
            return false
        }
    }

    /// Ends the whole tree at once: the kernel kills every process of a pid namespace whose pid 1 dies. The first
    /// reason stays.
    func kill(_ reason: KillReason) {
        guard state.kill(reason) else { return }
        cgroup?.lift()
        _ = clw_pidfd_send_signal(pidfd, SIGKILL)
    }

    /// True when pid 2 says that it has come to where it waits for its run. It says first of all where it is.
    func receiveAnnouncement() -> Bool {
        guard let waiting, waiting.pid == 0 else { return false }
        var (byte, sender): (UInt8, pid_t) = (0, 0)
        // Looked at only: whatever else it may be is read where it is expected.
        let flags = Int32(CLW_MSG_DONTWAIT)
        guard unsafe recv(control, &byte, 1, flags | Int32(CLW_MSG_PEEK | CLW_MSG_TRUNC)) == 1,
            unsafe clw_receive_from(control, &byte, 1, &sender, flags) == 1
        else { return false }
        waiting.pid = sender
        return waiting.start == .sealed
    }

    /// What pid 1 has sent; empty when it sends nothing any more, nil when nothing has come yet.
    func receivePacket() -> ArraySlice<UInt8>? {
        var packet = [UInt8](
            repeating: 0, count: observes ? InitReport.observedPacketBytesMax : InitReport.packetBytesMax)
        var length = unsafe recv(control, &packet, packet.count, Int32(CLW_MSG_DONTWAIT))
        // A pid 1 that fails before it has read our word to go resets the connection; its report comes after that.
        if length < 0, errno == ECONNRESET {
            length = unsafe recv(control, &packet, packet.count, Int32(CLW_MSG_DONTWAIT))
        }
        if length < 0, errno == EAGAIN || errno == EINTR { return nil }
        return packet.prefix(max(0, length))
    }

    /// Closes the socket to pid 1, which then ends.
    func release() {
        if control >= 0 { close(control) }
        control = -1
        waiting?.close()
    }

    /// The kernel announced that the memory limit was hit; an actual kill ends the run.
    func passMemoryEvent() {
        guard let cgroup else { return }
        if cgroup.memoryEventMask == UInt32(CLW_POLL_IN) {
            var count: UInt64 = 0
            _ = unsafe read(cgroup.memoryEvent, &count, 8)
        }
        if cgroup.oomKills() > 0 { kill(.memory) }
    }

    func ended() -> Ended {
        var ended = Ended(
            status: report?.status ?? 0, statusKnown: report?.kind == InitReport.Kind.ended.rawValue,
            killed: state.killed)
        if let report {
            ended.cpuMicroseconds = UInt64(clamping: report.cpuMicroseconds)
            ended.peakMemoryBytes = UInt64(clamping: report.peakMemoryBytes)
            // What was done before the run took none of its time.
            ended.times.sealed = max(begun, report.sealed)
            ended.times.executed = max(begun, report.executed)
            ended.times.exited = report.exited
            ended.denials = denials
            ended.denialsNamed = report.named != 0
            ended.fileSizeReached = report.fullFile != 0
            ended.observation = observation
            if report.denied != 0, state.killed == .none { ended.killed = .denied }
        }
        ended.networkRecycled = network?.recycled == true
        ended.times.begun = begun
        ended.times.reaped = report?.reaped ?? clw_monotonic_ns()
        if let counters = cgroup?.counters() {
            ended.oomKills = counters.oomKills
            ended.pidsRefused = counters.pidsRefused
            ended.peakPids = counters.peakPids
            // Where a controller is missing, what pid 1 saw stands.
            if counters.cpuMicroseconds > 0 {
                ended.cpuMicroseconds = counters.cpuMicroseconds &- cpuMicrosecondsBefore
            }
            if counters.peakMemoryBytes > 0 { ended.peakMemoryBytes = counters.peakMemoryBytes }
        }
        return ended
    }
}
