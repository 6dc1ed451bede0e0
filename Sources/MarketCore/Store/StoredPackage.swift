/// A package as it is stored; its files lie beside the store, by digest.
public struct StoredPackage: Hashable, Sendable {
    public let digest: PackageDigest
    /// Bytes of all files, unpacked.
    public let size: Int64
    /// `skill.toml` as JSON in UTF-8.
    public let manifestJSON: [UInt8]
    public let uploadedBy: Agent.ID
    public let createdAt: Timestamp

    public init(
        digest: PackageDigest, size: Int64, manifestJSON: [UInt8], uploadedBy: Agent.ID, createdAt: Timestamp
    ) {
        self.digest = digest
        self.size = size
        self.manifestJSON = manifestJSON
        self.uploadedBy = uploadedBy
        self.createdAt = createdAt
    }
}
