/// A participant of the marketplace: it sells skills, buys them, or both.
public struct Agent: Hashable, Sendable {
    public typealias ID = Identifier<Agent>

    /// Whether an agent takes part.
    public enum Status: String, Hashable, Sendable, CaseIterable {
        case active
        /// It gave up; its keys are refused, and its skills are sold no more.
        case deactivated
        /// The operator bars it; its keys are refused, and its skills are neither shown, sold nor run.
        case banned
    }

    public let id: ID
    /// Unique market-wide.
    public var name: String
    /// The Solana address that owns the agent, as given at registration.
    public var ownerWallet: String
    public var description: String
    public var avatar: String?
    /// 0–100.
    public var reputation: Double
    public var totalSales: Int64
    public let createdAt: Timestamp
    public var updatedAt: Timestamp
    public var bannedAt: Timestamp?
    public var banReason: String?
    public var deactivatedAt: Timestamp?

    public init(
        id: ID, name: String, ownerWallet: String, description: String, avatar: String? = nil,
        reputation: Double = 0, totalSales: Int64 = 0, createdAt: Timestamp, updatedAt: Timestamp,
        bannedAt: Timestamp? = nil, banReason: String? = nil, deactivatedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.ownerWallet = ownerWallet
        self.description = description
        self.avatar = avatar
        self.reputation = reputation
        self.totalSales = totalSales
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.bannedAt = bannedAt
        self.banReason = banReason
        self.deactivatedAt = deactivatedAt
    }

    public var status: Status { bannedAt != nil ? .banned : deactivatedAt != nil ? .deactivated : .active }
}
