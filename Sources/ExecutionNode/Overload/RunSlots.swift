import MarketCore
import Synchronization

/// Bounds how many runs go on at once. Who comes later waits, for a time of its own; the agents that wait are served in turn.
///
/// No agent keeps the others out: it has at most all slots but one, and at most a quarter of the waiting places.
final class RunSlots: Sendable {
    private enum Answer {
        case granted, cancelled, late
        case refused(NodeError)
    }

    private struct State {
        var runsMax: Int
        var waitingMax: Int
        var running = 0
        var runningOf: [Agent.ID: Int] = [:]
        var queue = TurnQueue<Agent.ID, CheckedContinuation<Answer, Never>>()

        /// Below zero after the number of slots was lowered, until enough are given back.
        var free: Int { runsMax - running }

        /// While a slot is free, only one agent can have all the others.
        func mayRun(_ agent: Agent.ID) -> Bool { free > 0 && runningOf[agent, default: 0] < max(1, runsMax - 1) }

        mutating func begin(_ agent: Agent.ID) {
            running += 1
            runningOf[agent, default: 0] += 1
        }

        mutating func end(_ agent: Agent.ID) {
            running -= 1
            let left = runningOf[agent, default: 1] - 1
            runningOf[agent] = left > 0 ? left : nil
        }

        /// Those who may run now, in turn.
        mutating func serve() -> [CheckedContinuation<Answer, Never>] {
            var served: [CheckedContinuation<Answer, Never>] = []
            while let next = queue.next(where: mayRun) {
                begin(next.owner)
                served.append(next.item)
            }
            return served
        }

        func refusal(_ agent: Agent.ID) -> NodeError? {
            guard queue.count < waitingMax else {
                return .overloaded("queue", "\(waitingMax) calls wait for a sandbox already; try again shortly.")
            }
            let share = max(1, waitingMax / 4)
            guard queue.count(of: agent) < share else {
                return .overloaded(
                    "agent",
                    "\(share) of your calls wait for a sandbox already, as many as one agent may have; try again when "
                        + "some of them are answered.")
            }
            return nil
        }
    }

    private let state: Mutex<State>
    private let tickets = Atomic<Int>(0)

    init(runsMax: Int, waitingMax: Int) {
        state = Mutex(State(runsMax: max(1, runsMax), waitingMax: waitingMax))
    }

    /// Runs that may still start at once.
    var free: Int { state.withLock { $0.free } }
    var waiting: Int { state.withLock { $0.queue.count } }

    /// Waits for a slot, to be given back by ``release(_:)``.
    /// - Parameter secondsMax: the longest to wait; 0 takes what is free now.
    /// - Throws: `NodeError` 503 `overloaded` when too many wait or the time is up, `cancelled` when the task is cancelled.
    func acquire(for agent: Agent.ID, secondsMax: Int64) async throws(NodeError) {
        let isGranted = state.withLock { state in
            guard state.mayRun(agent) else { return false }
            state.begin(agent)
            return true
        }
        if isGranted { return }
        switch secondsMax > 0 ? await wait(agent, secondsMax) : .late {
        case .granted: return
        case .refused(let error): throw error
        case .late:
            throw .overloaded(
                "wait", "No sandbox came free within \(secondsMax) s, so nothing was run or booked; try again shortly.")
        case .cancelled:
            throw NodeError(
                status: 503, code: "cancelled", detail: "The call was cancelled before it ran.", retryable: true)
        }
    }

    func release(_ agent: Agent.ID) {
        let served = state.withLock { state in
            state.end(agent)
            return state.serve()
        }
        for continuation in served { continuation.resume(returning: .granted) }
    }

    /// Changes the bounds. Runs that go on are not ended; further ones wait until there are fewer.
    func resize(runsMax: Int, waitingMax: Int) {
        let served = state.withLock { state in
            state.runsMax = max(1, runsMax)
            state.waitingMax = waitingMax
            return state.serve()
        }
        for continuation in served { continuation.resume(returning: .granted) }
    }

    private func wait(_ agent: Agent.ID, _ seconds: Int64) async -> Answer {
        let ticket = tickets.add(1, ordering: .relaxed).newValue
        let timer = Task {
            try? await Task.sleep(for: .seconds(seconds))
            leave(ticket, .late)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A slot may have come free since it was asked for, and a cancellation that came before found nobody here.
                let answer: Answer? = state.withLock { state in
                    if Task.isCancelled { return .cancelled }
                    if state.mayRun(agent) {
                        state.begin(agent)
                        return .granted
                    }
                    if let refusal = state.refusal(agent) { return .refused(refusal) }
                    state.queue.append(continuation, of: agent, ticket: ticket)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            leave(ticket, .cancelled)
        }
    }

    /// Nothing for one who was answered already.
    private func leave(_ ticket: Int, _ answer: Answer) {
        state.withLock { $0.queue.remove(ticket) }?.resume(returning: answer)
    }
}
