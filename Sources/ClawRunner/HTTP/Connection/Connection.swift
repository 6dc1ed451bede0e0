/// One client's connection, as the code that answers it sees it.
final class Connection: Sendable {
    /// The connection whose request the current task answers; nil outside of a server.
    @TaskLocal static var current: Connection?

    private let gone = CancelSwitch()

    /// Whether nobody is there any more to take an answer.
    var isGone: Bool { gone.isCancelled }

    /// The client went away. Called on the event loop.
    func markGone() { gone.cancel() }

    /// Runs `operation` in a task that is cancelled when the client goes away. It is waited for in any case.
    func cancellingWhenGone<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await gone.run(operation)
    }
}
