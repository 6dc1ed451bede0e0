import Fields

/// One thing that a skill can be asked to do.
public struct Endpoint: Hashable, Sendable {
    public enum Method: String, Hashable, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// Such as `/send`; unique within the skill.
    public let path: String
    /// How the skill's author thinks of it; a call is an execute request in any case.
    public let method: Method
    public let description: String?
    /// Whether the same call twice does no more than once, so that the node may run a failed one again, and a client retry it.
    public let idempotent: Bool
    /// What a payload must satisfy; nil accepts every one.
    public let input: JSONSchema?
    /// What a result satisfies, as the author declares.
    public let output: JSONSchema?

    init(_ reader: FieldReader) throws(FieldError) {
        path = try reader.string("path", minBytes: 1, maxBytes: 128)
        guard Self.isValid(path: path) else {
            throw reader.error(
                "path", "must be a path such as \"/send\" of letters, digits, -, _, . and ~, not \(quoted(path))")
        }
        method = try reader.optionalEnumeration("method") ?? .post
        description = try reader.optionalString("description", maxBytes: 1024)
        idempotent = try reader.optionalBool("idempotent") ?? false
        let params = try reader.schema("params", shorthand: true)
        let schema = try reader.schema("input", shorthand: false)
        guard params == nil || schema == nil else {
            throw reader.error("params", "stands for input; only one of them may be given")
        }
        input = schema ?? params
        output = try reader.schema("output", shorthand: false)
    }

    private static func isValid(path: String) -> Bool {
        guard path.hasPrefix("/") else { return false }
        if path == "/" { return true }
        return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".."
                && part.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte &- UInt8(ascii: "0") < 10
                        || "-_.~".utf8.contains(byte)
                }
        }
    }
}

extension FieldReader {
    /// A JSON Schema, or its shorthand; nil when the field is absent or null.
    func schema(_ key: String, shorthand: Bool) throws(FieldError) -> JSONSchema? {
        guard let value = optionalValue(key) else { return nil }
        do throws(SchemaError) {
            return shorthand ? try JSONSchema(shorthand: value) : try JSONSchema(value)
        } catch {
            throw self.error(key, error.description, suggestion: error.suggestion)
        }
    }
}
