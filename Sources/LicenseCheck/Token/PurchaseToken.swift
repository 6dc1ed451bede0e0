public import MarketCore

/// Why a purchase token is refused by itself, without a look at the purchase.
public enum PurchaseTokenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a token of this kind; says why.
    case malformed(String)
    case badSignature
    /// Signed with a key that is not among those known.
    case unknownKey
    case expired(Timestamp)

    public var description: String {
        switch self {
        case .malformed(let detail): "the purchase token is malformed: \(detail)"
        case .badSignature: "the purchase token's signature is wrong"
        case .unknownKey: "the purchase token is signed with a key that is not known here"
        case .expired(let time): "the purchase token expired at \(time)"
        }
    }
}

/// The claim that an agent bought a skill, as a JWT (RFC 7519) with an Ed25519 signature, verifiable offline.
///
/// It says who may run what; how often is counted by the daemon.
public struct PurchaseToken: Hashable, Sendable {
    /// The claim `pid`, and `jti`.
    public let purchaseID: Purchase.ID
    /// The claim `sub`.
    public let buyerID: Agent.ID
    /// The claim `aud`.
    public let skillID: Skill.ID
    /// The claim `lic`.
    public let kind: License.Kind
    /// The claim `epoch`: tokens of an earlier epoch than the purchase's are revoked.
    public let epoch: Int64
    /// The claim `iat`, in whole seconds.
    public let issuedAt: Timestamp
    /// The claim `exp`, in whole seconds; nil for licences that do not expire.
    public let expiresAt: Timestamp?

    /// The token of a purchase, as of now.
    public init(_ purchase: Purchase, issuedAt: Timestamp = .now) {
        purchaseID = purchase.id
        buyerID = purchase.buyerID
        skillID = purchase.skillID
        kind = purchase.license.kind
        epoch = purchase.revocationEpoch
        self.issuedAt = Self.wholeSeconds(issuedAt)
        expiresAt = purchase.license.expiresAt.map(Self.wholeSeconds)
    }

    init(
        purchaseID: Purchase.ID, buyerID: Agent.ID, skillID: Skill.ID, kind: License.Kind, epoch: Int64,
        issuedAt: Timestamp, expiresAt: Timestamp?
    ) {
        self.purchaseID = purchaseID
        self.buyerID = buyerID
        self.skillID = skillID
        self.kind = kind
        self.epoch = epoch
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    /// - Throws: ``PurchaseTokenError/expired(_:)`` from the second of ``expiresAt`` on.
    public func checkExpiry(at now: Timestamp) throws(PurchaseTokenError) {
        if let expiresAt, expiresAt <= now { throw .expired(expiresAt) }
    }

    private static func wholeSeconds(_ time: Timestamp) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds / 1000 * 1000)
    }
}
