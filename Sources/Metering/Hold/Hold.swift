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
    /// The most that the run may cost; zero once it turned out to be one of the licence's free runs.
    public internal(set) var amount: Money
    /// The most runs that the buyer may have going on at once by this licence; nil for any number.
    public let concurrentMax: Int64?
    /// It takes one of the licence's free runs; known once the hold is placed.
    public internal(set) var isTrial = false
    public private(set) var requestSize: Int64
    public private(set) var requestHash: BodyHash
    public let idempotency: IdempotentRequest?
    public let createdAt: Timestamp
    /// The run is a workflow: after a crash the same request goes on with it, so that its key gets no answer then.
    public let isWorkflow: Bool
    /// The step of a workflow that it is.
    public let step: WorkflowStepRecord?

    public init(
        id: SkillUsage.ID, purchaseID: Purchase.ID?, skillID: Skill.ID, buyerID: Agent.ID, sellerID: Agent.ID,
        endpoint: String, amount: Money, concurrentMax: Int64? = nil, requestSize: Int64, requestHash: BodyHash,
        idempotency: IdempotentRequest? = nil, createdAt: Timestamp, isWorkflow: Bool = false,
        step: WorkflowStepRecord? = nil
    ) {
        self.id = id
        self.purchaseID = purchaseID
        self.skillID = skillID
        self.buyerID = buyerID
        self.sellerID = sellerID
        self.endpoint = endpoint
        self.amount = amount
        self.concurrentMax = concurrentMax
        self.requestSize = requestSize
        self.requestHash = requestHash
        self.idempotency = idempotency
        self.createdAt = createdAt
        self.isWorkflow = isWorkflow
        self.step = step
    }

    /// The same for a request that was not known when the hold was placed.
    public func asking(size: Int64, hash: BodyHash) -> Hold {
        var hold = self
        (hold.requestSize, hold.requestHash) = (size, hash)
        return hold
    }

    /// What it reserves.
    public var claim: HoldClaim {
        HoldClaim(
            id: id.uuid, agentID: buyerID, amount: amount, purchaseID: purchaseID,
            concurrency: purchaseID.map { _ in .init(buyerID: buyerID, skillID: skillID, max: concurrentMax) },
            time: createdAt)
    }
}
