/// The value of an `Idempotency-Key` header: 1 to 255 visible ASCII characters, sent bare or quoted.
public struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    public static let bytesMax = 255

    public let value: String

    /// Parses a header value. `"abc"` (a structured-field string) and `abc` are the same key.
    public init(header: String) throws(IdempotencyKeyError) {
        var bytes = Array(header.utf8)
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        bytes = Array(bytes.drop(while: isBlank))
        if bytes.first == UInt8(ascii: "\"") {
            bytes = try Self.unquoted(bytes)
        }
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Self.bytesMax else { throw .tooLong(bytes.count) }
        guard bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .invalidCharacter }
        value = String(decoding: bytes, as: UTF8.self)
    }

    /// A key that was stored; nil unless it is one.
    package init?(stored value: String) {
        guard (1...Self.bytesMax).contains(value.utf8.count), value.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        self.value = value
    }

    public var description: String { value }

    /// RFC 8941 §3.3.3: a backslash may escape only a quote or a backslash.
    private static func unquoted(_ bytes: [UInt8]) throws(IdempotencyKeyError) -> [UInt8] {
        var output: [UInt8] = []
        var index = 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                guard index == bytes.count - 1 else { throw .invalidCharacter }
                return output
            case UInt8(ascii: "\\"):
                index += 1
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "\\")
                else { throw .invalidCharacter }
                output.append(bytes[index])
            default:
                output.append(bytes[index])
            }
            index += 1
        }
        throw .unterminated
    }
}

/// Why an `Idempotency-Key` header was refused.
public enum IdempotencyKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case tooLong(Int)
    case invalidCharacter
    case unterminated

    public var description: String {
        switch self {
        case .empty: "Idempotency-Key is empty; send 1 to \(IdempotencyKey.bytesMax) visible ASCII characters."
        case .tooLong(let bytes): "Idempotency-Key has \(bytes) bytes; at most \(IdempotencyKey.bytesMax) are allowed."
        case .invalidCharacter: "Idempotency-Key has a character that is not visible ASCII; send letters and digits."
        case .unterminated: "Idempotency-Key starts with a quote that never ends; close it or leave both away."
        }
    }
}
