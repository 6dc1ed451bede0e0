/// A host and port that a program may connect to, as skills and profiles declare it.
public struct NetworkDestination: Hashable, Sendable, LosslessStringConvertible {
    /// A host name in lower case, never a wildcard, or an IPv4 address in its usual form.
    public let host: String
    /// 1 to 65,535.
    public let port: UInt16

    /// The most destinations of one run.
    public static let countMax = 16

    /// Parses `smtp.example.com:587`; nil for anything else.
    public init?(_ description: String) {
        guard let colon = description.lastIndex(of: ":"), description.utf8.count <= 259 else { return nil }
        let host = description[..<colon]
        let portText = description[description.index(after: colon)...]
        guard let port = UInt16(portText), port > 0, String(port) == portText, Self.isHost(host) else { return nil }
        self.host = String(host)
        self.port = port
    }

    public var description: String { "\(host):\(port)" }

    private static func isHost(_ text: Substring) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let plain = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte &- UInt8(ascii: "0") < 10
                        || byte == UInt8(ascii: "-")
                }
        }
        // Inside a sandbox that is the sandbox.
        guard plain, let last = labels.last, last != "localhost" else { return false }
        // What ends in a number is an address for every resolver, in forms that differ: only the usual one is taken.
        guard last.utf8.first.map({ $0 &- UInt8(ascii: "0") < 10 }) == true else { return true }
        return isAddress(labels)
    }

    /// Four numbers without leading zeros; not the addresses that stand for many, for none, or for names in a sandbox.
    private static func isAddress(_ labels: [Substring]) -> Bool {
        let bytes = labels.compactMap { label in UInt8(label).flatMap { String($0) == label ? $0 : nil } }
        guard labels.count == 4, bytes.count == 4 else { return false }
        return (1..<224).contains(bytes[0]) && !(bytes[0] == 127 && bytes[1] == 77)
    }
}

extension FieldReader {
    /// A list of destinations, none twice; empty when the field is absent or null.
    public func destinations(_ key: String) throws(FieldError) -> [NetworkDestination] {
        var destinations: [NetworkDestination] = []
        for (index, text) in try strings(key, maxCount: NetworkDestination.countMax, maxBytes: 259).enumerated() {
            let field = "\(key)[\(index)]"
            guard !text.contains("*") else { throw error(field, "wildcards are not accepted; name each host") }
            guard let destination = NetworkDestination(text) else {
                throw error(
                    field,
                    "must be a host name in lower case, or an IPv4 address, and a port, such as "
                        + "\"smtp.example.com:587\", not \(quoted(text))")
            }
            guard !destinations.contains(destination) else { throw error(field, "this destination appears twice") }
            destinations.append(destination)
        }
        return destinations
    }
}
