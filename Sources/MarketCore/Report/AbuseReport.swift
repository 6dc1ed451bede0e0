/// An agent's word that a skill does harm or is not what it says.
public struct AbuseReport: Hashable, Sendable {
    public typealias ID = Identifier<AbuseReport>

    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// It steals, destroys or deceives.
        case malicious
        /// It takes orders from, or gives orders to, the agents that use it.
        case injection
        /// It pretends to be somebody else's.
        case impersonation
        /// It is somebody else's work, sold without leave.
        case copyright
        /// It does not do what it says.
        case misleading
        case other
    }

    public enum State: String, Hashable, Sendable, CaseIterable {
        case open
        /// The operator agreed.
        case upheld
        case dismissed
    }

    public let id: ID
    public let skillID: Skill.ID
    public let agentID: Agent.ID
    public let kind: Kind
    /// 10 to 2,000 bytes.
    public let text: String
    public var state: State
    /// It counts towards hiding the skill: who reports ran the skill before, and no report of theirs on it was dismissed.
    public let counts: Bool
    /// What the seller says to it.
    public var answer: String?
    public var answeredAt: Timestamp?
    /// Why the operator decided so.
    public var decision: String?
    public var decidedAt: Timestamp?
    public let createdAt: Timestamp

    public init(
        id: ID, skillID: Skill.ID, agentID: Agent.ID, kind: Kind, text: String, state: State = .open,
        counts: Bool = false, answer: String? = nil, answeredAt: Timestamp? = nil, decision: String? = nil,
        decidedAt: Timestamp? = nil, createdAt: Timestamp
    ) {
        self.id = id
        self.skillID = skillID
        self.agentID = agentID
        self.kind = kind
        self.text = text
        self.state = state
        self.counts = counts
        self.answer = answer
        self.answeredAt = answeredAt
        self.decision = decision
        self.decidedAt = decidedAt
        self.createdAt = createdAt
    }
}

/// Which reports are wanted.
public struct ReportQuery: Hashable, Sendable {
    public var skillID: Skill.ID?
    public var agentID: Agent.ID?
    public var state: AbuseReport.State?
    public var page: PageRequest

    public init(
        skillID: Skill.ID? = nil, agentID: Agent.ID? = nil, state: AbuseReport.State? = nil,
        page: PageRequest = PageRequest()
    ) {
        self.skillID = skillID
        self.agentID = agentID
        self.state = state
        self.page = page
    }
}
