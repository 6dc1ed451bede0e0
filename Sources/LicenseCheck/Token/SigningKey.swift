public import Crypto
public import Fields
import Foundation

/// An Ed25519 key that signs purchase tokens and receipts.
public struct SigningKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    public let publicKey: VerifyingKey

    /// A new key.
    public init() {
        self.init(Curve25519.Signing.PrivateKey())
    }

    init(_ key: Curve25519.Signing.PrivateKey) {
        self.key = key
        publicKey = VerifyingKey(key.publicKey)
    }

    /// The name under which the public key is published: its thumbprint by RFC 7638.
    public var keyID: String { publicKey.keyID }

    /// The Ed25519 signature (64 bytes) over `bytes`.
    public func signature(over bytes: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: bytes))
    }

    // MARK: PEM

    /// What comes before the 32 bytes of the key in PKCS #8 (RFC 8410): version 0, the algorithm Ed25519, two strings.
    private static let header: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    private static let begin = "-----BEGIN PRIVATE KEY-----"
    private static let end = "-----END PRIVATE KEY-----"

    /// PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes it. Secret.
    var pem: String {
        let der = Data(Self.header) + key.rawRepresentation
        return "\(Self.begin)\n\(der.base64EncodedString())\n\(Self.end)\n"
    }

    /// Reads ``pem``; nil for anything else, keys of other kinds included.
    init?(pem: String) {
        let lines = pem.split(whereSeparator: \.isNewline)
        guard lines.count >= 3, lines[0] == Self.begin, lines[lines.count - 1] == Self.end,
            let der = Data(base64Encoded: lines.dropFirst().dropLast().joined()),
            der.count == Self.header.count + 32, der.starts(with: Self.header),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der.suffix(32))
        else { return nil }
        self.init(key)
    }
}

/// The public half of a ``SigningKey``.
public struct VerifyingKey: Sendable {
    private let key: Curve25519.Signing.PublicKey
    /// Its thumbprint by RFC 7638.
    public let keyID: String

    public init(_ key: Curve25519.Signing.PublicKey) {
        self.key = key
        // The members that RFC 8037 requires, in the order of their names, without blanks.
        let x = Base64URL.encode(Array(key.rawRepresentation))
        keyID = Base64URL.encode(Array(SHA256.hash(data: Data(#"{"crv":"Ed25519","kty":"OKP","x":"\#(x)"}"#.utf8))))
    }

    /// Reads a key from a JWKS; nil when it is not an Ed25519 key.
    public init?(jwk: JSONValue) {
        guard jwk["kty"]?.string == "OKP", jwk["crv"]?.string == "Ed25519",
            let bytes = jwk["x"]?.string.flatMap({ Base64URL.decode($0) }),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        else { return nil }
        self.init(key)
    }

    /// 32 bytes.
    public var rawRepresentation: [UInt8] { Array(key.rawRepresentation) }

    /// As one element of a JWKS (RFC 7517, RFC 8037).
    public var jwk: JSONValue {
        [
            "kty": "OKP", "crv": "Ed25519", "x": .string(Base64URL.encode(Array(key.rawRepresentation))), "use": "sig",
            "alg": "EdDSA", "kid": .string(keyID),
        ]
    }

    public func isValid(signature: [UInt8], over bytes: [UInt8]) -> Bool {
        key.isValidSignature(signature, for: bytes)
    }
}
