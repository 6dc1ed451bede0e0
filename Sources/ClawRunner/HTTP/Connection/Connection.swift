/// One client's connection, as the code that answers it sees it.
final class Connection: Sendable {
    /// The connection whose request the current task answers; nil outside of a server.
    @TaskLocal static var current: Connection?

    /// Where its requests are read and answered.
    let executor: (any TaskExecutor)?
    /// Cancels what is done for this client, once it went away.
    let gone = CancelSwitch()

    init(executor: (any TaskExecutor)? = nil) {
        self.executor = executor
    }

    /// Whether nobody is there any more to take an answer.
    var isGone: Bool { gone.isCancelled }

    /// The client went away. Called on the event loop.
    func markGone() { gone.cancel() }
}
