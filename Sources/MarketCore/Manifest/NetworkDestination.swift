import Fields

/// A host and port that a skill may connect to.
public struct NetworkDestination: Hashable, Sendable, LosslessStringConvertible {
    /// A host name in lower case; never a wildcard.
    public let host: String
    /// 1 to 65,535.
    public let port: Int

    /// Parses `smtp.example.com:587`; nil for anything else.
    public init?(_ description: String) {
        guard let colon = description.lastIndex(of: ":"), description.utf8.count <= 259 else { return nil }
        let host = description[..<colon]
        let portText = description[description.index(after: colon)...]
        guard portText.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let port = Int(portText),
            (1...65_535).contains(port), String(port) == portText, Self.isHostName(host)
        else { return nil }
        self.host = String(host)
        self.port = port
    }

    public var description: String { "\(host):\(port)" }

    private static func isHostName(_ text: Substring) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte &- UInt8(ascii: "0") < 10
                        || byte == UInt8(ascii: "-")
                }
        }
    }

    static func list(_ reader: FieldReader?, _ key: String) throws(FieldError) -> [NetworkDestination] {
        guard let reader else { return [] }
        var destinations: [NetworkDestination] = []
        for (index, text) in try reader.strings(key, maxCount: 64, maxBytes: 259).enumerated() {
            let field = "\(key)[\(index)]"
            guard !text.contains("*") else {
                throw reader.error(field, "wildcards are not accepted; name each host")
            }
            guard let destination = NetworkDestination(text) else {
                throw reader.error(
                    field,
                    "must be a host name in lower case and a port, such as \"smtp.example.com:587\", not "
                        + quoted(text))
            }
            guard !destinations.contains(destination) else {
                throw reader.error(field, "this destination appears twice")
            }
            destinations.append(destination)
        }
        return destinations
    }
}
