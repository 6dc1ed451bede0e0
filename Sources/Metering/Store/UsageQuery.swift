public import MarketCore

/// Which usage records to list, newest first.
public struct UsageQuery: Hashable, Sendable {
    /// Whose calls; nil lists everybody's, which only the operator may see.
    public var agentID: Agent.ID?
    public var skillID: Skill.ID?
    public var purchaseID: Purchase.ID?
    public var endpoint: String?
    public var verdict: String?
    /// The first moment that is included.
    public var from: Timestamp?
    /// The first moment that is no longer included.
    public var to: Timestamp?
    public var page: PageRequest

    public init(
        agentID: Agent.ID?, skillID: Skill.ID? = nil, purchaseID: Purchase.ID? = nil,
        endpoint: String? = nil, verdict: String? = nil,
        from: Timestamp? = nil, to: Timestamp? = nil, page: PageRequest = PageRequest()
    ) {
        self.agentID = agentID
        self.skillID = skillID
        self.purchaseID = purchaseID
        self.endpoint = endpoint
        self.verdict = verdict
        self.from = from
        self.to = to
        self.page = page
    }
}

/// One run as it is stored.
public struct StoredExecution: Hashable, Sendable {
    public let usage: SkillUsage
    public let sellerID: Agent.ID
    /// What was enforced, as JSON.
    public let report: [UInt8]
    public let receipt: String

    public init(usage: SkillUsage, sellerID: Agent.ID, report: [UInt8], receipt: String) {
        self.usage = usage
        self.sellerID = sellerID
        self.report = report
        self.receipt = receipt
    }
}

/// Counts over the whole store.
public struct MeteringTotals: Hashable, Sendable {
    public let agents: Int64
    public let skills: Int64
    public let purchases: Int64
    public let usages: Int64

    public init(agents: Int64, skills: Int64, purchases: Int64, usages: Int64) {
        self.agents = agents
        self.skills = skills
        self.purchases = purchases
        self.usages = usages
    }
}
