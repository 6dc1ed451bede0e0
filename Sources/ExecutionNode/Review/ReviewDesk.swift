import Foundation
import MarketCore
import Synchronization

/// The reviews that are under way and those that wait for them: only so many at once, and only so many of one agent.
/// Agents have turns, and versions that are looked at again a turn for each few that wait to be published.
///
/// What is lost with the process is in the store as pending, and is handed in again at the next start.
final class ReviewDesk: Sendable {
    static let atOnceMax = 2
    static let waitingMax = 256
    static let perAgentMax = 8
    /// Publications after which a version is looked at again, though more wait.
    static let turnsMax = 8

    typealias Work = @Sendable (LiveReview) async -> Void

    private struct State {
        var queue: [(VersionKey, Work)] = []
        /// Of versions that were reviewed before.
        var rescans: [(VersionKey, Work)] = []
        /// Handed in anew before their review came to its end.
        var next: [VersionKey: Work] = [:]
        var running: [VersionKey: Task<Void, Never>] = [:]
        var live: [VersionKey: LiveReview] = [:]
        var watchers: [VersionKey: [UUID: CheckedContinuation<Void, Never>]] = [:]
        var isStopped = false
        /// How many were begun since the last of ``rescans``.
        private var sinceRescan = 0

        mutating func takeNext() -> (VersionKey, Work)? {
            let mayRescan = !rescans.isEmpty && !running.keys.contains { live[$0]?.isRescan == true }
            if mayRescan, queue.isEmpty || sinceRescan >= ReviewDesk.turnsMax {
                sinceRescan = 0
                return rescans.removeFirst()
            }
            guard !queue.isEmpty else { return nil }
            sinceRescan += 1
            let busy = Set(running.keys.map(\.agentID))
            return queue.remove(at: queue.firstIndex { !busy.contains($0.0.agentID) } ?? 0)
        }
    }

    private let state = Mutex(State())

    /// Lines up the review of a version that the store holds; see ``requirePlace(for:)`` for those that it does not yet.
    func submit(_ key: VersionKey, _ work: @escaping Work) {
        state.withLock { state in
            guard !state.isStopped else { return }
            guard state.live[key] == nil else { return state.next[key] = work }
            state.live[key] = LiveReview(key: key, isRescan: false)
            state.queue.append((key, work))
        }
        advance()
    }

    /// Lines up another review of a version that has a verdict; one that is under way is enough.
    func rescan(_ key: VersionKey, _ work: @escaping Work) {
        state.withLock { state in
            guard !state.isStopped, state.live[key] == nil else { return }
            state.live[key] = LiveReview(key: key, isRescan: true)
            state.rescans.append((key, work))
        }
        advance()
    }

    /// Looks whether another review has a place.
    /// - Throws: `NodeError` 429 or 503.
    func requirePlace(for agent: Agent.ID) throws(NodeError) {
        if let refusal = state.withLock({ Self.refusal(of: agent, in: $0) }) { throw refusal }
    }

    /// What a review that is under way has come to; nil when there is none.
    func live(_ key: VersionKey) -> LiveReview? { state.withLock { $0.live[key] } }

    /// Waits for the end of a review, or for so long; the review goes on when the task is cancelled.
    func wait(for key: VersionKey, seconds: Int64) async {
        guard seconds > 0, live(key)?.isRescan != true else { return }
        let id = UUID()
        let timer = Task {
            try? await Task.sleep(for: .seconds(seconds))
            wake(key, id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.live[key] != nil, !Task.isCancelled else { return true }
                    state.watchers[key, default: [:]][id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            wake(key, id)
        }
        timer.cancel()
    }

    /// Ends what is under way; it stays pending in the store.
    func stop() async {
        let tasks = state.withLock { state in
            state.isStopped = true
            for (key, _) in state.queue + state.rescans { state.live[key] = nil }
            (state.queue, state.rescans, state.next) = ([], [], [:])
            return Array(state.running.values)
        }
        tasks.forEach { $0.cancel() }
        for task in tasks { await task.value }
        let left = state.withLock { state in
            defer { state.watchers = [:] }
            return state.watchers.values.flatMap(\.values)
        }
        left.forEach { $0.resume() }
    }

    private static func refusal(of agent: Agent.ID, in state: State) -> NodeError? {
        let live = state.live.values.filter { !$0.isRescan }
        guard live.count < waitingMax else {
            return .overloaded(
                "reviews", "\(waitingMax) versions wait for their review; publish again later.", retryAfterSeconds: 30)
        }
        guard live.count(where: { $0.key.agentID == agent }) < perAgentMax else {
            return NodeError(
                status: 429, code: "too_many_reviews",
                detail: "\(perAgentMax) versions of yours wait for their review; publish the next when one is through.",
                retryable: true, retryAfterSeconds: 10)
        }
        return nil
    }

    private func advance() {
        state.withLock { state in
            guard !state.isStopped, state.running.count < Self.atOnceMax else { return }
            guard let (key, work) = state.takeNext(), let live = state.live[key] else { return }
            state.running[key] = Task.detached {
                await work(live)
                self.end(key)
            }
        }
    }

    private func end(_ key: VersionKey) {
        let (watchers, next) = state.withLock { state in
            state.running[key] = nil
            state.live[key] = nil
            return (state.watchers.removeValue(forKey: key), state.next.removeValue(forKey: key))
        }
        watchers?.values.forEach { $0.resume() }
        if let next { submit(key, next) }
        advance()
    }

    private func wake(_ key: VersionKey, _ id: UUID) {
        let watcher = state.withLock { state in
            defer { if state.watchers[key]?.isEmpty == true { state.watchers[key] = nil } }
            return state.watchers[key]?.removeValue(forKey: id)
        }
        watcher?.resume()
    }
}

/// A review that is under way, for who looks on.
final class LiveReview: Sendable {
    let key: VersionKey
    let isRescan: Bool
    private let report: Mutex<ReviewReport>

    init(key: VersionKey, isRescan: Bool) {
        self.key = key
        self.isRescan = isRescan
        report = Mutex(ReviewReport(version: key.version))
    }

    func update(_ change: (inout ReviewReport) -> Void) { report.withLock { change(&$0) } }

    var current: ReviewReport { report.withLock { $0 } }
}
