/// Which purchases to list, newest first.
public struct PurchaseQuery: Hashable, Sendable {
    public enum Party: Hashable, Sendable {
        /// What an agent bought.
        case buyer(Agent.ID)
        /// What an agent sold.
        case seller(Agent.ID)
    }

    public var party: Party
    public var skillID: Skill.ID?
    public var status: Purchase.Status?
    public var page: PageRequest

    public init(
        party: Party, skillID: Skill.ID? = nil, status: Purchase.Status? = nil, page: PageRequest = PageRequest()
    ) {
        self.party = party
        self.skillID = skillID
        self.status = status
        self.page = page
    }
}
