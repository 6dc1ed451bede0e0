/// Signs receipts. The daemon's signing key implements it.
public protocol ReceiptSigner: Sendable {
    /// The `kid` under which the public key is published in the JWKS.
    var keyID: String { get }

    /// The Ed25519 signature (64 bytes) over `bytes`.
    func signature(over bytes: [UInt8]) throws -> [UInt8]

    /// The one key that signs now: what is signed names the key, so both must be of one.
    var now: any ReceiptSigner { get }
}

extension ReceiptSigner {
    public var now: any ReceiptSigner { self }
}
