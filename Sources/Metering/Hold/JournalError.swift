/// An operation on the hold journal that the system refused.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Such as `open` or `write`.
    public let operation: String
    public let path: String
    /// The number that the system gave.
    public let code: Int32
    /// What the system calls it.
    public let reason: String

    public var description: String {
        "The hold journal \(path) could not be used: \(operation) failed (\(reason)). Check the disk and its permissions."
    }
}
