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
        let elapsed = origin.duration(to: .now).components
        let now = elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
        return table.withLock { $0.admit(claims, now: now) }
    }
}
