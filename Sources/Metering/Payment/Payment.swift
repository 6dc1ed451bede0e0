public import MarketCore

/// What a buyer paid for a licence: once at purchase, for every further period of a subscription, and for upgrades.
public struct Payment: Hashable, Sendable {
    public typealias ID = Identifier<Payment>

    /// What was paid for.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case purchase, renewal, upgrade
    }

    public let id: ID
    public let purchaseID: Purchase.ID
    public let kind: Kind
    /// 0 at purchase, then more with every renewal and upgrade.
    public let number: Int64
    public let amount: Money
    /// The time that it is for; nil where the licence has no periods.
    public let period: BillingPeriod?
    public let createdAt: Timestamp

    public init(
        id: ID, purchaseID: Purchase.ID, kind: Kind, number: Int64, amount: Money, period: BillingPeriod?,
        createdAt: Timestamp
    ) {
        self.id = id
        self.purchaseID = purchaseID
        self.kind = kind
        self.number = number
        self.amount = amount
        self.period = period
        self.createdAt = createdAt
    }

    /// The payment at purchase, which has the purchase's identifier.
    public init(first purchase: Purchase) {
        self.init(
            id: ID(purchase.id.uuid), purchaseID: purchase.id, kind: .purchase, number: 0, amount: purchase.amount,
            period: purchase.pricing.interval.map {
                BillingPeriod(anchor: purchase.createdAt, interval: $0, number: 0)
            }, createdAt: purchase.createdAt)
    }
}

/// One more period of a subscription to pay and to store in one durable transaction.
public struct RenewalRecord: Sendable {
    public let purchase: Purchase
    public let payment: Payment
    public let transfers: [Transfer]

    /// - Returns: nil when the purchase is no subscription.
    public init?(_ purchase: Purchase, at time: Timestamp) throws(LedgerError) {
        guard let interval = purchase.pricing.interval, let subscription = purchase.subscription else { return nil }
        self.purchase = purchase
        payment = Payment(
            id: .new(at: time), purchaseID: purchase.id, kind: .renewal, number: purchase.nextPaymentNumber,
            amount: purchase.pricing.price,
            period: BillingPeriod(
                anchor: purchase.createdAt, interval: interval, number: subscription.periodsPaid), createdAt: time)
        transfers = try LedgerRules.payment(payment, of: purchase)
    }
}
