/// The formats that are checked.
enum SchemaFormat: String, CaseIterable, Sendable {
    /// RFC 3339 with a zone.
    case dateTime = "date-time"
    /// Year, month and day of RFC 3339.
    case date
    /// An address with one @, as mail programs accept; not the whole of RFC 5322.
    case email
    /// A URI with a scheme (RFC 3986).
    case uri
    case uuid

    func accepts(_ text: String) -> Bool {
        switch self {
        case .dateTime: Timestamp(text) != nil
        case .date: text.utf8.count == 10 && Timestamp(text + "T00:00:00Z") != nil
        case .email: Self.isEmail(text)
        case .uri: Self.isURI(text)
        case .uuid: Identifier<Self>(text) != nil
        }
    }

    private static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), text.utf8.count <= 254 else { return false }
        let isPlain = { (part: Substring) in
            !part.isEmpty
                && part.unicodeScalars.allSatisfy {
                    $0.value > 0x20 && $0.value != 0x7F && !"()<>,;:\\\"[]".unicodeScalars.contains($0)
                }
        }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        let local = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        return local.allSatisfy(isPlain)
            && labels.allSatisfy { isPlain($0) && !$0.hasPrefix("-") && !$0.hasSuffix("-") }
    }

    private static func isURI(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = text.utf8[..<colon]
        guard let first = scheme.first, isLetter(first),
            scheme.allSatisfy({ isLetter($0) || $0 &- UInt8(ascii: "0") < 10 || "+-.".utf8.contains($0) })
        else { return false }
        var rest = text.utf8[text.utf8.index(after: colon)...]
        guard !rest.isEmpty else { return false }
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst(), let low = rest.popFirst(), isHexadecimal(high), isHexadecimal(low)
                else { return false }
            } else if !isLetter(byte), !(byte &- UInt8(ascii: "0") < 10),
                !"-._~:/?#[]@!$&'()*+,;=".utf8.contains(byte)
            {
                return false
            }
        }
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
