import ExecutionNode
import MarketCore
import Metering
import Synchronization

/// One client's connection, as the code that answers it sees it.
final class Connection: Sendable {
    /// The connection whose request the current task answers; nil outside of a server.
    @TaskLocal static var current: Connection?

    /// Where its requests are read and answered.
    let executor: (any TaskExecutor)?
    /// Whose rate its requests count against; nil for the Unix socket, whose clients are this host's own.
    let address: ClientAddress?
    /// What lists of addresses of API keys are held against.
    let origin: CallOrigin
    /// Cancels what is done for this client, once it went away.
    let gone = CancelSwitch()
    private let headTime = Atomic<Int64>(0)

    init(executor: (any TaskExecutor)? = nil, address: ClientAddress? = nil, origin: CallOrigin = .unknown) {
        self.origin = origin
        self.executor = executor
        self.address = address
    }

    /// When the head of the request came that is being answered; see `PhaseClock`.
    var headAt: Int64 { headTime.load(ordering: .relaxed) }

    /// The head of a request came. Called on the event loop.
    func markHead() { headTime.store(PhaseClock.now, ordering: .relaxed) }

    /// Whether nobody is there any more to take an answer.
    var isGone: Bool { gone.isCancelled }

    /// The client went away. Called on the event loop.
    func markGone() { gone.cancel() }
}
