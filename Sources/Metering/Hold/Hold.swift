public import MarketCore

/// An amount and a use reserved before a run, with all that a record of the run needs should the daemon die.
public struct Hold: Hashable, Sendable {
    /// The identifier that the usage record will have.
    public let id: SkillUsage.ID
    /// The licence whose use is taken; nil when the owner runs an own skill.
    public let purchaseID: Purchase.ID?
    public let skillID: Skill.ID
    public let buyerID: Agent.ID
    public let sellerID: Agent.ID
    public let endpoint: String
    /// The most that the run may cost.
    public let amount: Money
    public let requestSize: Int64
    public let requestHash: BodyHash
    public let idempotency: IdempotentRequest?
    public let createdAt: Timestamp

    public init(
        id: SkillUsage.ID, purchaseID: Purchase.ID?, skillID: Skill.ID, buyerID: Agent.ID, sellerID: Agent.ID,
        endpoint: String, amount: Money, requestSize: Int64, requestHash: BodyHash,
        idempotency: IdempotentRequest? = nil, createdAt: Timestamp
    ) {
        self.id = id
        self.purchaseID = purchaseID
        self.skillID = skillID
        self.buyerID = buyerID
        self.sellerID = sellerID
        self.endpoint = endpoint
        self.amount = amount
        self.requestSize = requestSize
        self.requestHash = requestHash
        self.idempotency = idempotency
        self.createdAt = createdAt
    }

    /// What it reserves.
    public var claim: HoldClaim {
        HoldClaim(id: id.uuid, agentID: buyerID, amount: amount, purchaseID: purchaseID)
    }
}
