/// Which skills a list shows, and in which order.
public struct SkillQuery: Hashable, Sendable {
    public enum Sort: String, Hashable, Sendable, CaseIterable {
        /// Most completed purchases first.
        case popular
        case newest
        /// Best rated first.
        case rating
    }

    public var category: Skill.Category?
    /// Words that the name, the display name, the description or a tag contains.
    public var search: String?
    public var tag: String?
    /// Only skills of this agent.
    public var agentID: Agent.ID?
    /// Nil for every status; the public list shows published skills.
    public var status: Skill.Status?
    public var sort: Sort
    public var page: PageRequest

    public init(
        category: Skill.Category? = nil, search: String? = nil, tag: String? = nil, agentID: Agent.ID? = nil,
        status: Skill.Status? = .published, sort: Sort = .newest, page: PageRequest = PageRequest()
    ) {
        self.category = category
        self.search = search
        self.tag = tag
        self.agentID = agentID
        self.status = status
        self.sort = sort
        self.page = page
    }
}
