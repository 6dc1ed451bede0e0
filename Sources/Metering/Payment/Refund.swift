public import MarketCore

/// Money that a buyer gets back, as new entries: nothing that was booked changes.
public struct Refund: Hashable, Sendable {
    public typealias ID = Identifier<Refund>

    /// What was paid.
    public enum Target: Hashable, Sendable {
        case payment(Payment.ID)
        case usage(SkillUsage.ID)
    }

    public let id: ID
    public let target: Target
    /// The licence whose payment or run it is.
    public let purchaseID: Purchase.ID
    public let buyerID: Agent.ID
    public let sellerID: Agent.ID
    public let amount: Money
    /// What the seller gives of it.
    public let sellerPart: Money
    /// What the platform gives of it.
    public let feePart: Money
    /// What of the target had been given back before.
    public let refundedBefore: Money
    public let reason: String
    public let createdAt: Timestamp

    public static let reasonBytesMax = 255
    /// One payment or run is given back in so many parts at most.
    public static let partsMax = 100

    /// A refund that was stored.
    public init(
        id: ID, target: Target, purchaseID: Purchase.ID, buyerID: Agent.ID, sellerID: Agent.ID, amount: Money,
        sellerPart: Money, feePart: Money, refundedBefore: Money, reason: String, createdAt: Timestamp
    ) {
        self.id = id
        self.target = target
        self.purchaseID = purchaseID
        self.buyerID = buyerID
        self.sellerID = sellerID
        self.amount = amount
        self.sellerPart = sellerPart
        self.feePart = feePart
        self.refundedBefore = refundedBefore
        self.reason = reason
        self.createdAt = createdAt
    }

    /// Divides `amount`. With the fee, what remains is shared as if only that had ever been paid: after any number of such
    /// refunds that add up to all, seller and platform are where they were before the payment. Without it the seller gives
    /// all: a seller that could have fees back would sell dear, refund, and be paid elsewhere.
    /// - Parameters:
    ///   - returnsFee: the platform gives its part back.
    ///   - paid: what the target cost.
    ///   - before: what was given back of it already; `before + amount` is at most `paid`.
    public init(
        id: ID, target: Target, purchaseID: Purchase.ID, buyerID: Agent.ID, sellerID: Agent.ID, amount: Money,
        of paid: Money, before: Money, returnsFee: Bool, reason: String, createdAt: Timestamp
    ) throws(RefundError) {
        guard amount.currency == paid.currency, before.currency == paid.currency else {
            throw .otherCurrency(paid.currency)
        }
        let left = Money(base: paid.base - before.base, currency: paid.currency)
        guard amount.base > 0, amount.base <= left.base else { throw .amount(left: left) }
        let after = Money(base: left.base - amount.base, currency: paid.currency)
        let fee = returnsFee ? PaymentSplit(left).fee.base - PaymentSplit(after).fee.base : 0
        self.init(
            id: id, target: target, purchaseID: purchaseID, buyerID: buyerID, sellerID: sellerID, amount: amount,
            sellerPart: Money(base: amount.base - fee, currency: paid.currency),
            feePart: Money(base: fee, currency: paid.currency), refundedBefore: before,
            reason: reason, createdAt: createdAt)
    }
}

/// Why money is not given back.
public enum RefundError: Error, Hashable, Sendable, CustomStringConvertible {
    /// More than what was paid, nothing, or less than nothing.
    case amount(left: Money)
    case otherCurrency(Currency)

    public var description: String {
        switch self {
        case .amount(let left): "A refund is more than zero and at most the \(left) that were paid and not given back."
        case .otherCurrency(let currency): "It was paid in \(currency.rawValue), and so is its refund."
        }
    }
}

/// What is given back at once, of one payment or run or of several payments, to store with its entries in one durable
/// transaction.
public struct RefundRecord: Sendable {
    /// One for each payment or run, all of one purchase; at least one.
    public let refunds: [Refund]
    public let transfers: [Transfer]
    /// What is given back in all.
    public let amount: Money
    /// What the seller gives of that.
    public let sellerPart: Money
    /// The licence ends with it, unless a payment came after this one: all that was paid for its present time is given back.
    public let endsAfter: Payment.ID?
    /// The keyed request to store the answer for, and what makes that answer of the purchase as it is then.
    public let idempotency: (request: IdempotentRequest, response: @Sendable (Purchase) -> StoredOutcome)?

    /// - Precondition: there is a refund, and all are of one purchase.
    public init(
        _ refunds: [Refund], endsAfter: Payment.ID? = nil,
        idempotency: (request: IdempotentRequest, response: @Sendable (Purchase) -> StoredOutcome)? = nil
    ) throws(LedgerError) {
        let first = refunds[0]
        precondition(refunds.allSatisfy { $0.purchaseID == first.purchaseID }, "refunds are of one purchase")
        self.refunds = refunds
        self.endsAfter = endsAfter
        self.idempotency = idempotency
        var transfers: [Transfer] = []
        var (amount, sellerPart): (Int64, Int64) = (0, 0)
        for refund in refunds {
            transfers += try LedgerRules.refund(refund)
            let (sum, overflow) = amount.addingReportingOverflow(refund.amount.base)
            guard !overflow else { throw .sumMismatch(expected: refund.amount, base: amount) }
            amount = sum
            sellerPart += refund.sellerPart.base
        }
        self.transfers = transfers
        self.amount = Money(base: amount, currency: first.amount.currency)
        self.sellerPart = Money(base: sellerPart, currency: first.amount.currency)
    }

    public var purchaseID: Purchase.ID { refunds[0].purchaseID }
}
