public import MarketCore
import Synchronization

/// What to do with a keyed request.
public enum IdempotencyState: Hashable, Sendable {
    /// Answer it, then call ``IdempotencyRegistry/end(_:)``, whatever the answer.
    case new
    /// It is being answered: 409 with Retry-After.
    case inFlight
    /// It was answered: answer the same, with `Idempotent-Replayed: true`.
    case replay(StoredOutcome)
    /// The key was used with another body: 422.
    case mismatch
}

/// Decides what an `Idempotency-Key` means: what runs is known in memory, what was answered is in the store.
public final class IdempotencyRegistry: Sendable {
    /// Outcomes are kept for two days.
    public static let retentionMilliseconds: Int64 = 48 * 3_600_000

    private let store: any MeteringStore
    private let inFlight = Mutex(InFlightRequests())

    public init(store: any MeteringStore) {
        self.store = store
    }

    /// Looks the request up, and when it is new marks it as running.
    public func begin(_ request: IdempotentRequest) async throws(StoreError) -> IdempotencyState {
        // Entered before the store is asked, so that of two at once only one can find nothing stored.
        switch inFlight.withLock({ $0.enter(request) }) {
        case .running: return .inFlight
        case .mismatch: return .mismatch
        case .entered: break
        }
        let recorded: RecordedOutcome?
        do {
            recorded = try await store.outcome(for: request.scope)
        } catch {
            end(request.scope)
            throw error
        }
        guard let recorded else { return .new }
        end(request.scope)
        return recorded.fingerprint == request.fingerprint ? .replay(recorded.outcome) : .mismatch
    }

    /// Keeps a request in flight after its answer, until one ``end(_:)`` more: its run is not booked yet.
    public func retain(_ scope: IdempotencyScope) {
        inFlight.withLock { $0.retain(scope) }
    }

    /// The request is answered, or failed before anything was stored: from now on the store alone decides.
    public func end(_ scope: IdempotencyScope) {
        inFlight.withLock { $0.leave(scope) }
    }

    /// Drops outcomes that are older than ``retentionMilliseconds``; returns how many.
    @discardableResult
    public func prune(now: Timestamp = .now) async throws(StoreError) -> Int64 {
        try await store.pruneOutcomes(before: now.advanced(byMilliseconds: -Self.retentionMilliseconds))
    }
}
