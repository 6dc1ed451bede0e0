/// Something that the operator stopped until it is resumed.
public struct Pause: Hashable, Sendable {
    public enum Target: Hashable, Sendable {
        case purchases
        case executions
        /// Uploads and publications.
        case publishing
        /// Purchases and executions of one skill.
        case skill(Skill.ID)
        /// All three of one agent, and executions and purchases of its skills.
        case agent(Agent.ID)

        /// `purchases`, `executions`, `publishing`, `skill` or `agent`.
        public var kind: String {
            switch self {
            case .purchases: "purchases"
            case .executions: "executions"
            case .publishing: "publishing"
            case .skill: "skill"
            case .agent: "agent"
            }
        }

        /// The skill's or the agent's identifier; empty for the others.
        public var id: String {
            switch self {
            case .skill(let id): id.description
            case .agent(let id): id.description
            default: ""
            }
        }

        public init?(kind: String, id: String) {
            switch kind {
            case "purchases" where id.isEmpty: self = .purchases
            case "executions" where id.isEmpty: self = .executions
            case "publishing" where id.isEmpty: self = .publishing
            case "skill":
                guard let id = Skill.ID(id) else { return nil }
                self = .skill(id)
            case "agent":
                guard let id = Agent.ID(id) else { return nil }
                self = .agent(id)
            default: return nil
            }
        }
    }

    public static let reasonBytesMax = 500
    public static let retryAfterSecondsMax: Int64 = 86_400

    public let target: Target
    /// Shown to whoever is refused.
    public let reason: String
    /// When who is refused may try again, in seconds.
    public let retryAfterSeconds: Int64
    public let since: Timestamp

    public init(_ target: Target, reason: String, retryAfterSeconds: Int64 = 300, since: Timestamp) {
        self.target = target
        self.reason = reason
        self.retryAfterSeconds = retryAfterSeconds
        self.since = since
    }
}
