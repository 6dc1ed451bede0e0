import CLinux
import Glibc
internal import SandboxProtocol
import Synchronization

/// Messages without descriptors that met a full socket and must arrive all the same: a kill that is lost would let a run
/// go on. Any thread adds; the reactor's thread tries again when ``timer`` says so.
final class Outbox: Sendable {
    private let waiting = Mutex<[Message]>([])
    /// Readable when it is time to try again.
    let timer: Int32

    private static let retryNanoseconds: Int64 = 5_000_000

    init() {
        timer = clw_timerfd()
    }

    deinit {
        if timer >= 0 { close(timer) }
    }

    func add(_ message: Message) {
        waiting.withLock { $0.append(message) }
        _ = clw_timer_at(timer, clw_monotonic_ns() + Self.retryNanoseconds)
    }

    /// Sends in order what can be sent now; `send` says whether it could.
    func flush(_ send: (Message) -> Bool) {
        var expirations: UInt64 = 0
        _ = unsafe read(timer, &expirations, 8)
        let rest = waiting.withLock { waiting in
            while let first = waiting.first, send(first) { waiting.removeFirst() }
            return !waiting.isEmpty
        }
        if rest { _ = clw_timer_at(timer, clw_monotonic_ns() + Self.retryNanoseconds) }
    }
}
