/// What the launcher decides about one run, without a kernel: when to look at it, when to kill it and why, and that it
/// is answered once. Times are nanoseconds of one clock, CLOCK_MONOTONIC in the launcher.
public struct RunState: Sendable {
    /// The first reason; later ones change nothing.
    public private(set) var killed = KillReason.none
    /// The daemon has the reply; only reaping is left.
    public private(set) var answered = false

    private let wallDeadline: Int64
    private let cpuMicrosecondsMax: Int64
    private let processors: Int64
    /// Percent of one processor that the kernel gives at most; nil where it does not limit that.
    private let share: Int64?
    /// Nil where nobody counts processor time.
    private var cpuLookAt: Int64?

    /// The kernel's accounting period (cpu.cfs_period_us, cpu.max) in nanoseconds.
    private static let period: Int64 = 100_000_000
    /// A look is not repeated before all processors together could have used this much more.
    private static let cpuSlack: Int64 = 10_000_000
    private static let waitMin: Int64 = 250_000

    /// - Parameters:
    ///   - processors: of the machine, whatever the run's share: a share is counted over whole periods, and within one
    ///     all processors may run at once.
    ///   - countsCPU: the run's processor time can be read.
    ///   - limitsShare: the kernel holds the run to `limits.cpuPercent`.
    public init(limits: RunLimits, begun: Int64, processors: Int, countsCPU: Bool, limitsShare: Bool) {
        wallDeadline = begun + Int64(limits.wallMilliseconds) * 1_000_000
        cpuMicrosecondsMax = Int64(limits.cpuMilliseconds) * 1000
        self.processors = Int64(max(1, processors))
        share = limitsShare ? Int64(limits.cpuPercent) : nil
        cpuLookAt = countsCPU ? begun : nil
        if countsCPU { cpuLookAt = begun + wait(left: cpuMicrosecondsMax) }
    }

    /// When this run next needs attention; nil once it is being killed or is over.
    public var nextLook: Int64? {
        guard killed == .none, !answered else { return nil }
        return cpuLookAt.map { min($0, wallDeadline) } ?? wallDeadline
    }

    /// Looks at the clocks: the reason to kill the run now, or nil and the next look is set. `cpuMicroseconds` is asked
    /// only when it matters.
    public mutating func look(now: Int64, cpuMicroseconds: () -> UInt64) -> KillReason? {
        guard killed == .none, !answered else { return nil }
        if now >= wallDeadline { return .wall }
        guard let cpuLookAt, now >= cpuLookAt else { return nil }
        let used = Int64(clamping: cpuMicroseconds())
        guard used < cpuMicrosecondsMax else { return .cpu }
        self.cpuLookAt = now + wait(left: cpuMicrosecondsMax - used)
        return nil
    }

    /// Nanoseconds in which `left` microseconds of processor time cannot be used up: by all processors at once, or by
    /// the share, of which two periods may come at once and a third be left over.
    private func wait(left: Int64) -> Int64 {
        let byProcessors = max(left * 1000, Self.cpuSlack) / processors
        let byShare = share.map { left * 100_000 / max(1, $0) - 3 * Self.period } ?? 0
        return max(Self.waitMin, byProcessors, byShare)
    }

    /// True for the first reason, when the tree has to be killed now.
    public mutating func kill(_ reason: KillReason) -> Bool {
        guard killed == .none, !answered, reason != .none else { return false }
        killed = reason
        return true
    }

    /// True once: the reply has to be sent now.
    public mutating func answer() -> Bool {
        defer { answered = true }
        return !answered
    }
}
