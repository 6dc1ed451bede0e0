import ArgumentParser
import Dispatch
import Glibc
import Synchronization

/// Work that clears up after itself when the user interrupts it.
enum Interrupts {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Runs `work`. SIGINT, SIGTERM and SIGHUP cancel its task instead of ending the process; once it has cleared up
    /// and returned or thrown, the process exits as shells expect of an interrupted one: 128 + signal.
    static func cancel<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let received = Received()
        let task = Task(operation: work)
        let sources = signals.map { number in
            // Without this the default action ends the process before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                received.note(number)
                task.cancel()
            }
            source.resume()
            return source
        }
        let result = await task.result
        for (number, source) in zip(signals, sources) {
            source.cancel()
            signal(number, SIG_DFL)
        }
        if let number = received.number { throw ExitCode(128 + number) }
        return try result.get()
    }

    private final class Received: Sendable {
        private let first = Mutex<Int32?>(nil)

        var number: Int32? { first.withLock { $0 } }

        func note(_ number: Int32) {
            first.withLock { $0 = $0 ?? number }
        }
    }
}
