import CLinux
import Glibc
import SandboxProtocol

/// One sandbox as the worker sees it.
final class Run {
    let id: UInt64
    let slot: Int
    let limits: RunLimits
    let pidfd: Int32
    private(set) var control: Int32
    let cgroup: (any Cgroup)?
    /// Nil when it made one of its own, or has none.
    let network: Network?
    /// In the order of its destinations; the daemon's to accept from.
    let listeners: [Int32]
    let begun: Int64
    var state: RunState
    var report: InitReport?
    var denials: [Ended.Denial] = []
    let observes: Bool
    var observation: Observation?

    init(
        id: UInt64, slot: Int, limits: RunLimits, pidfd: Int32, control: Int32, cgroup: (any Cgroup)?,
        network: Network?, listeners: [Int32], state: RunState, begun: Int64, observes: Bool
    ) {
        self.id = id
        self.slot = slot
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

    /// Kills by a passed deadline, or sets the next look.
    func passDeadlines(now: Int64) {
        if let reason = state.look(now: now, cpuMicroseconds: { cgroup?.cpuMicroseconds() ?? 0 }) { kill(reason) }
    }

    /// Ends the whole tree at once: the kernel kills every process of a pid namespace whose pid 1 dies. The first
    /// reason stays.
    func kill(_ reason: KillReason) {
        guard state.kill(reason) else { return }
        cgroup?.lift()
        _ = clw_pidfd_send_signal(pidfd, SIGKILL)
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
            ended.times.sealed = report.sealed
            ended.times.executed = report.executed
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
            if counters.cpuMicroseconds > 0 { ended.cpuMicroseconds = counters.cpuMicroseconds }
            if counters.peakMemoryBytes > 0 { ended.peakMemoryBytes = counters.peakMemoryBytes }
        }
        return ended
    }
}
