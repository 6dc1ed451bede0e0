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
    /// The agent's stored outcomes take this many bytes, and no more are kept: 429.
    case full(bytes: Int64)
}

/// Decides what an `Idempotency-Key` means: what runs is known in memory, what was answered is in the store.
public final class IdempotencyRegistry: Sendable {
    /// Outcomes are kept for two days; see ``OutcomeHorizon`` for what a clock that leaps does to that.
    public static let retentionMilliseconds: Int64 = 48 * 3_600_000

    private let store: any MeteringStore
    private let inFlight = Mutex(InFlightRequests())
    private let horizon = Mutex<OutcomeHorizon?>(nil)

    public init(store: any MeteringStore) {
        self.store = store
    }

    /// Looks the request up, and when it is new and its agent's outcomes take less than `agentBytesMax` marks it as
    /// running.
    public func begin(
        _ request: IdempotentRequest, agentBytesMax: Int64 = .max
    ) async throws(StoreError) -> IdempotencyState {
        // Entered before the store is asked, so that of two at once only one can find nothing stored.
        switch inFlight.withLock({ $0.enter(request) }) {
        case .running: return .inFlight
        case .mismatch: return .mismatch
        case .entered: break
        }
        let recorded: RecordedOutcome?
        let agentBytes: Int64
        do {
            (recorded, agentBytes) = try await store.lookUp(request.scope)
        } catch {
            end(request.scope)
            throw error
        }
        if recorded == nil, agentBytes < agentBytesMax { return .new }
        end(request.scope)
        guard let recorded else { return .full(bytes: agentBytes) }
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

    /// Drops outcomes that are older than ``retentionMilliseconds``, as far as the clocks can be trusted; returns how
    /// many.
    @discardableResult
    public func prune(
        now: Timestamp = .now, instant: ContinuousClock.Instant = .now
    ) async throws(StoreError) -> Int64 {
        let wall = now.advanced(byMilliseconds: -Self.retentionMilliseconds)
        if horizon.withLock({ $0 == nil }) {
            let stored = try await store.outcomeHorizon()
            horizon.withLock { $0 = $0 ?? OutcomeHorizon(time: stored ?? wall, at: instant) }
        }
        let time = horizon.withLock { $0?.advance(towards: wall, at: instant) } ?? wall
        return try await store.pruneOutcomes(before: time)
    }
}
