import Fields

/// Why the signature of a request is refused.
public enum SignatureError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The API key asks for a signature, and none came.
    case missing
    /// A signature came with an API key that has no public key to check it with.
    case unexpected
    case malformed(String)
    /// It leaves out what it must cover.
    case uncovered(String)
    /// It covers what is not in the request.
    case absent(String)
    /// It names another API key.
    case otherKey
    case wrong
    /// It was made too long ago, or is not valid yet or any more.
    case outsideWindow
    /// It may have been used before the daemon's memory begins; another one will do.
    case beforeMemory
    /// Its nonce was used.
    case replayed
    /// The body is not what the signed digest says.
    case wrongDigest

    public var description: String {
        switch self {
        case .missing: "this API key only works with a signature of its private key (RFC 9421)"
        case .unexpected: "this API key has no public key that the signature could be checked with"
        case .malformed(let reason): reason
        case .uncovered(let name): "it must cover \(quoted(name))"
        case .absent(let name): "it covers \(quoted(name)), which the request has not"
        case .otherKey: "keyid must be the identifier of the API key that comes with it"
        case .wrong: "it is not a signature of this request by the key that belongs to the API key"
        case .outsideWindow:
            "it was not made within the last \(SignatureGate.windowSeconds / 60) minutes by this host's clock"
        case .beforeMemory: "it was made before what the daemon remembers of nonces; sign the request again"
        case .replayed: "its nonce was used before; sign the request again with another one"
        case .wrongDigest: "the body is not the one whose Content-Digest was signed"
        }
    }
}
