public import MarketCore

/// Which entries each business event makes. Every event conserves money: what is debited is credited.
public enum LedgerRules {
    /// A prepaid deposit enters the buyer's account.
    public static func credit(
        _ amount: Money, to agent: Agent.ID, reference: String, at time: Timestamp
    ) throws(LedgerError) -> Transfer {
        try Transfer(
            id: .new(at: time), debit: .deposits(amount.currency), credit: .agent(agent, amount.currency),
            amount: amount, kind: .credit, reference: .text(reference), createdAt: time)
    }

    /// What an agent was paid out leaves its account.
    public static func payout(
        _ amount: Money, to agent: Agent.ID, reference: String, at time: Timestamp
    ) throws(LedgerError) -> Transfer {
        try Transfer(
            id: .new(at: time), debit: .agent(agent, amount.currency), credit: .deposits(amount.currency),
            amount: amount, kind: .payout, reference: .text(reference), createdAt: time)
    }

    /// What a purchase pays at once, a subscription for one more period, or an upgrade: the seller's share and the platform's fee;
    /// no entries for a price of zero.
    public static func payment(_ payment: Payment, of purchase: Purchase) throws(LedgerError) -> [Transfer] {
        let kinds: (Transfer.Kind, Transfer.Kind) =
            switch payment.kind {
            case .purchase: (.purchase, .purchaseFee)
            case .renewal: (.renewal, .renewalFee)
            case .upgrade: (.upgrade, .upgradeFee)
            }
        return try entries(
            payment.amount, from: purchase.buyerID, to: purchase.sellerID, kinds: kinds,
            reference: .payment(payment.id), at: payment.createdAt)
    }

    /// What a refund gives back: the seller's and the platform's part.
    public static func refund(_ refund: Refund) throws(LedgerError) -> [Transfer] {
        let currency = refund.amount.currency
        var transfers: [Transfer] = []
        let parts: [(Account, Int64, Transfer.Kind)] = [
            (.agent(refund.sellerID, currency), refund.sellerPart.base, .refund),
            (.platform(currency), refund.feePart.base, .refundFee),
        ]
        for (debit, base, kind) in parts where base > 0 {
            transfers.append(
                try Transfer(
                    id: .new(at: refund.createdAt), debit: debit, credit: .agent(refund.buyerID, currency),
                    amount: Money(base: base, currency: currency), kind: kind, reference: .refund(refund.id),
                    createdAt: refund.createdAt))
        }
        return transfers
    }

    /// What one run pays: the seller's share and the platform's fee; no entries for a cost of zero.
    public static func usage(_ usage: SkillUsage, seller: Agent.ID) throws(LedgerError) -> [Transfer] {
        try entries(
            usage.cost, from: usage.agentID, to: seller, kinds: (.usage, .usageFee),
            reference: .usage(usage.id), at: usage.timestamp)
    }

    private static func entries(
        _ amount: Money, from buyer: Agent.ID, to seller: Agent.ID, kinds: (Transfer.Kind, Transfer.Kind),
        reference: Transfer.Reference, at time: Timestamp
    ) throws(LedgerError) -> [Transfer] {
        guard amount.base >= 0 else { throw .amountNotPositive(amount) }
        let currency = amount.currency
        let split = PaymentSplit(amount)
        var transfers: [Transfer] = []
        // A share can be zero: of one base unit the fee, rounded up, is all.
        if !split.seller.isZero {
            transfers.append(
                try Transfer(
                    id: .new(at: time), debit: .agent(buyer, currency), credit: .agent(seller, currency),
                    amount: split.seller, kind: kinds.0, reference: reference, createdAt: time))
        }
        if !split.fee.isZero {
            transfers.append(
                try Transfer(
                    id: .new(at: time), debit: .agent(buyer, currency), credit: .platform(currency),
                    amount: split.fee, kind: kinds.1, reference: reference, createdAt: time))
        }
        return transfers
    }
}
