import MarketCore

/// The moment before which stored outcomes are dropped. A pure state machine.
///
/// The wall clock alone must not decide: one that leaps ahead would make every outcome old at once, and a repeated
/// request would run again. So the horizon moves at most twice as fast as the monotonic clock, which keeps outcomes for
/// half their time at least, and still catches up after the node was down. It goes back with a clock that is set back:
/// what is stored from then on would be older than it, and dropped at once.
struct OutcomeHorizon: Sendable {
    private(set) var time: Timestamp
    private var movedAt: ContinuousClock.Instant

    init(time: Timestamp, at instant: ContinuousClock.Instant) {
        self.time = time
        movedAt = instant
    }

    /// Moves towards where the wall clock says that it should be; returns where it is then.
    mutating func advance(towards wall: Timestamp, at instant: ContinuousClock.Instant) -> Timestamp {
        let passed = max(.zero, movedAt.duration(to: instant)).components
        movedAt = max(movedAt, instant)
        let milliseconds = passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
        time = min(wall, time.advanced(byMilliseconds: 2 * milliseconds))
        return time
    }
}
