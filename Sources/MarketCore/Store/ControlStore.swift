/// Where it is kept what the operator stopped, and who does not take part any more.
///
/// `onCommit` is called when a write is durable, in the order in which the writes took effect.
public protocol ControlStore: Sendable {
    func pauses() async throws(StoreError) -> [Pause]
    /// Adds a pause, or replaces the one of the same target.
    func set(pause: Pause, onCommit: @escaping @Sendable () -> Void) async throws(StoreError)
    /// - Throws: ``StoreError/missing(_:)`` with `pause`.
    func removePause(of target: Pause.Target, onCommit: @escaping @Sendable () -> Void) async throws(StoreError)

    /// The agents that are not active.
    func inactiveAgents() async throws(StoreError) -> [Agent.ID: Agent.Status]
    /// Changes whether an agent takes part, and whether its skills are shown. A deactivated agent's own subscriptions are
    /// not renewed any more.
    /// - Returns: the agent as it is now.
    /// - Throws: ``StoreError/missing(_:)`` with `agent`.
    func change(
        _ change: AgentChange, of agent: Agent.ID, at time: Timestamp,
        onCommit: @escaping @Sendable (Agent) -> Void
    ) async throws(StoreError) -> Agent

    /// The featured skills that are shown, in their order.
    func featured() async throws(StoreError) -> [Skill]
    /// Replaces the list.
    func setFeatured(_ skills: [Skill.ID]) async throws(StoreError)

    /// What everybody may know of an agent's trade.
    func stats(of agent: Agent.ID) async throws(StoreError) -> AgentStats
    /// How many agents have each status.
    func agentCounts() async throws(StoreError) -> [Agent.Status: Int64]
    /// How many skills have each status.
    func skillCounts() async throws(StoreError) -> [Skill.Status: Int64]
}

/// A step from one ``Agent/Status`` to another.
public enum AgentChange: Hashable, Sendable {
    case ban(reason: String)
    case unban
    case deactivate
    case reactivate
}

/// What everybody may know of an agent's trade.
public struct AgentStats: Hashable, Sendable {
    /// Skills that are shown.
    public let skills: Int64
    /// Completed purchases of its skills.
    public let sales: Int64
    /// Agents that bought from it.
    public let buyers: Int64
    /// Runs of its skills, however they ended, its own included.
    public let callsServed: Int64
    /// Completed purchases that are downloads of its skills.
    public let downloads: Int64

    public init(skills: Int64, sales: Int64, buyers: Int64, callsServed: Int64, downloads: Int64) {
        self.skills = skills
        self.sales = sales
        self.buyers = buyers
        self.callsServed = callsServed
        self.downloads = downloads
    }
}
