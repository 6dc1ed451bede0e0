public import Foundation
public import MarketCore

/// What a hold reserves: an amount of an agent's balance and, under a licence, one use.
public struct HoldClaim: Hashable, Sendable {
    /// The identifier of the run or purchase that it is for.
    public let id: UUID
    public let agentID: Agent.ID
    /// Zero reserves no money.
    public internal(set) var amount: Money
    public let purchaseID: Purchase.ID?
    /// What bounds the holds of one buyer of a skill that are open at once.
    public struct Concurrency: Hashable, Sendable {
        public let buyerID: Agent.ID
        public let skillID: Skill.ID
        /// Nil for any number.
        public let max: Int64?

        public init(buyerID: Agent.ID, skillID: Skill.ID, max: Int64?) {
            self.buyerID = buyerID
            self.skillID = skillID
            self.max = max
        }

        public static func == (left: Self, right: Self) -> Bool {
            left.buyerID == right.buyerID && left.skillID == right.skillID
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(buyerID)
            hasher.combine(skillID)
        }
    }

    /// Nil for what is no run under a licence.
    public let concurrency: Concurrency?
    /// It counts against the agent's budgets.
    public let isSpending: Bool
    /// In whose day and month budgets are looked at.
    public let time: Timestamp
    /// It takes one of the licence's free runs, and no money.
    var isTrial = false

    public init(
        id: UUID, agentID: Agent.ID, amount: Money, purchaseID: Purchase.ID?, concurrency: Concurrency? = nil,
        isSpending: Bool = true, time: Timestamp = .now
    ) {
        self.id = id
        self.agentID = agentID
        self.amount = amount
        self.purchaseID = purchaseID
        self.concurrency = concurrency
        self.isSpending = isSpending
        self.time = time
    }

    /// What ``HoldBook`` must know to decide.
    var keys: HoldKeys {
        HoldKeys(
            account: amount.isZero ? nil : HoldKeys.AccountKey(agentID: agentID, currency: amount.currency),
            purchaseID: purchaseID)
    }
}

/// What to load from the store before a hold can be decided.
public struct HoldKeys: Hashable, Sendable {
    public struct AccountKey: Hashable, Sendable {
        public let agentID: Agent.ID
        public let currency: Currency

        public init(agentID: Agent.ID, currency: Currency) {
            self.agentID = agentID
            self.currency = currency
        }
    }

    public let account: AccountKey?
    public let purchaseID: Purchase.ID?

    public init(account: AccountKey?, purchaseID: Purchase.ID?) {
        self.account = account
        self.purchaseID = purchaseID
    }
}

/// What the store knows about ``HoldKeys`` at one point in the order of its writes.
public struct HoldState: Hashable, Sendable {
    public struct License: Hashable, Sendable {
        /// Absent means no cap.
        public let usageLimit: Int64?
        public let currentUsage: Int64
        /// Billed runs that still cost nothing.
        public let trialLeft: Int64
        public let budgets: [BudgetState]

        public init(
            usageLimit: Int64?, currentUsage: Int64, trialLeft: Int64 = 0, budgets: [BudgetState] = []
        ) {
            self.usageLimit = usageLimit
            self.currentUsage = currentUsage
            self.trialLeft = trialLeft
            self.budgets = budgets
        }
    }

    public let keys: HoldKeys
    /// The balance of the account; zero when it has no entries.
    public let balanceBase: Int64
    /// The agent's own in the account's currency.
    public let budgets: [BudgetState]
    /// Nil when there is no such purchase.
    public let license: License?

    public init(keys: HoldKeys, balanceBase: Int64, budgets: [BudgetState] = [], license: License?) {
        self.keys = keys
        self.balanceBase = balanceBase
        self.budgets = budgets
        self.license = license
    }
}
