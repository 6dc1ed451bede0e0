/// One place where a value does not satisfy a schema.
public struct SchemaViolation: Hashable, Sendable {
    /// A JSON Pointer (RFC 6901) into the value, such as `/rows/3/name`; empty for the value itself.
    public let path: String
    /// What is wrong there, as a sentence without its subject.
    public let message: String

    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }
}
