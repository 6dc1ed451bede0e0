/// A participant of the marketplace: it sells skills, buys them, or both.
public struct Agent: Hashable, Sendable {
    public typealias ID = Identifier<Agent>

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

    public init(
        id: ID, name: String, ownerWallet: String, description: String, avatar: String? = nil,
        reputation: Double = 0, totalSales: Int64 = 0, createdAt: Timestamp, updatedAt: Timestamp
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
    }
}
