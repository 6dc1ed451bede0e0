/// Where the standing of versions and the reports of their reviews are kept. Every write is durable when its call returns.
///
/// A skill follows its versions: its latest is the highest release that passed and is neither yanked nor revoked, its
/// status and quality are that version's. Each call that changes a version brings its skill up to date as well.
public protocol VersionStore: Sendable {
    /// Adds a version that is still to be reviewed, and its skill when that is new. A rejected version of the same number
    /// that no operator decided about makes room.
    /// - Throws: ``StoreError/conflict(field:)`` with `version` or `name`; ``StoreError/refused(_:)`` when the skill has
    ///   ``VersionLimits/versionsMax`` versions.
    func hand(in version: SkillVersion, offer: VersionOffer, of skill: Skill) async throws(StoreError)

    /// All versions of a skill, the highest first.
    func versions(of skill: Skill.ID) async throws(StoreError) -> [SkillVersion]

    /// What the review of a version found, as JSON; nil when there was none.
    func reviewReport(of skill: Skill.ID, _ version: SemanticVersion) async throws(StoreError) -> [UInt8]?

    /// Notes how a review ended. One that an operator decided meanwhile keeps that decision.
    func conclude(_ conclusion: ReviewConclusion) async throws(StoreError) -> ConcludedReview

    /// Changes the standing of a version.
    /// - Throws: ``StoreError/missing(_:)`` with `version`.
    func change(
        _ version: SemanticVersion, of skill: Skill.ID, _ change: StandingChange
    ) async throws(StoreError) -> Skill

    /// Those whose review is still to come, the oldest first.
    func pendingVersions() async throws(StoreError) -> [VersionKey]

    /// Versions that may run or wait for the operator and were held against earlier rules or none, or were last looked at before
    /// a time; those first that it is the longest for.
    func versions(
        underRulesBefore rules: Int64, orReviewedBefore time: Timestamp?, limit: Int
    ) async throws(StoreError) -> [VersionKey]

    /// Notes that a version was looked at, and that nothing came of it.
    func noteLook(at key: VersionKey, _ time: Timestamp) async throws(StoreError)

    /// The versions in a state, the oldest first.
    func reviewQueue(_ state: VersionStanding.Review, page: PageRequest) async throws(StoreError) -> Page<QueuedVersion>

    /// Changes what a seller may change without a new version.
    /// - Throws: ``StoreError/missing(_:)`` or ``StoreError/stale(_:)`` with `skill`.
    func edit(
        _ skill: Skill.ID, _ edit: SkillEdit, if condition: EditCondition, at time: Timestamp
    ) async throws(StoreError) -> Skill

    /// Takes a skill out of lists and sale, or with nil puts it back.
    func hide(_ skill: Skill.ID, reason: String?, at time: Timestamp) async throws(StoreError) -> Skill
}

public enum VersionLimits {
    /// Versions of one skill, rejected ones included.
    public static let versionsMax = 1000
}

public struct VersionKey: Hashable, Sendable {
    public let skillID: Skill.ID
    public let version: SemanticVersion
    /// The seller.
    public let agentID: Agent.ID

    public init(skillID: Skill.ID, version: SemanticVersion, agentID: Agent.ID) {
        self.skillID = skillID
        self.version = version
        self.agentID = agentID
    }
}

/// A version in the operator's queue.
public struct QueuedVersion: Hashable, Sendable {
    public let skillName: String
    public let agentID: Agent.ID
    public let version: SkillVersion

    public init(skillName: String, agentID: Agent.ID, version: SkillVersion) {
        self.skillName = skillName
        self.agentID = agentID
        self.version = version
    }
}

/// How a review ended.
public struct ReviewConclusion: Sendable {
    public let key: VersionKey
    public let review: VersionStanding.Review
    public let quality: Double?
    public let rules: Int64
    /// JSON.
    public let report: [UInt8]
    public let at: Timestamp

    public init(
        key: VersionKey, review: VersionStanding.Review, quality: Double?, rules: Int64, report: [UInt8], at: Timestamp
    ) {
        self.key = key
        self.review = review
        self.quality = quality
        self.rules = rules
        self.report = report
        self.at = at
    }
}

/// What became of a version by the end of its review.
public struct ConcludedReview: Hashable, Sendable {
    /// Its state changed.
    public let isNews: Bool

    public init(isNews: Bool) {
        self.isNews = isNews
    }
}

/// One change to the standing of a version.
public enum StandingChange: Hashable, Sendable {
    case yank(VersionStanding.Withdrawal)
    case unyank
    /// For good.
    case revoke(VersionStanding.Withdrawal)
    /// The operator's word.
    case decide(VersionStanding.Review, reason: String)
}
