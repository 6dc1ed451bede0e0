/// What a buyer may do with a skill.
public struct License: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case personal, commercial, enterprise

        /// The most runs that may go on at once under one licence; nil for as many as the node has room for.
        public var concurrentRunsMax: Int64? {
            switch self {
            case .personal: 4
            case .commercial: 64
            case .enterprise: nil
            }
        }
    }

    public let kind: Kind
    /// The end of the paid time; absent for licences that do not expire.
    public var expiresAt: Timestamp?
    /// The most runs that may be billed under it; absent means no cap.
    public let usageLimit: Int64?
    /// Runs billed so far.
    public var currentUsage: Int64

    public init(kind: Kind, expiresAt: Timestamp? = nil, usageLimit: Int64? = nil, currentUsage: Int64 = 0) {
        self.kind = kind
        self.expiresAt = expiresAt
        self.usageLimit = usageLimit
        self.currentUsage = currentUsage
    }
}

/// One agent's bought right to run another agent's skill.
public struct Purchase: Hashable, Sendable {
    public typealias ID = Identifier<Purchase>

    public enum Status: String, Hashable, Sendable, CaseIterable {
        case pending, completed, refunded
    }

    public let id: ID
    public let buyerID: Agent.ID
    public let sellerID: Agent.ID
    public let skillID: Skill.ID
    /// What was paid at purchase.
    public let amount: Money
    /// What the buyer accepted: it stays, whatever the skill costs later. An upgrade adds to it.
    public var pricing: Pricing
    public let transactionHash: String?
    public var license: License
    /// Billed runs that still cost nothing.
    public var trialLeft: Int64
    public var subscription: Subscription?
    /// How often the licence was upgraded.
    public var upgrades: Int64
    public var status: Status
    /// Raised when tokens issued before must no longer be accepted.
    public var revocationEpoch: Int64
    /// Set when the operator revoked the purchase, with the reason.
    public var revokedReason: String?
    public let createdAt: Timestamp

    public init(
        id: ID, buyerID: Agent.ID, sellerID: Agent.ID, skillID: Skill.ID, amount: Money, pricing: Pricing,
        transactionHash: String? = nil, license: License, trialLeft: Int64 = 0, subscription: Subscription? = nil,
        upgrades: Int64 = 0, status: Status, revocationEpoch: Int64 = 0, revokedReason: String? = nil,
        createdAt: Timestamp
    ) {
        self.id = id
        self.buyerID = buyerID
        self.sellerID = sellerID
        self.skillID = skillID
        self.amount = amount
        self.pricing = pricing
        self.transactionHash = transactionHash
        self.license = license
        self.trialLeft = trialLeft
        self.subscription = subscription
        self.upgrades = upgrades
        self.status = status
        self.revocationEpoch = revocationEpoch
        self.revokedReason = revokedReason
        self.createdAt = createdAt
    }

    /// The number that its next payment gets: after that at purchase, each further period's and each upgrade's. An upgrade
    /// that cost nothing has one without a payment.
    public var nextPaymentNumber: Int64 { (subscription?.periodsPaid ?? 1) + upgrades }

    /// When it can no longer be used: the end of the paid time, and while its renewal cannot be paid, of the grace after
    /// that. Nil for never.
    public var usableUntil: Timestamp? {
        guard let end = license.expiresAt, let subscription, subscription.renews else { return license.expiresAt }
        return end.advanced(byMilliseconds: pricing.graceHours * 3_600_000)
    }
}

/// How a subscription goes on.
public struct Subscription: Hashable, Sendable {
    /// Periods that were paid, from 1.
    public var periodsPaid: Int64
    /// Whether the next period is to be paid when this one ends.
    public var renews: Bool

    public init(periodsPaid: Int64 = 1, renews: Bool = true) {
        self.periodsPaid = periodsPaid
        self.renews = renews
    }
}
