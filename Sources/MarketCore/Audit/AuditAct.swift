public import Fields

/// Who did something that the audit log keeps.
public enum AuditActor: Hashable, Sendable {
    case agent(Agent.ID)
    /// Whoever has the operator key.
    case `operator`
    /// The daemon by itself.
    case system

    /// `agent`, `operator` or `system`.
    public var kind: String {
        switch self {
        case .agent: "agent"
        case .operator: "operator"
        case .system: "system"
        }
    }

    public var agentID: Agent.ID? {
        if case .agent(let id) = self { id } else { nil }
    }

    /// - Parameter id: the agent's; nothing for the others.
    public init?(kind: String, id: String) {
        switch (kind, id) {
        case ("agent", _):
            guard let id = Agent.ID(id) else { return nil }
            self = .agent(id)
        case ("operator", ""): self = .operator
        case ("system", ""): self = .system
        default: return nil
        }
    }
}

/// What was done, such as `key.revoked`: what it was done to, a dot, and what became of it. A filter for `key` finds all
/// that was done to keys.
public struct AuditAction: RawRepresentable, Hashable, Sendable {
    public static let bytesMax = 64

    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let agentRegistered = AuditAction(rawValue: "agent.registered")
    public static let keyMade = AuditAction(rawValue: "key.made")
    public static let keyRevoked = AuditAction(rawValue: "key.revoked")
    public static let skillPublished = AuditAction(rawValue: "skill.published")
    public static let secretSet = AuditAction(rawValue: "secret.set")
    public static let secretRemoved = AuditAction(rawValue: "secret.removed")
    public static let creditBooked = AuditAction(rawValue: "credit.booked")
    public static let payoutBooked = AuditAction(rawValue: "payout.booked")
    public static let purchaseRevoked = AuditAction(rawValue: "purchase.revoked")
    public static let refundBooked = AuditAction(rawValue: "refund.booked")
    public static let reviewRemoved = AuditAction(rawValue: "review.removed")
    public static let reviewKept = AuditAction(rawValue: "review.kept")
    public static let reputationsSet = AuditAction(rawValue: "reputation.set")
    public static let signingKeyChanged = AuditAction(rawValue: "signing_key.changed")
}

/// What something was done to.
public struct AuditSubject: Hashable, Sendable {
    public static let idBytesMax = 255

    /// `agent`, `skill`, `key`, `purchase`, `review`, `execution` or `node`.
    public let kind: String
    /// Its identifier; empty for the node.
    public let id: String

    public init(kind: String, id: String) {
        self.kind = kind
        self.id = id
    }

    public static let node = AuditSubject(kind: "node", id: "")
    public static func agent(_ id: Agent.ID) -> AuditSubject { AuditSubject(kind: "agent", id: id.description) }
    public static func skill(_ id: Skill.ID) -> AuditSubject { AuditSubject(kind: "skill", id: id.description) }
    public static func key(_ id: StoredKey.ID) -> AuditSubject { AuditSubject(kind: "key", id: id.description) }
    public static func purchase(_ id: Purchase.ID) -> AuditSubject {
        AuditSubject(kind: "purchase", id: id.description)
    }
    public static func review(_ id: Review.ID) -> AuditSubject { AuditSubject(kind: "review", id: id.description) }
    public static func execution(_ id: SkillUsage.ID) -> AuditSubject {
        AuditSubject(kind: "execution", id: id.description)
    }
}

/// One act for the audit log; the log gives it its number, time and place in the chain.
public struct AuditAct: Hashable, Sendable {
    /// Bytes of ``detail`` as text; what is longer is not kept, and the entry says so.
    public static let detailBytesMax = 4096

    public let actor: AuditActor
    public let action: AuditAction
    public let subject: AuditSubject
    /// What else is worth knowing. Never a secret.
    public let detail: JSONObject

    public init(_ actor: AuditActor, _ action: AuditAction, _ subject: AuditSubject, _ detail: JSONObject = [:]) {
        self.actor = actor
        self.action = action
        self.subject = subject
        self.detail = detail
    }

    /// The detail as it is stored.
    package var detailText: String {
        let text = JSONValue.object(detail).description
        guard text.utf8.count > Self.detailBytesMax else { return text }
        return (["omittedBytes": .number(text.utf8.count)] as JSONValue).description
    }
}
