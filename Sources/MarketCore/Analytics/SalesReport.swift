/// What of a seller's business is asked for.
public struct SalesQuery: Hashable, Sendable {
    public enum Grouping: String, Hashable, Sendable, CaseIterable {
        /// One sum of everything.
        case total
        /// One for each skill, those that are called most first, at most ``SalesQuery/skillsMax``.
        case skill
        /// One for each day that had calls or sales, the newest first.
        case day
    }

    public static let skillsMax = 200
    public static let daysMax: Int64 = 400

    public var sellerID: Agent.ID
    public var skillID: Skill.ID?
    public var grouping: Grouping
    /// The first day, at its beginning.
    public var from: Timestamp
    /// The first day that is no longer part of it, at its beginning.
    public var to: Timestamp

    public init(sellerID: Agent.ID, skillID: Skill.ID? = nil, grouping: Grouping, from: Timestamp, to: Timestamp) {
        self.sellerID = sellerID
        self.skillID = skillID
        self.grouping = grouping
        self.from = from
        self.to = to
    }
}

/// A part of a seller's business: all of it, one skill's, or one day's.
public struct SalesReport: Hashable, Sendable {
    /// In one currency, in base units.
    public struct Revenue: Hashable, Sendable {
        public let currency: Currency
        /// What runs were charged.
        public var runs: Int64 = 0
        /// What licences and their renewals were charged.
        public var licenses: Int64 = 0
        /// What was given back on these days, of whatever was charged before.
        public var refunded: Int64 = 0

        public init(currency: Currency) {
            self.currency = currency
        }
    }

    public var skillID: Skill.ID?
    public var day: Timestamp?
    /// Runs by others than the seller, by how they ended.
    public var callsByVerdict: [String: Int64] = [:]
    /// Different agents that called.
    public var buyers: Int64 = 0
    public var revenue: [Currency: Revenue] = [:]
    /// Of the runs that ended `ok`.
    public var latency = LatencyHistogram()

    public init(skillID: Skill.ID? = nil, day: Timestamp? = nil) {
        self.skillID = skillID
        self.day = day
    }

    public var calls: Int64 { callsByVerdict.values.reduce(0, +) }
}

/// How many of those who called in one time came back in the next.
public struct Retention: Hashable, Sendable {
    /// Agents that called in the time before, which was as long.
    public let former: Int64
    /// Those of them that called in the time itself.
    public let returned: Int64

    public init(former: Int64, returned: Int64) {
        self.former = former
        self.returned = returned
    }
}

/// What happened in the market in one day or month.
public struct MarketReport: Hashable, Sendable {
    public struct Volume: Hashable, Sendable {
        public let currency: Currency
        /// Runs and payments for licences that cost something, and what they cost in base units.
        public var transactions: Int64 = 0
        public var amount: Int64 = 0
        public var refunded: Int64 = 0

        public init(currency: Currency) {
            self.currency = currency
        }
    }

    public let start: Timestamp
    public var newAgents: Int64 = 0
    public var newSkills: Int64 = 0
    public var purchases: Int64 = 0
    public var runs: Int64 = 0
    public var volumes: [Currency: Volume] = [:]

    public init(start: Timestamp) {
        self.start = start
    }
}
