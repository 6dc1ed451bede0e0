/// An API key as it is stored: never the key itself, only its SHA-256.
public struct StoredKey: Hashable, Sendable {
    public typealias ID = Identifier<StoredKey>

    public let id: ID
    public let agentID: Agent.ID
    /// What its owner calls it; nil for the key of a registration.
    public let name: String?
    /// 32 bytes.
    public let sha256: [UInt8]
    /// The first characters of the key, to tell keys apart in a list.
    public let prefix: String
    public let createdAt: Timestamp
    /// From when on the key is refused as expired; nil for never.
    public let expiresAt: Timestamp?
    public var lastUsedAt: Timestamp?
    /// From when on the key is refused. In the future while a rotation lets both keys work.
    public var revokedAt: Timestamp?
    /// Refused whatever the clock says: a clock that is set back brings no key back.
    public var isRevoked: Bool
    public let scopes: KeyScopes
    /// Where it may be used from; empty for everywhere.
    public let addresses: [AddressRule]
    /// The Ed25519 public key (32 bytes) whose owner must sign each request with this key; nil for keys that work by
    /// themselves.
    public let signingKey: [UInt8]?

    public init(
        id: ID, agentID: Agent.ID, name: String? = nil, sha256: [UInt8], prefix: String, createdAt: Timestamp,
        expiresAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil, revokedAt: Timestamp? = nil, isRevoked: Bool = false,
        scopes: KeyScopes = .all, addresses: [AddressRule] = [], signingKey: [UInt8]? = nil
    ) {
        self.id = id
        self.agentID = agentID
        self.name = name
        self.sha256 = sha256
        self.prefix = prefix
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
        self.isRevoked = isRevoked
        self.scopes = scopes
        self.addresses = addresses
        self.signingKey = signingKey
    }

    /// Whether the key may be used from there.
    public func allows(_ origin: CallOrigin) -> Bool {
        addresses.isEmpty || addresses.contains { $0.contains(origin) }
    }
}

/// What became of a key that was to be added.
public enum KeyInsertion: Hashable, Sendable {
    /// It is stored; keys that were no longer usable were dropped for it.
    case added(dropped: [StoredKey.ID])
    /// The agent has as many usable keys as it may have.
    case full
}

/// What became of a key that was to be revoked.
public enum KeyRevocation: Hashable, Sendable {
    /// The key as it is now.
    case revoked(StoredKey)
    /// No key of the agent would be left that stays usable; nothing changed.
    case last
}
