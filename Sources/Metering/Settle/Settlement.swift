public import MarketCore

/// Everything that one ended run leaves behind, stored in one durable transaction.
public struct Settlement: Sendable {
    /// The record of the run; its identifier is the hold's, and settling it twice stores it once.
    public let usage: SkillUsage
    public let sellerID: Agent.ID
    /// The entries that pay ``SkillUsage/cost``; empty when it is zero.
    public let transfers: [Transfer]
    /// Whether the run takes one use of the licence.
    public let countsUse: Bool
    /// Whether that was one of the licence's free runs.
    public let isTrial: Bool
    public let requestHash: BodyHash
    public let responseHash: BodyHash
    /// What was enforced, as JSON; opaque here.
    public let report: [UInt8]
    /// The keyed request to store the answer for.
    public let idempotency: IdempotentRequest?
    /// What bounds the answers that are stored; nil stores this one whatever its size.
    public let outcomeLimit: OutcomeLimit?
    /// From when on the answer is kept.
    public let answeredAt: Timestamp
    /// The workflow that the run is a part of, or was.
    public let workflow: WorkflowRecord?
    /// Makes the answer once the receipt is known. It runs inside the transaction: it only puts bytes together.
    public let response: @Sendable (_ receipt: String) -> StoredOutcome

    /// Books what `usage` costs from its buyer to `sellerID` and the platform; throws when that is no valid payment,
    /// such as a cost below zero or a buyer who is the seller. Without `answeredAt` the answer is as old as the usage.
    public init(
        usage: SkillUsage, sellerID: Agent.ID, countsUse: Bool, isTrial: Bool = false, requestHash: BodyHash,
        responseHash: BodyHash, report: [UInt8], idempotency: IdempotentRequest? = nil,
        outcomeLimit: OutcomeLimit? = nil,
        answeredAt: Timestamp? = nil, workflow: WorkflowRecord? = nil,
        response: @escaping @Sendable (_ receipt: String) -> StoredOutcome
    ) throws(LedgerError) {
        self.usage = usage
        self.sellerID = sellerID
        transfers = try LedgerRules.usage(usage, seller: sellerID)
        self.countsUse = countsUse
        self.isTrial = isTrial
        self.requestHash = requestHash
        self.responseHash = responseHash
        self.report = report
        self.idempotency = idempotency
        self.outcomeLimit = outcomeLimit
        self.answeredAt = answeredAt ?? usage.timestamp
        self.workflow = workflow
        self.response = response
    }
}

/// How much the stored answers of one agent may take, and what is stored for an answer that exceeds it.
public struct OutcomeLimit: Sendable {
    public let agentBytesMax: Int64
    /// Says that the run took place, with its usage and receipt, and that the answer itself was not kept. Small; made
    /// inside the transaction.
    public let substitute: @Sendable (_ receipt: String) -> StoredOutcome

    public init(agentBytesMax: Int64, substitute: @escaping @Sendable (_ receipt: String) -> StoredOutcome) {
        self.agentBytesMax = agentBytesMax
        self.substitute = substitute
    }
}

/// A run that is booked.
public struct SettledRun: Hashable, Sendable {
    public let usage: SkillUsage
    /// The signed record: a compact JWS.
    public let receipt: String
    /// What to answer now, and again for the same idempotency key.
    public let outcome: StoredOutcome
    /// Whether it took one use of the licence.
    public let countsUse: Bool
    /// True when this run was booked before and nothing was stored now.
    public let alreadySettled: Bool

    public init(
        usage: SkillUsage, receipt: String, outcome: StoredOutcome, countsUse: Bool, alreadySettled: Bool
    ) {
        self.usage = usage
        self.receipt = receipt
        self.outcome = outcome
        self.countsUse = countsUse
        self.alreadySettled = alreadySettled
    }
}
