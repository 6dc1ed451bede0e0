import MarketCore
import Metering

/// The entries that the ledger has, less those that it should have by ``LedgerRules``: nothing, when every charge and
/// refund has exactly its entries and no entry is for something else.
///
/// Credits and payouts are their own reason; nothing else says what they should be.
struct ExpectedEntries {
    private let hash = KeyedHash(factors: 0)
    private var difference = Fingerprint()

    /// Whether both are the same, but for the chance that ``Fingerprint`` names.
    var isMet: Bool { difference.isZero }

    @inline(__always)
    mutating func has(
        _ kind: Transfer.Kind, for reference: RowKey, from debit: Int64, to credit: Int64, amount: Int64
    ) {
        difference.add(hash(of: kind, reference, debit, credit, amount))
    }

    /// - Parameter kinds: the seller's share and the fee.
    mutating func expect(
        charge amount: Int64, in currency: RowWord, _ kinds: (Transfer.Kind, Transfer.Kind), for reference: RowKey,
        from buyer: RowKey, to seller: RowKey, _ known: KnownRows
    ) throws {
        guard amount >= 0 else { throw Oddity() }
        guard amount > 0 else { return }
        // Which currency it is does not change the split.
        let split = PaymentSplit(Money(base: amount, currency: .usdc))
        let debit = try known.account(of: buyer, in: currency)
        if !split.seller.isZero {
            expect(
                kinds.0, for: reference, from: debit, to: try known.account(of: seller, in: currency),
                amount: split.seller.base)
        }
        if !split.fee.isZero {
            expect(
                kinds.1, for: reference, from: debit, to: try known.platformAccount(in: currency),
                amount: split.fee.base)
        }
    }

    mutating func expect(
        refund reference: RowKey, sellerPart: Int64, feePart: Int64, in currency: RowWord, from seller: RowKey,
        to buyer: RowKey, _ known: KnownRows
    ) throws {
        guard sellerPart >= 0, feePart >= 0 else { throw Oddity() }
        let credit = try known.account(of: buyer, in: currency)
        if sellerPart > 0 {
            expect(
                .refund, for: reference, from: try known.account(of: seller, in: currency), to: credit,
                amount: sellerPart)
        }
        if feePart > 0 {
            expect(
                .refundFee, for: reference, from: try known.platformAccount(in: currency), to: credit, amount: feePart)
        }
    }

    private mutating func expect(
        _ kind: Transfer.Kind, for reference: RowKey, from debit: Int64, to credit: Int64, amount: Int64
    ) {
        difference.remove(hash(of: kind, reference, debit, credit, amount))
    }

    /// The accounts say the currency.
    @inline(__always)
    private func hash(
        of kind: Transfer.Kind, _ reference: RowKey, _ debit: Int64, _ credit: Int64, _ amount: Int64
    ) -> UInt128 {
        hash { hasher in
            hasher.combine(kind)
            hasher.combine(reference)
            hasher.combine(debit)
            hasher.combine(credit)
            hasher.combine(amount)
        }
    }
}
