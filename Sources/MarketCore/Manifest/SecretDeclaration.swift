import Fields

/// A value that a skill needs and that its package does not carry; the seller sets it.
public struct SecretDeclaration: Hashable, Sendable {
    /// The name of the environment variable: A-Z, 0-9 and _.
    public let name: String
    public let description: String?

    static func list(_ reader: FieldReader, _ key: String) throws(FieldError) -> [SecretDeclaration] {
        var secrets: [SecretDeclaration] = []
        for item in try reader.readers(key, maxCount: 32) {
            let name = try item.string("name", minBytes: 1, maxBytes: 64)
            guard isValid(name) else {
                throw item.error("name", "must be of A-Z, 0-9 and _, such as \"SMTP_PASSWORD\", not \(quoted(name))")
            }
            // These would change how every program in the sandbox starts.
            guard !["PATH", "HOME"].contains(name), !name.hasPrefix("LD_") else {
                throw item.error("name", "\(name) belongs to the sandbox; choose another name")
            }
            guard !secrets.contains(where: { $0.name == name }) else {
                throw item.error("name", "this secret is declared twice")
            }
            let description = try item.optionalString("description", maxBytes: 1024)
            secrets.append(SecretDeclaration(name: name, description: description))
        }
        return secrets
    }

    private static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(first &- UInt8(ascii: "0") < 10) else { return false }
        return name.utf8.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte &- UInt8(ascii: "0") < 10
                || byte == UInt8(ascii: "_")
        }
    }
}
