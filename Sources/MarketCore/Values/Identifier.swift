public import Foundation

/// A typed UUID: an `Identifier<Agent>` cannot be passed where an `Identifier<Skill>` is meant.
///
/// New identifiers are UUID version 7 (RFC 9562), so rows made one after another lie beside each other in an index.
public struct Identifier<Entity>: Hashable, Sendable, Codable, LosslessStringConvertible {
    public let uuid: UUID

    public init(_ uuid: UUID) {
        self.uuid = uuid
    }

    /// Parses the canonical text form, upper or lower case; nil for anything else.
    public init?(_ description: String) {
        guard description.utf8.count == 36, let uuid = UUID(uuidString: description) else { return nil }
        self.uuid = uuid
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Lower-case canonical text, as RFC 9562 writes it.
    public var description: String {
        // By hand, because every receipt and every answer writes several.
        withUnsafeBytes(of: uuid.uuid) { bytes in
            String(unsafeUninitializedCapacity: 36) { text in
                var position = 0
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 {
                        text[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    for digit in [byte >> 4, byte & 15] {
                        text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                        position += 1
                    }
                }
                return position
            }
        }
    }

    /// A new version 7 identifier: 48 bits of milliseconds, 74 random bits.
    public static func new(at time: Timestamp = .now) -> Self {
        var random = SystemRandomNumberGenerator()
        let high = random.next()
        let low = random.next()
        let milliseconds = UInt64(clamping: time.milliseconds)
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        return Self(
            UUID(
                uuid: (
                    byte(milliseconds, 40), byte(milliseconds, 32), byte(milliseconds, 24),
                    byte(milliseconds, 16), byte(milliseconds, 8), byte(milliseconds, 0),
                    0x70 | (byte(high, 0) & 0x0f), byte(high, 8), 0x80 | (byte(high, 16) & 0x3f), byte(high, 24),
                    byte(low, 0), byte(low, 8), byte(low, 16), byte(low, 24), byte(low, 32), byte(low, 40)
                )))
    }
}
