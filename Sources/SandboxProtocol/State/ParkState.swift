/// What the launcher decides about a sandbox in which something was started ahead, without a kernel: when it waits for
/// its run, and when it is ended because it does not. Times are nanoseconds of CLOCK_MONOTONIC.
public struct ParkState: Sendable {
    public enum Finding: Equatable, Sendable {
        case nothing
        /// Said once: what was started has come to rest.
        case ready
        case kill(KillReason)
    }

    public private(set) var isReady = false

    private let deadline: Int64
    private let cpuMicrosecondsMax: Int64
    private var lookAt: Int64
    private var wait = Self.waitMin
    private var used: Int64 = 0
    private var allowance = Self.idleMicrosecondsMax

    /// Two looks between which no processor time was used mean rest.
    private static let waitMin: Int64 = 5_000_000
    private static let waitMax: Int64 = 160_000_000
    private static let watch: Int64 = 1_000_000_000
    /// What may be used while it waits: timers of a runtime, and a start that only seemed to be at rest; not work. A
    /// second gives back a part of it.
    private static let idleMicrosecondsMax: Int64 = 50_000
    private static let idleMicrosecondsBack: Int64 = 10_000
    /// The kernel's counter is no finer than a tick of its scheduler at times.
    private static let restMicroseconds: Int64 = 100

    /// - Parameter limits: the start is held to them, as a run is.
    public init(limits: RunLimits, begun: Int64) {
        deadline = begun + Int64(limits.wallMilliseconds) * 1_000_000
        cpuMicrosecondsMax = Int64(limits.cpuMilliseconds) * 1000
        lookAt = begun + Self.waitMin
    }

    public var nextLook: Int64 { isReady ? lookAt : min(lookAt, deadline) }

    /// - Parameter isAsleep: whether its first thread waits for something; asked only when that decides. On a busy host
    ///   what wants to run may use no processor time for a while.
    public mutating func look(now: Int64, cpuMicroseconds: () -> UInt64, isAsleep: () -> Bool) -> Finding {
        guard now >= nextLook else { return .nothing }
        let before = used
        used = Int64(clamping: cpuMicroseconds())
        let difference = used - before
        if isReady {
            let seconds = max(1, (now - lookAt) / Self.watch + 1)
            lookAt = now + Self.watch
            allowance = min(Self.idleMicrosecondsMax, allowance - difference + seconds * Self.idleMicrosecondsBack)
            return allowance < 0 ? .kill(.cpu) : .nothing
        }
        if used >= cpuMicrosecondsMax { return .kill(.cpu) }
        if now >= deadline { return .kill(.wall) }
        if difference <= Self.restMicroseconds, wait > Self.waitMin, isAsleep() {
            isReady = true
            lookAt = now + Self.watch
            return .ready
        }
        wait = min(wait * 2, Self.waitMax)
        lookAt = now + wait
        return .nothing
    }
}
