/// Why a JSON Schema is not one that is supported.
public struct SchemaError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A JSON Pointer to the part of the schema.
    public let path: String
    public let message: String
    /// The keyword that was probably meant.
    public let suggestion: String?

    public init(path: String, message: String, suggestion: String? = nil) {
        self.path = path
        self.message = message
        self.suggestion = suggestion
    }

    public var description: String {
        path.isEmpty ? message : "at \(path): \(message)"
    }
}
