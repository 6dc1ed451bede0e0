/// Where reputations are kept: recomputed for whom something happened to, and equal to a recount of everything.
public protocol ReputationStore: Sendable {
    /// Brings the reputations up to date of those that something happened to since the last time, and the ratings of
    /// their skills, those who need it most first.
    /// - Returns: the skills whose rating changed.
    func refreshReputations() async throws(StoreError) -> [Skill.ID]

    /// The terms of an agent's reputation as they are now; nil when there is no such agent.
    func reputation(of agent: Agent.ID) async throws(StoreError) -> Reputation?

    /// Recomputes everything from the runs, payments, refunds and reviews, and sets what differs from what was kept.
    func recountReputations() async throws(StoreError) -> ReputationRecount
}

/// What a recount of all reputations found.
public struct ReputationRecount: Hashable, Sendable {
    /// Agents that sell, or sold.
    public let sellers: Int64
    /// Those whose reputation, standing or ratings were not what they should have been; at most 1000 are named.
    public let differing: [Agent.ID]

    public init(sellers: Int64, differing: [Agent.ID]) {
        self.sellers = sellers
        self.differing = differing
    }
}
