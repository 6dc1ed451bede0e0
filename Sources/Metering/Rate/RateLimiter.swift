import Synchronization

/// Rate limits of one node, in memory; safe to call from any thread.
public final class RateLimiter: Sendable {
    private let table: Mutex<RateTable>
    private let origin = ContinuousClock.now

    public init(keysMax: Int = 100_000) {
        table = Mutex(RateTable(keysMax: keysMax))
    }

    /// Counts one call against every claim when all of them allow it, against none otherwise. Returns the decisions in
    /// the order of the claims; the call may pass when all are allowed.
    public func admit(_ claims: [RateClaim]) -> [RateDecision] {
        let now = now
        return table.withLock { $0.admit(claims, now: now) }
    }

    /// What ``admit(_:)`` would say to this claim alone; counts nothing.
    public func ask(_ claim: RateClaim) -> RateDecision {
        let now = now
        return table.withLock { $0.ask(claim, now: now) }
    }

    /// Takes back a call that was counted and that another limit then refused.
    public func giveBack(_ claim: RateClaim) {
        let now = now
        table.withLock { $0.giveBack(claim, now: now) }
    }

    private var now: Int64 {
        let elapsed = origin.duration(to: .now).components
        return elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
    }
}
