/// An API key as it is stored: never the key itself, only its SHA-256.
public struct StoredKey: Hashable, Sendable {
    public typealias ID = Identifier<StoredKey>

    public let id: ID
    public let agentID: Agent.ID
    /// 32 bytes.
    public let sha256: [UInt8]
    /// The first characters of the key, to tell keys apart in a list.
    public let prefix: String
    public let createdAt: Timestamp
    public var lastUsedAt: Timestamp?
    /// From when on the key is refused. In the future while a rotation lets both keys work.
    public var revokedAt: Timestamp?

    public init(
        id: ID, agentID: Agent.ID, sha256: [UInt8], prefix: String, createdAt: Timestamp,
        lastUsedAt: Timestamp? = nil, revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.agentID = agentID
        self.sha256 = sha256
        self.prefix = prefix
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
    }
}
