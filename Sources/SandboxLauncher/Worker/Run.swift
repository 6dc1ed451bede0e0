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
    /// Processors that it can use at once; at least one.
    let processors: UInt64
    let begun: Int64
    private(set) var killed = KillReason.none
    /// The reply has been sent; only reaping is left.
    var answered = false
    var report: InitReport?
    var denials: [Ended.Denial] = []
    /// CLOCK_MONOTONIC of the next look at the cpu time.
    private(set) var cpuCheckAt: Int64

    init(
        id: UInt64, slot: Int, limits: RunLimits, pidfd: Int32, control: Int32, cgroup: (any Cgroup)?,
        network: Network?, listeners: [Int32], processors: UInt64, begun: Int64
    ) {
        self.id = id
        self.slot = slot
        self.limits = limits
        self.pidfd = pidfd
        self.control = control
        self.cgroup = cgroup
        self.network = network
        self.listeners = listeners
        self.processors = max(1, min(processors, (limits.cpuPercent + 99) / 100))
        self.begun = begun
        cpuCheckAt = begun + Int64(limits.cpuMilliseconds * 1_000_000 / self.processors)
    }

    var wallDeadline: Int64 { begun + Int64(limits.wallMilliseconds) * 1_000_000 }

    /// When this run next needs attention; nil once it is being killed.
    var nextDeadline: Int64? {
        killed == .none && !answered ? (cgroup == nil ? wallDeadline : min(wallDeadline, cpuCheckAt)) : nil
    }

    /// Kills by a passed deadline, or re-arms the look at the cpu time: it cannot be used up before
    /// (what is left ÷ processors).
    func passDeadlines(now: Int64) {
        if now >= wallDeadline { return kill(.wall) }
        guard let cgroup, now >= cpuCheckAt else { return }
        let used = cgroup.cpuMicroseconds()
        let allowed = limits.cpuMilliseconds * 1000
        if used >= allowed { return kill(.cpu) }
        cpuCheckAt = now + max(1_000_000, Int64((allowed - used) * 1000 / processors))
    }

    /// Ends the whole tree at once: the kernel kills every process of a pid namespace whose pid 1 dies. The first
    /// reason stays.
    func kill(_ reason: KillReason) {
        guard killed == .none, !answered else { return }
        killed = reason
        cgroup?.lift()
        _ = clw_pidfd_send_signal(pidfd, SIGKILL)
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
            status: report?.status ?? 0, statusKnown: report?.kind == InitReport.Kind.ended.rawValue, killed: killed)
        if let report {
            ended.cpuMicroseconds = UInt64(clamping: report.cpuMicroseconds)
            ended.peakMemoryBytes = UInt64(clamping: report.peakMemoryBytes)
            ended.times.sealed = report.sealed
            ended.times.executed = report.executed
            ended.times.exited = report.exited
            ended.denials = denials
            ended.denialsNamed = report.named != 0
            if report.denied != 0, killed == .none { ended.killed = .denied }
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
