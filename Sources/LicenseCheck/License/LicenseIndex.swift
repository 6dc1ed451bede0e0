public import MarketCore
import Synchronization

/// The purchases that calls name, in memory, with the store behind them.
public final class LicenseIndex: Sendable {
    /// How a purchase is read from the store.
    public typealias Source = @Sendable (Purchase.ID) async throws(StoreError) -> Purchase?

    private struct State {
        var purchases: RecentCache<Purchase.ID, Purchase>
        /// Counts every change, so that what was read before one is not kept after it.
        var changes: UInt64 = 0
    }

    private let source: Source
    private let state: Mutex<State>

    /// - Parameter capacity: the most purchases that are kept.
    public init(capacity: Int = 100_000, source: @escaping Source) {
        self.source = source
        state = Mutex(State(purchases: RecentCache(capacity: capacity)))
    }

    /// The purchase; read from the store when it is not in memory, nil when it is not there either.
    public func purchase(_ id: Purchase.ID) async throws(StoreError) -> Purchase? {
        let (cached, changes) = state.withLock { ($0.purchases.value(id), $0.changes) }
        if let cached { return cached }
        guard let purchase = try await source(id) else { return nil }
        state.withLock { state in
            // A revocation may have come between the read and now.
            if state.changes == changes { state.purchases.insert(purchase, for: id) }
        }
        return purchase
    }

    /// Replaces what is in memory; call it once a change is durable.
    public func update(_ purchase: Purchase) {
        state.withLock { state in
            state.changes &+= 1
            state.purchases.insert(purchase, for: purchase.id)
        }
    }

    /// Forgets a purchase, so that the next call reads it anew; call it once a revocation or refund is durable.
    public func invalidate(_ id: Purchase.ID) {
        state.withLock { state in
            state.changes &+= 1
            state.purchases.remove(id)
        }
    }
}
