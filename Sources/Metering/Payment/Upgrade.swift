public import MarketCore

/// A licence that became larger.
public struct Upgrade: Hashable, Sendable {
    public typealias ID = Identifier<Upgrade>

    /// What an upgrade changes of a licence.
    public struct Terms: Hashable, Sendable {
        public let kind: License.Kind
        public let usageLimit: Int64?

        public init(kind: License.Kind, usageLimit: Int64?) {
            self.kind = kind
            self.usageLimit = usageLimit
        }
    }

    /// Its payment has the same.
    public let id: ID
    public let purchaseID: Purchase.ID
    /// From 1.
    public let number: Int64
    public let from: Terms
    public let to: Terms
    /// What was paid for it; zero where nothing was.
    public let amount: Money
    public let createdAt: Timestamp

    public init(
        id: ID, purchaseID: Purchase.ID, number: Int64, from: Terms, to: Terms, amount: Money, createdAt: Timestamp
    ) {
        self.id = id
        self.purchaseID = purchaseID
        self.number = number
        self.from = from
        self.to = to
        self.amount = amount
        self.createdAt = createdAt
    }
}

/// An upgrade to pay and to store in one durable transaction.
public struct UpgradeRecord: Sendable {
    /// As it was when the price was made.
    public let purchase: Purchase
    /// As it is to be.
    public let upgraded: Purchase
    public let upgrade: Upgrade
    /// Nil when nothing is paid.
    public let payment: Payment?
    public let transfers: [Transfer]
    /// The keyed request to store the answer for, and what makes that answer of the purchase as it is then.
    public let idempotency: (request: IdempotentRequest, response: @Sendable (Purchase) -> StoredOutcome)?

    public init(
        _ change: LicenseUpgrade, of purchase: Purchase, id: Upgrade.ID, at time: Timestamp,
        idempotency: (request: IdempotentRequest, response: @Sendable (Purchase) -> StoredOutcome)? = nil
    ) throws(LedgerError) {
        let upgraded = change.applied(to: purchase)
        self.purchase = purchase
        self.upgraded = upgraded
        self.idempotency = idempotency
        upgrade = Upgrade(
            id: id, purchaseID: purchase.id, number: upgraded.upgrades, from: purchase.license.terms,
            to: upgraded.license.terms, amount: change.amount, createdAt: time)
        let payment = Payment(
            id: Payment.ID(id.uuid), purchaseID: purchase.id, kind: .upgrade, number: purchase.nextPaymentNumber,
            amount: change.amount, period: purchase.license.expiresAt.map { BillingPeriod(start: time, end: $0) },
            createdAt: time)
        transfers = try LedgerRules.payment(payment, of: purchase)
        self.payment = payment.amount.isZero ? nil : payment
    }
}

extension License {
    fileprivate var terms: Upgrade.Terms { Upgrade.Terms(kind: kind, usageLimit: usageLimit) }
}
