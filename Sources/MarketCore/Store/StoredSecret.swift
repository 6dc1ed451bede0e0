/// A value that a seller set for a skill, as it is stored: sealed.
public struct StoredSecret: Hashable, Sendable {
    public let skillID: Skill.ID
    /// As the manifest declares it, such as `SMTP_PASSWORD`.
    public let name: String
    /// Nonce, ciphertext and tag; only the node that sealed it opens it.
    public let sealed: [UInt8]
    public let updatedAt: Timestamp

    public init(skillID: Skill.ID, name: String, sealed: [UInt8], updatedAt: Timestamp) {
        self.skillID = skillID
        self.name = name
        self.sealed = sealed
        self.updatedAt = updatedAt
    }
}
