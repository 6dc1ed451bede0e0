/// What a skill becomes, beside what the manifest says, once a version is its latest.
public struct VersionOffer: Hashable, Sendable {
    /// Nil leaves the skill's.
    public let displayName: String?
    public let pricing: Pricing

    public init(displayName: String?, pricing: Pricing) {
        self.displayName = displayName
        self.pricing = pricing
    }
}

/// A seller's word that a skill should not be begun with any more.
public struct Deprecation: Hashable, Sendable {
    public let at: Timestamp
    public let message: String
    /// The name of the skill to use instead.
    public let successor: String?

    public init(at: Timestamp, message: String, successor: String?) {
        self.at = at
        self.message = message
        self.successor = successor
    }
}

/// What a seller changes of a skill without a new version. Nil leaves what is there.
public struct SkillEdit: Hashable, Sendable {
    public enum DeprecationEdit: Hashable, Sendable {
        case set(Deprecation)
        case clear
    }

    public var displayName: String?
    public var description: String?
    public var category: Skill.Category?
    public var tags: [String]?
    public var deprecation: DeprecationEdit?

    public init() {}

    public var isEmpty: Bool { self == SkillEdit() }
}
