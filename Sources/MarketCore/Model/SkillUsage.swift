/// The record of one run, also of a failed one. Its identifier is the identifier of the hold that preceded it.
public struct SkillUsage: Hashable, Sendable {
    public typealias ID = Identifier<SkillUsage>

    public let id: ID
    /// Absent when the owner ran an own skill.
    public let purchaseID: Purchase.ID?
    public let skillID: Skill.ID
    /// Who called.
    public let agentID: Agent.ID
    public let endpoint: String
    /// Bytes of the request's payload and of the result.
    public let requestSize: Int64
    public let responseSize: Int64
    /// Wall time of the run in milliseconds.
    public let durationMilliseconds: Int64
    public let cpuTimeMilliseconds: Int64
    public let peakMemoryBytes: Int64
    /// What the pricing counts, of this run; 1 where it counts runs.
    public let units: Int64
    public let cost: Money
    /// One of the licence's free runs.
    public let isTrial: Bool
    /// The verdict's kind, such as `ok` or `timeout`.
    public let verdict: String
    public let timestamp: Timestamp

    public init(
        id: ID, purchaseID: Purchase.ID?, skillID: Skill.ID, agentID: Agent.ID, endpoint: String,
        requestSize: Int64, responseSize: Int64, durationMilliseconds: Int64, cpuTimeMilliseconds: Int64,
        peakMemoryBytes: Int64, units: Int64 = 1, cost: Money, isTrial: Bool = false, verdict: String,
        timestamp: Timestamp
    ) {
        self.id = id
        self.purchaseID = purchaseID
        self.skillID = skillID
        self.agentID = agentID
        self.endpoint = endpoint
        self.requestSize = requestSize
        self.responseSize = responseSize
        self.durationMilliseconds = durationMilliseconds
        self.cpuTimeMilliseconds = cpuTimeMilliseconds
        self.peakMemoryBytes = peakMemoryBytes
        self.units = units
        self.cost = cost
        self.isTrial = isTrial
        self.verdict = verdict
        self.timestamp = timestamp
    }
}
