public import MarketCore

/// The most that an agent wants to spend in a day or a month, in all or under one licence.
public struct Budget: Hashable, Sendable {
    public enum Scope: Hashable, Sendable {
        /// Purchases, renewals and runs of an agent.
        case agent(Agent.ID)
        /// Runs under one licence.
        case license(Purchase.ID)
    }

    public enum Period: String, Hashable, Sendable, CaseIterable {
        /// From midnight to midnight in UTC.
        case day
        /// From the first of a month in UTC.
        case month

        public var unit: CalendarUnit { self == .day ? .day : .month }
    }

    public let scope: Scope
    public let period: Period
    public let limit: Money

    public init(scope: Scope, period: Period, limit: Money) {
        self.scope = scope
        self.period = period
        self.limit = limit
    }
}

/// A budget with what was spent of it in one period. What a run costs counts in the period in which the run ended;
/// refunds give nothing back.
public struct BudgetState: Hashable, Sendable {
    public let budget: Budget
    public private(set) var periodStart: Timestamp
    public private(set) var spentBase: Int64

    public init(budget: Budget, spentBase: Int64, at time: Timestamp) {
        self.budget = budget
        self.spentBase = spentBase
        periodStart = budget.period.unit.start(of: time)
    }

    /// The first moment of the next period.
    public var periodEnd: Timestamp { budget.period.unit.end(of: periodStart) }

    /// A new period begins with nothing spent. A clock that was set back stays in the period that it had reached.
    mutating func advance(to time: Timestamp) {
        guard time >= periodEnd else { return }
        periodStart = budget.period.unit.start(of: time)
        spentBase = 0
    }

    /// The same limit, in the next period where `former` had reached that: a limit that is set as a period ends must not
    /// forget what was spent in the next.
    func following(_ former: [BudgetState]) -> BudgetState {
        let next = former.first { $0.budget.period == budget.period && $0.periodStart == periodEnd }
        return next.map { BudgetState(budget: budget, spentBase: $0.spentBase, at: $0.periodStart) } ?? self
    }

    /// The same money may be spent again and again: what does not fit 64 bits stays at their end.
    mutating func spend(_ base: Int64, at time: Timestamp) {
        advance(to: time)
        let (sum, overflow) = spentBase.addingReportingOverflow(base)
        spentBase = overflow ? .max : sum
    }

    /// What may still be spent beside what holds reserve; never below zero.
    public func leftBase(held: Int64) -> Int64 {
        let left = max(0, budget.limit.base - spentBase)
        return max(0, left - held)
    }
}
