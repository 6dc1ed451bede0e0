import Fields
import MarketCore
import Metering
import Synchronization

/// The runs that go on after their request was answered 202: what they are doing, and how to end them.
final class LaterRuns: Sendable {
    typealias Ticket = Int

    /// Of one agent at once.
    static let ofAgentMax = 16
    /// Calls that were taken and then not run, of which it is known why.
    private static let refusedMax = 1024

    private struct Run {
        let agent: Agent.ID
        var id: SkillUsage.ID?
        var isRunning = false
        var task: Task<Void, Never>?
    }

    private struct State {
        var tickets = 0
        var runs: [Ticket: Run] = [:]
        var ticketOf: [SkillUsage.ID: Ticket] = [:]
        var openOf: [Agent.ID: Int] = [:]
        var refused: [SkillUsage.ID: (agent: Agent.ID, problem: NodeError)] = [:]
        var refusedOrder: [SkillUsage.ID] = []
        var watchers: [SkillUsage.ID: [Int: AsyncStream<Void>.Continuation]] = [:]
        var watchersSoFar = 0
        var isStopped = false

        func wake(_ id: SkillUsage.ID?) { id.flatMap { watchers[$0] }?.values.forEach { $0.yield() } }
    }

    private let state = Mutex(State())

    /// Takes one of the agent's places, to be given back by ``end(_:_:)``.
    /// - Throws: `NodeError` 429.
    func enter(_ agent: Agent.ID) throws(NodeError) -> Ticket {
        let ticket: Ticket? = state.withLock { state in
            guard state.openOf[agent, default: 0] < Self.ofAgentMax else { return nil }
            state.openOf[agent, default: 0] += 1
            state.tickets += 1
            state.runs[state.tickets] = Run(agent: agent)
            return state.tickets
        }
        if let ticket { return ticket }
        throw NodeError(
            status: 429, code: "too_many_later_runs",
            detail: "\(Self.ofAgentMax) runs of this agent go on that were answered 202 already; wait for one of them.",
            retryable: true, retryAfterSeconds: 1, fields: ["runsMax": .number(Self.ofAgentMax)])
    }

    func keep(_ task: Task<Void, Never>, for ticket: Ticket) {
        let isLate = state.withLock { state in
            // It may have ended already.
            state.runs[ticket]?.task = task
            return state.isStopped
        }
        if isLate { task.cancel() }
    }

    func note(_ stage: RunStage, of ticket: Ticket) {
        state.withLock { state in
            switch stage {
            case .held(let id):
                state.runs[ticket]?.id = id
                state.ticketOf[id] = ticket
            case .begun: state.runs[ticket]?.isRunning = true
            }
            state.wake(state.runs[ticket]?.id)
        }
    }

    /// - Parameter problem: why it was not run; nil when the store has it.
    func end(_ ticket: Ticket, _ problem: NodeError?) {
        state.withLock { state in
            guard let run = state.runs.removeValue(forKey: ticket) else { return }
            let open = state.openOf[run.agent, default: 1] - 1
            state.openOf[run.agent] = open > 0 ? open : nil
            guard let id = run.id else { return }
            state.ticketOf[id] = nil
            defer { state.wake(id) }
            guard let problem else { return }
            state.refused[id] = (run.agent, problem)
            state.refusedOrder.append(id)
            if state.refusedOrder.count > Self.refusedMax { state.refused[state.refusedOrder.removeFirst()] = nil }
        }
    }

    /// Nil for a run that is not known here, or is none of the agent's.
    func progress(of id: SkillUsage.ID, for agent: Agent.ID) -> LaterProgress? {
        state.withLock { state in
            if let run = state.ticketOf[id].flatMap({ state.runs[$0] }) {
                return run.agent == agent ? (run.isRunning ? .running : .queued) : nil
            }
            guard let refused = state.refused[id], refused.agent == agent else { return nil }
            return .refused(refused.problem)
        }
    }

    /// Wakes `continuation` whenever the run comes further, until that ends.
    func watch(_ id: SkillUsage.ID, _ continuation: AsyncStream<Void>.Continuation) {
        let number = state.withLock { state in
            state.watchersSoFar += 1
            state.watchers[id, default: [:]][state.watchersSoFar] = continuation
            return state.watchersSoFar
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in
                state.watchers[id]?[number] = nil
                if state.watchers[id]?.isEmpty == true { state.watchers[id] = nil }
            }
        }
    }

    /// What carries a run of the agent out; nil when it has ended.
    func task(of id: SkillUsage.ID, for agent: Agent.ID) -> Task<Void, Never>? {
        state.withLock { state in
            guard let run = state.ticketOf[id].flatMap({ state.runs[$0] }), run.agent == agent else { return nil }
            return run.task
        }
    }

    /// Cancels all of them, and returns when they are booked.
    func stop() async {
        let tasks = state.withLock { state in
            state.isStopped = true
            return state.runs.values.compactMap(\.task)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
