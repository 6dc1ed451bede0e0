import Fields

/// The signed record of one use: a JWS in compact form (RFC 7515) with an Ed25519 signature (RFC 8037).
public struct Receipt: Hashable, Sendable {
    /// The largest text that is read.
    public static let bytesMax = 16_384

    /// `header.payload.signature`, each base 64 with the URL alphabet.
    public let compact: String
    /// The key that it says it is signed with.
    public let keyID: String
    public let claims: ReceiptClaims

    let signedBytes: [UInt8]
    let signature: [UInt8]

    /// Reads a receipt without checking its signature; ``ReceiptVerifier`` does.
    public init(parsing compact: String) throws(ReceiptError) {
        guard compact.utf8.count <= Self.bytesMax else { throw .malformed("it is longer than \(Self.bytesMax) bytes") }
        let parts = compact.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("it does not have three parts") }
        let header = try Self.json(parts[0], "header")
        guard header["alg"]?.string == "EdDSA" else { throw .malformed("its algorithm is not EdDSA") }
        guard header["typ"]?.string == Self.type else { throw .malformed("its type is not \(Self.type)") }
        guard let keyID = header["kid"]?.string else { throw .malformed("its header names no key") }
        guard let signature = Base64URL.decode(parts[2]), signature.count == 64 else {
            throw .malformed("its signature is not 64 bytes")
        }
        guard let claims = ReceiptClaims(json: try Self.json(parts[1], "payload")) else {
            throw .malformed("a claim is missing or malformed")
        }
        self.compact = compact
        self.keyID = keyID
        self.claims = claims
        self.signature = signature
        signedBytes = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
    }

    /// What the next receipt of the chain names as its ``ReceiptClaims/previous``.
    public var hash: BodyHash { BodyHash(of: compact.utf8) }

    static let type = "claw-receipt+jws"

    private static func json(_ part: Substring, _ name: String) throws(ReceiptError) -> JSONValue {
        guard let bytes = Base64URL.decode(part) else { throw .malformed("its \(name) is not base64url") }
        guard let value = try? JSONValue(parsing: bytes) else { throw .malformed("its \(name) is not JSON") }
        return value
    }
}

/// Why a receipt is not valid.
public enum ReceiptError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a receipt; the text says why.
    case malformed(String)
    /// Signed with a key that is not among those given.
    case unknownKey(String)
    /// Changed after it was signed.
    case badSignature

    public var description: String {
        switch self {
        case .malformed(let reason): "This is not a receipt: \(reason)."
        case .unknownKey(let id): "The receipt is signed with the key \(id), which is not among the public keys given."
        case .badSignature: "The signature does not fit: the receipt was changed after it was signed."
        }
    }
}
