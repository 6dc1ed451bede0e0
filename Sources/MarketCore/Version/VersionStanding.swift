/// What became of a version after it was handed in. The version itself never changes; this does.
public struct VersionStanding: Hashable, Sendable {
    /// Where a version stands between upload and use.
    public enum Review: String, Hashable, Sendable, CaseIterable {
        /// It is looked at, or waits for that.
        case pending
        case passed
        /// The operator has to decide.
        case review
        /// It never runs.
        case rejected
    }

    /// Why, and since when, a version may not be used any more.
    public struct Withdrawal: Hashable, Sendable {
        public let at: Timestamp
        public let reason: String

        public init(at: Timestamp, reason: String) {
            self.at = at
            self.reason = reason
        }
    }

    public var review: Review
    /// 0 to 1; nil until it was reviewed.
    public var quality: Double?
    /// The version of the rules that it was held against; nil when none were.
    public var rules: Int64?
    /// What the operator said when it decided; nil when it did not.
    public var decision: String?
    /// It is nobody's latest; who names it may go on using it.
    public var yanked: Withdrawal?
    /// It never runs again.
    public var revoked: Withdrawal?

    public init(
        review: Review = .passed, quality: Double? = nil, rules: Int64? = nil, decision: String? = nil,
        yanked: Withdrawal? = nil, revoked: Withdrawal? = nil
    ) {
        self.review = review
        self.quality = quality
        self.rules = rules
        self.decision = decision
        self.yanked = yanked
        self.revoked = revoked
    }

    /// Whether who names the version may run it.
    public var isUsable: Bool { review == .passed && revoked == nil }

    /// Whether it may be what a call without a version runs.
    public var isCurrent: Bool { isUsable && yanked == nil }
}
