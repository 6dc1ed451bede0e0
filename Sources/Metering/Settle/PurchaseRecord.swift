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

/// A prepaid deposit for an agent, booked once per reference.
public struct CreditRequest: Hashable, Sendable {
    public static let referenceBytesMax = 255

    public let agentID: Agent.ID
    /// More than zero.
    public let amount: Money
    /// The operator's own name for the payment, such as an invoice number. The same reference books nothing twice.
    public let reference: String
    public let createdAt: Timestamp

    public init(agentID: Agent.ID, amount: Money, reference: String, createdAt: Timestamp = .now) {
        self.agentID = agentID
        self.amount = amount
        self.reference = reference
        self.createdAt = createdAt
    }
}

/// A deposit that is booked.
public struct RecordedCredit: Hashable, Sendable {
    public let transfer: Transfer
    /// True when the reference was booked before and nothing was stored now.
    public let replayed: Bool
    /// What the agent has after it.
    public let balance: Money

    public init(transfer: Transfer, replayed: Bool, balance: Money) {
        self.transfer = transfer
        self.replayed = replayed
        self.balance = balance
    }
}
