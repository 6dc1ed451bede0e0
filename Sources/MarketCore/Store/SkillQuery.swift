/// Which skills a list shows, and in which order.
public struct SkillQuery: Hashable, Sendable {
    public enum Sort: String, Hashable, Sendable, CaseIterable {
        /// What matches the words best, among skills that are trusted; without words, the most trusted first.
        case relevance
        /// Most completed purchases first.
        case popular
        case newest
        /// Best rated first.
        case rating
    }

    public var category: Skill.Category?
    /// Words of the name, the display name, the tags or the description, each of which must be there; the last one may be
    /// the beginning of a word.
    public var search: String?
    public var tag: String?
    /// Only skills of this agent.
    public var agentID: Agent.ID?
    public var pricing: Pricing.Kind?
    public var runtime: SkillManifest.Runtime?
    /// Whether it declares destinations in the network.
    public var needsNetwork: Bool?
    /// Whether it needs secrets of its seller.
    public var needsSecrets: Bool?
    /// Only skills that are sold in this currency; prices are of it.
    public var currency: Currency?
    public var priceMin: Money?
    public var priceMax: Money?
    /// The least rating: 1 to 5.
    public var starsMin: Int64?
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
