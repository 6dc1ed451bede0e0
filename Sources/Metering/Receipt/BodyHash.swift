import Crypto
import Fields

/// The SHA-256 of a request, a response or a receipt: 32 bytes.
public struct BodyHash: Hashable, Sendable {
    public let bytes: [UInt8]

    /// The hash of `body`.
    public init(of body: some Sequence<UInt8>) {
        bytes = Array(SHA256.hash(data: Array(body)))
    }

    /// A hash that was stored; nil unless it is 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// The hash that ``base64URL`` wrote; nil for anything else.
    public init?(base64URL text: String) {
        guard let bytes = Base64URL.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// 43 characters without padding (RFC 4648 §5).
    public var base64URL: String { Base64URL.encode(bytes) }
}
