public import MarketCore

/// What a check of the whole ledger found.
public struct LedgerCheck: Hashable, Sendable {
    /// The sums of one currency. `deposits` is negative by what was paid in; the three add up to zero.
    public struct Sums: Hashable, Sendable {
        public let currency: Currency
        public let depositsBase: Int64
        public let agentsBase: Int64
        public let platformBase: Int64

        public init(currency: Currency, depositsBase: Int64, agentsBase: Int64, platformBase: Int64) {
            self.currency = currency
            self.depositsBase = depositsBase
            self.agentsBase = agentsBase
            self.platformBase = platformBase
        }

        /// Zero in a sound ledger; nil when it does not fit 64 bits.
        public var totalBase: Int64? {
            let (agents, first) = agentsBase.addingReportingOverflow(platformBase)
            let (total, second) = agents.addingReportingOverflow(depositsBase)
            return first || second ? nil : total
        }
    }

    /// One thing that is wrong, with the place where it is wrong.
    public struct Fault: Hashable, Sendable, CustomStringConvertible {
        /// Such as `account agent:0190…:USDC` or `usage 0190…`.
        public let place: String
        public let detail: String

        public init(place: String, detail: String) {
            self.place = place
            self.detail = detail
        }

        public var description: String { "\(place): \(detail)" }
    }

    /// At most this many faults are listed.
    public static let faultsMax = 100

    public let accounts: Int64
    public let transfers: Int64
    public let usages: Int64
    public let sums: [Sums]
    public let faults: [Fault]

    public init(accounts: Int64, transfers: Int64, usages: Int64, sums: [Sums], faults: [Fault]) {
        self.accounts = accounts
        self.transfers = transfers
        self.usages = usages
        self.sums = sums
        self.faults = faults
    }

    public var isSound: Bool { faults.isEmpty }
}
