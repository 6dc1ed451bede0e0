import Crypto

/// Why an API key is refused.
public enum APIKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not of the form that keys have.
    case malformed
    /// Mistyped or cut: the checksum in it does not fit. Found without a look at any stored key.
    case wrongChecksum
    case unknown
    case revoked
    /// Its owner gave it an end, which has come.
    case expired
    /// Its owner allows it from other addresses only.
    case addressNotAllowed

    public var description: String {
        switch self {
        case .malformed: "an API key starts with claw_live_ and has 46 characters"
        case .wrongChecksum: "the API key is mistyped or cut: its checksum does not fit"
        case .unknown: "the API key is not known"
        case .revoked: "the API key was revoked"
        case .expired: "the API key has expired"
        case .addressNotAllowed: "the API key may not be used from here"
        }
    }
}

/// An agent's secret: `claw_live_`, 30 random characters of 0-9, A-Z, a-z, and 6 more that hold the CRC-32 of all before.
///
/// The text is shown to its owner once; stored is only ``sha256``.
public struct APIKey: Hashable, Sendable {
    /// The whole key. Secret; see ``description`` for what may be logged.
    public let text: String

    public static let mark = "claw_live_"
    private static let randomCount = 30
    private static let checksumCount = 6
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// A new key, with 178 bits from the system's generator.
    public static func generate() -> APIKey {
        var random = SystemRandomNumberGenerator()
        let body = (0..<randomCount).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        let bytes = Array(mark.utf8) + body
        return APIKey(checked: String(decoding: bytes + checksum(of: bytes), as: UTF8.self))
    }

    /// Reads a key and checks its checksum.
    /// - Throws: ``APIKeyError/malformed`` or ``APIKeyError/wrongChecksum``.
    public init(_ text: String) throws(APIKeyError) {
        let bytes = Array(text.utf8.prefix(64))
        let count = Self.mark.utf8.count + Self.randomCount + Self.checksumCount
        guard bytes.count == count, bytes.starts(with: Self.mark.utf8),
            bytes[Self.mark.utf8.count...].allSatisfy(Self.alphabet.contains)
        else { throw .malformed }
        guard Self.checksum(of: bytes.dropLast(Self.checksumCount)).elementsEqual(bytes.suffix(Self.checksumCount))
        else { throw .wrongChecksum }
        self.text = text
    }

    private init(checked text: String) {
        self.text = text
    }

    /// What is stored of the key: 32 bytes.
    public var sha256: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    /// The mark and six characters: enough to tell an agent's keys apart, not enough to guess one.
    public var prefix: String { String(text.prefix(Self.mark.count + 6)) }

    /// CRC-32 (ISO-HDLC, as in gzip) in base 62, most significant digit first.
    private static func checksum(of bytes: some Sequence<UInt8>) -> [UInt8] {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        var rest = Int(~crc)
        var digits: [UInt8] = []
        for _ in 0..<checksumCount {
            digits.append(alphabet[rest % alphabet.count])
            rest /= alphabet.count
        }
        return digits.reversed()
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The ``prefix`` and an ellipsis, never the secret.
    public var description: String { prefix + "…" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
