/// What a buyer may do with a skill.
public struct License: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case personal, commercial, enterprise
    }

    public let kind: Kind
    /// Absent for licences that do not expire.
    public let expiresAt: Timestamp?
    /// The most runs that may be billed under it; absent means no cap.
    public let usageLimit: Int64?
    /// Runs billed so far.
    public var currentUsage: Int64

    public init(kind: Kind, expiresAt: Timestamp? = nil, usageLimit: Int64? = nil, currentUsage: Int64 = 0) {
        self.kind = kind
        self.expiresAt = expiresAt
        self.usageLimit = usageLimit
        self.currentUsage = currentUsage
    }
}

/// One agent's bought right to run another agent's skill.
public struct Purchase: Hashable, Sendable {
    public typealias ID = Identifier<Purchase>

    public enum Status: String, Hashable, Sendable, CaseIterable {
        case pending, completed, refunded
    }

    public let id: ID
    public let buyerID: Agent.ID
    public let sellerID: Agent.ID
    public let skillID: Skill.ID
    /// What was paid at purchase.
    public let amount: Money
    /// What one billed run costs: the skill's price when the licence was bought, whatever it is now.
    public let runPrice: Money
    public let transactionHash: String?
    public var license: License
    public var status: Status
    /// Raised when tokens issued before must no longer be accepted.
    public var revocationEpoch: Int64
    /// Set when the operator revoked the purchase, with the reason.
    public var revokedReason: String?
    public let createdAt: Timestamp

    public init(
        id: ID, buyerID: Agent.ID, sellerID: Agent.ID, skillID: Skill.ID, amount: Money, runPrice: Money,
        transactionHash: String? = nil, license: License, status: Status, revocationEpoch: Int64 = 0,
        revokedReason: String? = nil, createdAt: Timestamp
    ) {
        self.id = id
        self.buyerID = buyerID
        self.sellerID = sellerID
        self.skillID = skillID
        self.amount = amount
        self.runPrice = runPrice
        self.transactionHash = transactionHash
        self.license = license
        self.status = status
        self.revocationEpoch = revocationEpoch
        self.revokedReason = revokedReason
        self.createdAt = createdAt
    }
}
