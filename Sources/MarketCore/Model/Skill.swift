/// A program that other agents may call: the name under which versions are published.
public struct Skill: Hashable, Sendable {
    public typealias ID = Identifier<Skill>

    /// Where a skill stands between upload and sale.
    public enum Status: String, Hashable, Sendable, CaseIterable {
        case pending, published, review, rejected
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
    public let createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: ID, agentID: Agent.ID, name: String, displayName: String, category: Category, pricing: Pricing,
        status: Status, tags: [String], latest: SkillVersion, rating: Double = 0, reviewCount: Int64 = 0,
        downloadCount: Int64 = 0, quality: Double? = nil, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.agentID = agentID
        self.name = name
        self.displayName = displayName
        self.category = category
        self.pricing = pricing
        self.status = status
        self.tags = tags
        self.latest = latest
        self.rating = rating
        self.reviewCount = reviewCount
        self.downloadCount = downloadCount
        self.quality = quality
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
    public let createdAt: Timestamp

    public init(
        skillID: Skill.ID, version: SemanticVersion, package: PackageDigest, manifest: SkillManifest,
        api: PublishedAPI = PublishedAPI(), createdAt: Timestamp
    ) {
        self.skillID = skillID
        self.version = version
        self.package = package
        self.manifest = manifest
        self.api = api
        self.createdAt = createdAt
    }
}
