public import MarketCore

/// A purchase to store, with the entries that pay it, in one durable transaction.
public struct PurchaseRecord: Sendable {
    public let purchase: Purchase
    /// Nil when nothing is paid now.
    public let payment: Payment?
    /// The entries that pay ``Purchase/amount``; empty when it is zero.
    public let transfers: [Transfer]
    /// The keyed request to store the answer for, with that answer.
    public let idempotency: (request: IdempotentRequest, outcome: StoredOutcome)?

    /// Books what the purchase costs from its buyer to its seller and the platform; throws when that is no valid
    /// payment, such as an amount below zero or a buyer who is the seller.
    public init(
        purchase: Purchase, idempotency: (request: IdempotentRequest, outcome: StoredOutcome)? = nil
    ) throws(LedgerError) {
        self.purchase = purchase
        let payment = Payment(first: purchase)
        transfers = try LedgerRules.payment(payment, of: purchase)
        self.payment = payment.amount.isZero ? nil : payment
        self.idempotency = idempotency
    }
}
