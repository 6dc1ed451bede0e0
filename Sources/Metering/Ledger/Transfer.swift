public import MarketCore

/// One entry of the ledger: money that leaves one account and enters another. Never changed, never deleted;
/// a correction is a new entry.
public struct Transfer: Hashable, Sendable {
    public typealias ID = Identifier<Transfer>

    /// What an entry is for.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A prepaid deposit, booked by the operator.
        case credit
        /// What an agent was paid out, booked by the operator.
        case payout
        /// The seller's share of a purchase.
        case purchase
        /// The platform's share of a purchase.
        case purchaseFee = "purchase_fee"
        /// The seller's share of a subscription's further period.
        case renewal
        /// The platform's share of a subscription's further period.
        case renewalFee = "renewal_fee"
        /// The seller's share of a licence's upgrade.
        case upgrade
        /// The platform's share of a licence's upgrade.
        case upgradeFee = "upgrade_fee"
        /// The seller's share of one billed run.
        case usage
        /// The platform's share of one billed run.
        case usageFee = "usage_fee"
        /// The seller's part of what a buyer gets back.
        case refund
        /// The platform's part of what a buyer gets back.
        case refundFee = "refund_fee"
    }

    /// What an entry was booked for.
    public enum Reference: Hashable, Sendable {
        case payment(Payment.ID)
        case refund(Refund.ID)
        case usage(SkillUsage.ID)
        /// The operator's own name for a payment.
        case text(String)
    }

    public let id: ID
    /// The account that the money leaves.
    public let debit: Account
    /// The account that the money enters.
    public let credit: Account
    /// More than zero, in the currency of both accounts.
    public let amount: Money
    public let kind: Kind
    public let reference: Reference
    public let createdAt: Timestamp

    /// Checks what must hold for every entry; throws ``LedgerError``.
    public init(
        id: ID, debit: Account, credit: Account, amount: Money, kind: Kind, reference: Reference,
        createdAt: Timestamp
    ) throws(LedgerError) {
        guard amount.base > 0 else { throw .amountNotPositive(amount) }
        guard debit != credit else { throw .sameAccount(debit) }
        guard debit.currency == amount.currency else { throw .currencyMismatch(debit, amount) }
        guard credit.currency == amount.currency else { throw .currencyMismatch(credit, amount) }
        self.id = id
        self.debit = debit
        self.credit = credit
        self.amount = amount
        self.kind = kind
        self.reference = reference
        self.createdAt = createdAt
    }
}

/// Why an entry would break the ledger.
public enum LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    case amountNotPositive(Money)
    case sameAccount(Account)
    case currencyMismatch(Account, Money)
    /// The entries of one charge do not add up to what was charged.
    case sumMismatch(expected: Money, base: Int64)

    public var description: String {
        switch self {
        case .amountNotPositive(let amount): "A transfer moves more than zero, not \(amount)."
        case .sameAccount(let account): "A transfer needs two accounts, but both are \(account)."
        case .currencyMismatch(let account, let amount): "Account \(account) cannot hold \(amount)."
        case .sumMismatch(let expected, let base):
            "The transfers add up to \(base) base units, but \(expected) (\(expected.base) base units) was charged."
        }
    }
}
