import Synchronization

/// One client's connection, as the code that answers it sees it.
final class Connection: Sendable {
    /// The connection whose request the current task answers; nil outside of a server.
    @TaskLocal static var current: Connection?

    private struct State {
        var isGone = false
        var nextToken = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Whether nobody is there any more to take an answer.
    var isGone: Bool { state.withLock { $0.isGone } }

    /// The client went away. Called on the event loop; every handler is called once.
    func markGone() {
        let handlers = state.withLock { state in
            state.isGone = true
            defer { state.handlers = [:] }
            return state.handlers.values.map { $0 }
        }
        for handler in handlers { handler() }
    }

    /// Runs `operation` in a task that is cancelled when the client goes away. It is waited for in any case.
    func cancellingWhenGone<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await operation() }
        let token = add { task.cancel() }
        defer { remove(token) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func add(_ handler: @escaping @Sendable () -> Void) -> Int {
        let (token, isGone) = state.withLock { state in
            state.nextToken += 1
            if !state.isGone { state.handlers[state.nextToken] = handler }
            return (state.nextToken, state.isGone)
        }
        if isGone { handler() }
        return token
    }

    private func remove(_ token: Int) {
        state.withLock { $0.handlers[token] = nil }
    }
}
