import Crypto
import Foundation
public import MarketCore
import Synchronization

/// Answers "did the owner of this API key make this request, now and once?" for a running daemon.
public final class SignatureGate: Sendable {
    /// How old a signature may be.
    public static let windowSeconds: Int64 = 300
    /// How far a client's clock may be ahead.
    public static let skewSeconds: Int64 = 5

    private let nonces: Mutex<NonceTable>

    /// - Parameter start: what may have been used before then is refused, so that a restart lets nothing through twice: for the
    ///   first seconds these are all signatures.
    public init(start: Timestamp = .now) {
        nonces = Mutex(NonceTable(horizon: start.milliseconds / 1000 + Self.skewSeconds))
    }

    /// Lets a request of an API key pass, once.
    /// - Returns: whether it is signed; a key without a public key needs no signature.
    @discardableResult
    public func check(_ message: SignedMessage, by key: StoredKey, at now: Timestamp = .now) throws(SignatureError)
        -> Bool
    {
        let signature = try RequestSignature(of: message)
        guard let publicKey = key.signingKey else {
            guard signature == nil else { throw .unexpected }
            return false
        }
        guard let signature else { throw .missing }
        guard signature.keyID == key.id.description else { throw .otherKey }
        if let missing = message.required.first(where: { !signature.components.contains($0) }) {
            throw .uncovered(missing)
        }
        let seconds = now.milliseconds / 1000
        let oldest = seconds - Self.windowSeconds
        guard (oldest...(seconds + Self.skewSeconds)).contains(signature.created), signature.expires ?? .max > seconds
        else { throw .outsideWindow }
        guard let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey),
            try signature.isValid(for: message, by: publicKey)
        else { throw .wrong }
        // Of a former process with a clock ahead of this one all that is left is when the key was used last.
        if let lastUsedAt = key.lastUsedAt, signature.created <= lastUsedAt.milliseconds / 1000 + Self.skewSeconds {
            throw .beforeMemory
        }
        // Last, or anybody could use up the nonces of others.
        let nonce = SHA256.hash(data: Data(signature.nonce.utf8)).prefix(16).reduce(UInt128(0)) {
            $0 << 8 | UInt128($1)
        }
        switch nonces.withLock({ $0.use(nonce, of: key.id, created: signature.created, oldest: oldest) }) {
        case .new: return true
        case .used: throw .replayed
        case .beforeHorizon: throw .beforeMemory
        }
    }
}
