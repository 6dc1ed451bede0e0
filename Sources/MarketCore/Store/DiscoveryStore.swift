/// How skills are found that nobody named.
public protocol DiscoveryStore: Sendable {
    /// Brings the index of skills up to date with the skills. Whoever searches does so first; to be called now and then all
    /// the same, so that a search has little to do.
    func refreshIndex() async throws(StoreError)

    /// Published skills that those who bought a skill bought too, most buyers first.
    /// - Parameter buyer: leave out what this agent owns or bought.
    func boughtWith(
        _ skill: Skill.ID, for buyer: Agent.ID?, limit: Int
    ) async throws(StoreError) -> [RelatedSkill]

    /// Published skills that are like a skill by tags, category and words.
    func alike(_ skill: Skill.ID, for buyer: Agent.ID?, limit: Int) async throws(StoreError) -> [RelatedSkill]

    /// The newest published skills that an agent bought, each once.
    func bought(by agent: Agent.ID, limit: Int) async throws(StoreError) -> [Skill.ID]
}

/// A skill that belongs to another one, and why.
public struct RelatedSkill: Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// So many parties bought both.
        case boughtTogether(parties: Int64)
        /// They share tags, or the category only.
        case alike(tags: [String], category: Skill.Category?)
        /// Nothing is known of the caller: it is among the most trusted.
        case trusted
    }

    /// Fewer buyers of both are not told, so that nobody's basket is.
    public static let partiesMin: Int64 = 3

    public let skill: Skill
    public let reason: Reason

    public init(skill: Skill, reason: Reason) {
        self.skill = skill
        self.reason = reason
    }
}
