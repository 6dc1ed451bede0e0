/// A seller's reputation with the terms that make it, in whole numbers throughout: a recount gives the same digits.
///
/// `min(100, 100 · (rating / 5) · log10(transactions + 1) / 3 · quality)`, where
/// - `rating` is the mean of the reviews, each weighted by its reviewer's ``standing``;
/// - `transactions` counts parties rather than runs: all parties together up to ``freeTransactionsMax``, and beyond that
///   what they paid: one for each ``usdcPerTransaction`` that was charged, of which the platform kept a fortieth;
/// - `quality` is the mean of code, documentation and support.
///
/// So a group of agents that only deals with itself never exceeds ``bound(feesUSDC:feesSOL:)`` of the fees it lost.
public struct Reputation: Hashable, Sendable {
    /// What all parties count for together, whatever they paid.
    public static let freeTransactionsMax: Int64 = 9
    /// What one party counts for at most, whatever it paid.
    public static let partyTransactionsMax: Int64 = 4
    /// Thousandths of transactions that one party's money counts for at most: ten such parties reach 100.
    public static let partyPaidMilliMax: Int64 = 100_000
    /// Base units of USDC that stand for one transaction: 4 USDC, of which 0.1 USDC is the platform's.
    public static let usdcPerTransaction: Int64 = 4_000_000
    /// Base units of SOL that stand for one transaction: 0.02 SOL, of which 0.0005 SOL is the platform's.
    public static let solPerTransaction: Int64 = 20_000_000
    /// The weight of a reviewer without any standing, in hundredths.
    public static let baseWeight: Int64 = 1000
    /// What is counted as one more review of that weight, so that the first one does not decide alone.
    static let priorStars: Int64 = 3
    /// The code quality of a skill without a score, in thousandths.
    public static let unknownQuality: Int64 = 500

    /// Transactions in thousandths, as they are counted.
    public let transactionsMilli: Int64
    public let parties: Int64
    /// Thousandths of stars.
    public let ratingMilli: Int64
    public let reviews: Int64
    /// 0 to 1000 each.
    public let code: Int64
    public let documentation: Int64
    public let support: Int64

    public init(dealings: [Dealing], reviews: [CountedReview], code: Int64, documentation: Int64) {
        transactionsMilli = Self.transactionsMilli(dealings)
        parties = Int64(dealings.count)
        self.reviews = Int64(reviews.count)
        var (sum, weight) = (Self.baseWeight * Self.priorStars, Self.baseWeight)
        for review in reviews {
            sum += review.weight * review.stars
            weight += review.weight
        }
        ratingMilli = sum * 1000 / weight
        self.code = code
        self.documentation = documentation
        support = Self.support(reviews)
    }

    /// 0 to 1000.
    public var quality: Int64 { (code + documentation + support) / 3 }

    /// 0 to 10,000, for 0 to 100.
    public var hundredths: Int64 {
        let product = ratingMilli * Self.logarithm(transactionsMilli) * quality
        return min(10_000, product / 1_500_000_000)
    }

    /// The part that reviews do not touch, by which the seller's own reviews of others are weighted, in hundredths.
    public var standing: Int64 { Self.standing(transactionsMilli) }

    public static func standing(_ dealings: [Dealing]) -> Int64 { standing(transactionsMilli(dealings)) }

    /// What no member exceeds of a group whose skills nobody else bought, in hundredths, when the platform kept fees of so
    /// many base units of what its members paid each other.
    public static func bound(feesUSDC: Int64, feesSOL: Int64) -> Int64 {
        let usdc = max(0, feesUSDC) / (usdcPerTransaction / 40 / 1000)
        let sol = max(0, feesSOL) / (solPerTransaction / 40 / 1000)
        return standing((freeTransactionsMax * 1000).addingClamped(usdc.addingClamped(sol)))
    }

    /// The weighted mean of the reviews of one skill in hundredths of stars; 0 without any.
    public static func skillRating(_ reviews: [CountedReview]) -> Int64 {
        let weight = reviews.reduce(0) { $0 + $1.weight }
        guard weight > 0 else { return 0 }
        return (reviews.reduce(0) { $0 + $1.weight * $1.stars } * 200 + weight) / (2 * weight)
    }

    private static func transactionsMilli(_ dealings: [Dealing]) -> Int64 {
        let unpaid = min(freeTransactionsMax, dealings.reduce(0) { $0.addingClamped($1.damped) })
        return dealings.reduce(unpaid * 1000) { $0.addingClamped($1.paidMilli) }
    }

    /// 10⁶ · log₁₀(transactions + 1).
    private static func logarithm(_ transactionsMilli: Int64) -> Int64 {
        FixedLogarithm.log10Millionths(transactionsMilli.addingClamped(1000)) - 3_000_000
    }

    private static func standing(_ transactionsMilli: Int64) -> Int64 {
        min(10_000, logarithm(transactionsMilli) / 300)
    }

    // MARK: Support

    private static let dayMilliseconds: Int64 = 86_400_000

    /// How far reviews of three stars or fewer are answered, and how soon. Two answered ones are counted in, so that the
    /// first complaint is not all there is.
    private static func support(_ reviews: [CountedReview]) -> Int64 {
        let complaints = reviews.filter { $0.stars <= 3 }
        let answered = complaints.reduce(0) { $0 + credit(forReplyAfter: $1.replyDelay) }
        return (2000 + answered) / Int64(2 + complaints.count)
    }

    private static func credit(forReplyAfter delay: Int64?) -> Int64 {
        guard let delay else { return 0 }
        if delay <= 3 * dayMilliseconds { return 1000 }
        return delay <= 7 * dayMilliseconds ? 800 : 500
    }
}
