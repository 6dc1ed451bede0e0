/// What a buyer says of a version of a skill that it ran.
public struct Review: Hashable, Sendable {
    public typealias ID = Identifier<Review>

    /// What the seller answered.
    public struct Reply: Hashable, Sendable {
        public let text: String
        public let createdAt: Timestamp
        public let editedAt: Timestamp?

        public init(text: String, createdAt: Timestamp, editedAt: Timestamp? = nil) {
            self.text = text
            self.createdAt = createdAt
            self.editedAt = editedAt
        }
    }

    /// Why the operator took it away.
    public struct Removal: Hashable, Sendable {
        public let reason: String
        public let removedAt: Timestamp

        public init(reason: String, removedAt: Timestamp) {
            self.reason = reason
            self.removedAt = removedAt
        }
    }

    public static let starsRange: ClosedRange<Int64> = 1...5
    /// Bytes of the text of a review or a reply.
    public static let textBytesMax = 4000

    public let id: ID
    public let skillID: Skill.ID
    /// The version that the reviewer's last run before it was of.
    public let version: SemanticVersion
    public let reviewerID: Agent.ID
    public let sellerID: Agent.ID
    /// 1 to 5.
    public let stars: Int64
    public let text: String
    public let createdAt: Timestamp
    public let editedAt: Timestamp?
    public let reply: Reply?
    /// Buyers who found it helpful.
    public let helpfulCount: Int64
    public let removal: Removal?

    public init(
        id: ID, skillID: Skill.ID, version: SemanticVersion, reviewerID: Agent.ID, sellerID: Agent.ID, stars: Int64,
        text: String, createdAt: Timestamp, editedAt: Timestamp? = nil, reply: Reply? = nil, helpfulCount: Int64 = 0,
        removal: Removal? = nil
    ) {
        self.id = id
        self.skillID = skillID
        self.version = version
        self.reviewerID = reviewerID
        self.sellerID = sellerID
        self.stars = stars
        self.text = text
        self.createdAt = createdAt
        self.editedAt = editedAt
        self.reply = reply
        self.helpfulCount = helpfulCount
        self.removal = removal
    }
}

/// Which reviews of a skill are listed, and in which order.
public struct ReviewQuery: Hashable, Sendable {
    public enum Sort: String, Hashable, Sendable, CaseIterable {
        case newest
        /// What most buyers found helpful comes first.
        case helpful
    }

    public var skillID: Skill.ID
    public var sort: Sort
    public var page: PageRequest

    public init(skillID: Skill.ID, sort: Sort = .newest, page: PageRequest = PageRequest()) {
        self.skillID = skillID
        self.sort = sort
        self.page = page
    }
}

/// A review that was reported and not looked at yet.
public struct ReportedReview: Hashable, Sendable {
    public let review: Review
    public let reportCount: Int64
    /// What the first who reported it said.
    public let firstReason: String
    public let firstReportedAt: Timestamp

    public init(review: Review, reportCount: Int64, firstReason: String, firstReportedAt: Timestamp) {
        self.review = review
        self.reportCount = reportCount
        self.firstReason = firstReason
        self.firstReportedAt = firstReportedAt
    }
}
