import GRDB
import Synchronization

/// An act that is to be appended in the transaction of the next write that the task asks for.
final class AuditNote: Sendable {
    @TaskLocal static var current: AuditNote?

    /// Appends it; the value is what the write gave.
    let append: @Sendable (Database, any Sendable) throws -> Void
    private let isTaken = Atomic<Bool>(false)

    init(_ append: @escaping @Sendable (Database, any Sendable) throws -> Void) {
        self.append = append
    }

    /// Itself for the first who asks.
    func take() -> AuditNote? { isTaken.exchange(true, ordering: .acquiringAndReleasing) ? nil : self }
}
