public import MarketCore

/// Which sums of usage to list, newest first.
public struct UsageSummaryQuery: Hashable, Sendable {
    /// Whose calls, or the calls of whose skills.
    public var party: PurchaseQuery.Party
    public var unit: CalendarUnit
    public var skillID: Skill.ID?
    /// Sums that begin at this moment or later.
    public var from: Timestamp?
    /// Sums that begin before this moment.
    public var to: Timestamp?
    public var page: PageRequest

    public init(
        party: PurchaseQuery.Party, unit: CalendarUnit, skillID: Skill.ID? = nil, from: Timestamp? = nil,
        to: Timestamp? = nil, page: PageRequest = PageRequest()
    ) {
        self.party = party
        self.unit = unit
        self.skillID = skillID
        self.from = from
        self.to = to
        self.page = page
    }
}

/// The runs of one skill with one verdict in one hour, day or month.
public struct UsageSummary: Hashable, Sendable {
    public let start: Timestamp
    public let skillID: Skill.ID
    public let verdict: String
    public let calls: Int64
    public let units: Int64
    public let cost: Money
    public let durationMilliseconds: Int64
    public let cpuTimeMilliseconds: Int64
    public let requestSize: Int64
    public let responseSize: Int64

    public init(
        start: Timestamp, skillID: Skill.ID, verdict: String, calls: Int64, units: Int64, cost: Money,
        durationMilliseconds: Int64, cpuTimeMilliseconds: Int64, requestSize: Int64, responseSize: Int64
    ) {
        self.start = start
        self.skillID = skillID
        self.verdict = verdict
        self.calls = calls
        self.units = units
        self.cost = cost
        self.durationMilliseconds = durationMilliseconds
        self.cpuTimeMilliseconds = cpuTimeMilliseconds
        self.requestSize = requestSize
        self.responseSize = responseSize
    }
}
