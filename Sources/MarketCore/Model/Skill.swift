/// A program that other agents may call: the name under which versions are published.
public struct Skill: Hashable, Sendable {
    public typealias ID = Identifier<Skill>

    /// Where a skill stands between upload and sale.
    public enum Status: String, Hashable, Sendable, CaseIterable {
        case pending, published, review, rejected
        /// Its seller took every version back.
        case withdrawn
    }

    public enum Category: String, Hashable, Sendable, CaseIterable {
        case communication, automation, analysis, creative, utility, integration
    }

    public let id: ID
    public let agentID: Agent.ID
    /// Unique market-wide: a-z 0-9 -, at most 64.
    public let name: String
    /// The name people read, such as `SmartEmailer Pro`.
    public var displayName: String
    /// The manifest's, unless the seller changed it since.
    public var description: String
    public var category: Category
    public var pricing: Pricing
    public var status: Status
    public var tags: [String]
    /// The version that a call without one runs.
    public var latest: SkillVersion
    public var rating: Double
    public var reviewCount: Int64
    /// Completed purchases.
    public var downloadCount: Int64
    /// What the review of its latest version found it to be worth, 0 to 1; nil until it was reviewed.
    public var quality: Double?
    /// Nil unless its seller advises against it.
    public var deprecation: Deprecation?
    /// Why it is neither listed nor sold, whatever its versions; nil when it is.
    public var hiddenReason: String?
    public let createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: ID, agentID: Agent.ID, name: String, displayName: String, description: String? = nil,
        category: Category, pricing: Pricing, status: Status, tags: [String], latest: SkillVersion, rating: Double = 0,
        reviewCount: Int64 = 0,
        downloadCount: Int64 = 0, quality: Double? = nil, deprecation: Deprecation? = nil, hiddenReason: String? = nil,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.agentID = agentID
        self.name = name
        self.displayName = displayName
        self.description = description ?? latest.manifest.description
        self.category = category
        self.pricing = pricing
        self.status = status
        self.tags = tags
        self.latest = latest
        self.rating = rating
        self.reviewCount = reviewCount
        self.downloadCount = downloadCount
        self.quality = quality
        self.deprecation = deprecation
        self.hiddenReason = hiddenReason
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// One immutable published version of a skill.
public struct SkillVersion: Hashable, Sendable {
    public let skillID: Skill.ID
    public let version: SemanticVersion
    /// The package that holds its files.
    public let package: PackageDigest
    /// What `skill.toml` of that package says.
    public let manifest: SkillManifest
    /// What was said beside the manifest when it was published.
    public let api: PublishedAPI
    /// The repository that it was packed from; nil for an uploaded package.
    public let source: RepositorySource?
    /// What became of it since.
    public var standing: VersionStanding
    public let createdAt: Timestamp

    public init(
        skillID: Skill.ID, version: SemanticVersion, package: PackageDigest, manifest: SkillManifest,
        api: PublishedAPI = PublishedAPI(), source: RepositorySource? = nil,
        standing: VersionStanding = VersionStanding(), createdAt: Timestamp
    ) {
        self.skillID = skillID
        self.version = version
        self.package = package
        self.manifest = manifest
        self.api = api
        self.source = source
        self.standing = standing
        self.createdAt = createdAt
    }
}
