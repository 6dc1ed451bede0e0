import Synchronization

/// Cancels everything that runs under it, at once and for good.
final class CancelSwitch: Sendable {
    private struct State {
        var isCancelled = false
        var nextToken = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Cancels what runs, and from now on whatever is begun. Every task is told once.
    func cancel() {
        let handlers = state.withLock { state in
            state.isCancelled = true
            defer { state.handlers = [:] }
            return state.handlers.values.map { $0 }
        }
        for handler in handlers { handler() }
    }

    /// Runs `operation` in a task that is cancelled by any of the switches or with the caller. It is waited for in any
    /// case.
    /// - Parameter executor: where it goes on after its first wait; until then it runs on this thread.
    static func run<Value: Sendable>(
        cancelledBy switches: [CancelSwitch], on executor: (any TaskExecutor)? = nil,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        // At once, on this thread: another would have to be woken first.
        let task = Task.immediate(executorPreference: executor) {
            // It runs before the handlers are added below.
            if switches.contains(where: \.isCancelled) { withUnsafeCurrentTask { $0?.cancel() } }
            return try await operation()
        }
        let forget = tell(switches) { task.cancel() }
        defer { forget() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Calls `handler` when any of the switches is cancelled, at once for one that is, and not after what is returned was
    /// called.
    static func tell(
        _ switches: [CancelSwitch], _ handler: @escaping @Sendable () -> Void
    ) -> @Sendable () -> Void {
        let tokens = switches.map { $0.add(handler) }
        return { for (each, token) in zip(switches, tokens) { each.remove(token) } }
    }

    private func add(_ handler: @escaping @Sendable () -> Void) -> Int {
        let (token, isCancelled) = state.withLock { state in
            state.nextToken += 1
            if !state.isCancelled { state.handlers[state.nextToken] = handler }
            return (state.nextToken, state.isCancelled)
        }
        if isCancelled { handler() }
        return token
    }

    private func remove(_ token: Int) {
        state.withLock { $0.handlers[token] = nil }
    }
}
