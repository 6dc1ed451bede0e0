public import Foundation
public import MarketCore

/// What a hold reserves: an amount of an agent's balance and, under a licence, one use.
public struct HoldClaim: Hashable, Sendable {
    /// The identifier of the run or purchase that it is for.
    public let id: UUID
    public let agentID: Agent.ID
    /// Zero reserves no money.
    public let amount: Money
    public let purchaseID: Purchase.ID?

    public init(id: UUID, agentID: Agent.ID, amount: Money, purchaseID: Purchase.ID?) {
        self.id = id
        self.agentID = agentID
        self.amount = amount
        self.purchaseID = purchaseID
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

        public init(usageLimit: Int64?, currentUsage: Int64) {
            self.usageLimit = usageLimit
            self.currentUsage = currentUsage
        }
    }

    public let keys: HoldKeys
    /// The balance of the account; zero when it has no entries.
    public let balanceBase: Int64
    /// Nil when there is no such purchase.
    public let license: License?

    public init(keys: HoldKeys, balanceBase: Int64, license: License?) {
        self.keys = keys
        self.balanceBase = balanceBase
        self.license = license
    }
}
