import MarketCore
import TestSupport
import Testing

@Suite("Reputation")
struct ReputationTests {
    @Test("a seller with 999 transactions' worth of money, five stars and full quality has 100; ten parties suffice")
    func hundred() {
        let paid = Reputation.usdcPerTransaction * 100
        let dealings = (0..<10).map { _ in Dealing(transactions: 100, spentUSDC: paid) }
        let reviews = (0..<100).map { _ in CountedReview(stars: 5, standing: 10_000, replyDelay: nil) }
        let reputation = Reputation(dealings: dealings, reviews: reviews, code: 1000, documentation: 1000)
        #expect(reputation.transactionsMilli == 1_009_000)
        #expect(reputation.standing == 10_000)
        // One review of three stars is counted in.
        #expect((9_950...10_000).contains(reputation.hundredths))
        let single = Reputation(
            dealings: [Dealing(transactions: 1000, spentUSDC: paid * 1000)], reviews: [], code: 1000,
            documentation: 1000)
        #expect(single.transactionsMilli == 104_000)
    }

    @Test("nobody without transactions has a reputation, whatever is said of it")
    func nothing() {
        let reviews = (0..<1000).map { _ in CountedReview(stars: 5, standing: 10_000, replyDelay: nil) }
        let reputation = Reputation(dealings: [], reviews: reviews, code: 1000, documentation: 1000)
        #expect(reputation.hundredths == 0)
        #expect(reputation.ratingMilli > 4_990)
    }

    @Test("the formula in whole numbers is that of the real ones", arguments: [1, 3, 9, 50, 999, 12_345] as [Int64])
    func formula(transactions: Int64) {
        let dealings = (0..<400).map { _ in
            Dealing(transactions: 0, spentUSDC: Reputation.usdcPerTransaction * transactions / 400)
        }
        let reputation = Reputation(
            dealings: dealings, reviews: [CountedReview(stars: 4, standing: 2_000, replyDelay: nil)], code: 700,
            documentation: 400)
        let count = Double(reputation.transactionsMilli) / 1000
        let rating = (3.0 * 10 + 4 * 30) / 40
        let expected = min(100, 100 * rating / 5 * logarithm(count + 1) / 3 * (0.7 + 0.4 + 1) / 3)
        #expect(abs(Double(reputation.hundredths) / 100 - expected) < 0.02)
    }

    /// log₁₀ by bisection, so that no library is asked.
    private func logarithm(_ value: Double) -> Double {
        var (exponent, rest, step) = (0.0, value, 1.0)
        while rest >= 10 { (rest, exponent) = (rest / 10, exponent + 1) }
        for _ in 0..<50 {
            (rest, step) = (rest * rest, step / 2)
            if rest >= 10 { (rest, exponent) = (rest / 10, exponent + step) }
        }
        return exponent
    }

    @Test("a complaint that is answered soon costs nothing, one that is answered late some, an ignored one most")
    func support() {
        func support(_ delays: [Int64?]) -> Int64 {
            let reviews = delays.map { CountedReview(stars: 1, standing: 0, replyDelay: $0) }
            return Reputation(dealings: [], reviews: reviews, code: 0, documentation: 0).support
        }
        let day: Int64 = 86_400_000
        #expect(support([]) == 1000)
        #expect(support([day]) == 1000)
        #expect(support([5 * day]) == 933)
        #expect(support([30 * day]) == 833)
        #expect(support([nil]) == 666)
        #expect(support(Array(repeating: nil, count: 98)) == 20)
        let praise = CountedReview(stars: 4, standing: 0, replyDelay: nil)
        #expect(Reputation(dealings: [], reviews: [praise], code: 0, documentation: 0).support == 1000)
    }

    @Test("the reviews of those with standing weigh more than those of many without")
    func weights() {
        let honest = [CountedReview(stars: 1, standing: 9_000, replyDelay: nil)]
        let puppets = (0..<5).map { _ in CountedReview(stars: 5, standing: 0, replyDelay: nil) }
        #expect(Reputation.skillRating(honest + puppets) == 233)
        #expect(Reputation.skillRating(puppets) == 500)
        #expect(Reputation.skillRating([]) == 0)
    }

    // MARK: Groups that deal with themselves

    enum Shape: CaseIterable {
        case ring, clique, star, layers, random
    }

    /// Who buys from whom among `count` members.
    private func edges(_ shape: Shape, _ count: Int, _ random: inout SeededGenerator) -> [(buyer: Int, seller: Int)] {
        let all = (0..<count).flatMap { buyer in (0..<count).map { (buyer, $0) } }.filter { $0 != $1 }
        return switch shape {
        case .ring: (0..<count).map { ($0, ($0 + 1) % count) }.filter { $0 != $1 }
        case .clique: all
        case .star: (1..<count).map { ($0, 0) }
        // Many without a name make the next few one, and so on.
        case .layers: all.filter { $0.0 / 8 + 1 == $0.1 / 8 }
        case .random: all.filter { _ in Bool.random(using: &random) }
        }
    }

    @Test(
        "in a group whose skills nobody else buys no member exceeds the bound of the fees it lost",
        arguments: Shape.allCases)
    func bound(shape: Shape) {
        for seed in 1...60 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let count = Int.random(in: 2...60, using: &random)
            let priceMax = [0, 1_000, 1_000_000, 50_000_000].randomElement(using: &random) ?? 0
            var dealings: [Int: [Dealing]] = [:]
            var reviewers: [Int: [Int]] = [:]
            var fees: Int64 = 0
            for (buyer, seller) in edges(shape, count, &random) {
                let runs = Int64.random(in: 1...10_000, using: &random)
                let price = Int64.random(in: 0...Int64(priceMax), using: &random)
                fees += (price + 39) / 40 * runs
                dealings[seller, default: []].append(Dealing(transactions: runs, spentUSDC: price * runs))
                reviewers[seller, default: []].append(buyer)
            }
            let standings = (0..<count).map { Reputation.standing(dealings[$0] ?? []) }
            let bound = Reputation.bound(feesUSDC: fees, feesSOL: 0)
            for member in 0..<count {
                let reviews = (reviewers[member] ?? []).map {
                    CountedReview(stars: 5, standing: standings[$0], replyDelay: nil)
                }
                let reputation = Reputation(
                    dealings: dealings[member] ?? [], reviews: reviews, code: 1000, documentation: 1000)
                #expect(reputation.hundredths <= bound, "seed \(seed), member \(member) of \(count)")
                if priceMax == 0 { #expect(reputation.hundredths <= 3_334) }
            }
        }
    }

    @Test("the bound is a third of the scale without fees, and each further third costs ten times as much")
    func published() {
        #expect(Reputation.bound(feesUSDC: 0, feesSOL: 0) == 3_333)
        #expect(Reputation.bound(feesUSDC: 9_000_000, feesSOL: 0) == 6_666)
        #expect(Reputation.bound(feesUSDC: 98_990_000, feesSOL: 0) == 9_999)
        #expect(Reputation.bound(feesUSDC: 0, feesSOL: 45_000_000) == 6_666)
    }
}
