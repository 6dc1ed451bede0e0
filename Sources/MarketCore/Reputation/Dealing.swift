/// What one party did with a seller: all agents of one owner's wallet together.
public struct Dealing: Hashable, Sendable {
    /// Runs that ended `ok` and payments for licences, without those that were wholly given back.
    public var transactions: Int64
    /// Base units of USDC that were paid and not given back.
    public var spentUSDC: Int64
    /// Base units of SOL.
    public var spentSOL: Int64

    public init(transactions: Int64, spentUSDC: Int64 = 0, spentSOL: Int64 = 0) {
        self.transactions = transactions
        self.spentUSDC = spentUSDC
        self.spentSOL = spentSOL
    }

    /// What a party without a name counts for: the binary logarithm of its transactions, 1 for one, 2 for three, at
    /// most ``Reputation/partyTransactionsMax``.
    var damped: Int64 {
        guard transactions > 0 else { return 0 }
        let length = Int64(63 - (min(transactions, .max - 1) + 1).leadingZeroBitCount)
        return min(length, Reputation.partyTransactionsMax)
    }

    /// Transactions, in thousandths, that its money stands for.
    var paidMilli: Int64 {
        let usdc = max(0, spentUSDC) / (Reputation.usdcPerTransaction / 1000)
        let sol = max(0, spentSOL) / (Reputation.solPerTransaction / 1000)
        return min(usdc.addingClamped(sol), Reputation.partyPaidMilliMax)
    }
}

/// What one party says of one skill of a seller: its newest review.
public struct CountedReview: Hashable, Sendable {
    /// 1 to 5.
    public let stars: Int64
    /// The reviewer's own standing, in hundredths.
    public let standing: Int64
    /// Milliseconds until the seller replied; nil when it did not.
    public let replyDelay: Int64?

    public init(stars: Int64, standing: Int64, replyDelay: Int64?) {
        self.stars = stars
        self.standing = standing
        self.replyDelay = replyDelay
    }

    var weight: Int64 { Reputation.baseWeight + standing }
}

extension Int64 {
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
