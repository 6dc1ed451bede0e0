import Synchronization

/// Bounds how many runs go on at once. Who comes later waits in order; when too many wait, who comes is refused.
final class RunSlots: Sendable {
    private enum Waiter {
        case waiting(CheckedContinuation<Bool, Never>)
        /// Cancelled before it waited.
        case cancelled
    }

    private struct State {
        /// Below zero after the number of slots was lowered, until enough are given back.
        var free: Int
        var runsMax: Int
        var waitingMax: Int
        var queue: [Int] = []
        /// Positions before this one of ``queue`` have been served.
        var served = 0
        var waiters: [Int: Waiter] = [:]
        var nextTicket = 0
    }

    private let state: Mutex<State>

    init(runsMax: Int, waitingMax: Int) {
        state = Mutex(State(free: max(1, runsMax), runsMax: max(1, runsMax), waitingMax: waitingMax))
    }

    /// Runs that may still start at once.
    var free: Int { state.withLock { $0.free } }
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Waits for a slot, to be given back by ``release()``.
    /// - Throws: `NodeError` 503 `overloaded` when too many wait, `cancelled` when the task is cancelled.
    func acquire() async throws(NodeError) {
        enum Entry {
            case granted
            case full(Int)
            case ticket(Int)
        }
        let entry: Entry = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return .granted
            }
            guard state.waiters.count < state.waitingMax else { return .full(state.waitingMax) }
            state.nextTicket += 1
            return .ticket(state.nextTicket)
        }
        switch entry {
        case .granted: return
        case .full(let waitingMax):
            throw NodeError(
                status: 503, code: "overloaded",
                detail: "\(waitingMax) calls wait for a sandbox already; try again shortly.", retryable: true,
                retryAfterSeconds: 1)
        case .ticket(let ticket):
            guard await wait(ticket) else {
                throw NodeError(
                    status: 503, code: "cancelled", detail: "The call was cancelled before it ran.", retryable: true)
            }
        }
    }

    func release() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard state.free >= 0 else {
                state.free += 1
                return nil
            }
            while state.served < state.queue.count {
                let ticket = state.queue[state.served]
                state.served += 1
                if state.served > 1024, state.served * 2 > state.queue.count {
                    state.queue.removeFirst(state.served)
                    state.served = 0
                }
                if case .waiting(let continuation) = state.waiters.removeValue(forKey: ticket) { return continuation }
            }
            state.free += 1
            return nil
        }
        next?.resume(returning: true)
    }

    /// Changes the bounds. Runs that go on are not ended; further ones wait until there are fewer.
    func resize(runsMax: Int, waitingMax: Int) {
        let added = state.withLock { state in
            let added = max(1, runsMax) - state.runsMax
            state.runsMax += added
            state.waitingMax = waitingMax
            if added < 0 { state.free += added }
            return added
        }
        // Whoever waits gets what is new.
        for _ in 0..<max(0, added) { release() }
    }

    private func wait(_ ticket: Int) async -> Bool {
        // A cancellation that comes after the grant leaves its mark; nobody would take it away.
        defer { state.withLock { $0.waiters[ticket] = nil } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A slot may have come free, or the task may have been cancelled, since the ticket was drawn.
                let answer: Bool? = state.withLock { state in
                    if case .cancelled = state.waiters[ticket] {
                        state.waiters[ticket] = nil
                        return false
                    }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiters[ticket] = .waiting(continuation)
                    state.queue.append(ticket)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let continuation: CheckedContinuation<Bool, Never>? = state.withLock { state in
                switch state.waiters.removeValue(forKey: ticket) {
                case .waiting(let continuation): return continuation
                case .cancelled, nil:
                    state.waiters[ticket] = .cancelled
                    return nil
                }
            }
            continuation?.resume(returning: false)
        }
    }
}
