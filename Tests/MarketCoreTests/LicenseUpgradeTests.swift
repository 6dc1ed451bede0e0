import MarketCore
import TestSupport
import Testing

@Suite("Licence upgrades")
struct LicenseUpgradeTests {
    private static func usdc(_ base: Int64) -> Money { Money(base: base, currency: .usdc) }

    private static func pricing(
        _ kind: Pricing.Kind = .oneTime, price: Int64 = 100, commercial: Int64 = 400, enterprise: Int64 = 1_000,
        interval: Pricing.Interval? = nil, per: Int64 = 1, pack: Int64? = nil
    ) -> Pricing {
        Pricing(
            kind: kind, price: usdc(price), interval: interval, per: per, prepaidUses: pack,
            licensePrices: [.commercial: usdc(commercial), .enterprise: usdc(enterprise)])
    }

    private static let start = Timestamp(milliseconds: 1_700_000_000_000)

    private static func purchase(
        _ prices: Pricing, _ kind: License.Kind = .personal, limit: Int64? = nil, used: Int64 = 0, periods: Int64 = 1
    ) -> Purchase {
        let pricing = prices.forLicense(kind)
        let end = pricing.interval.map { BillingPeriod(anchor: start, interval: $0, number: periods - 1).end }
        return Purchase(
            id: .new(), buyerID: .new(), sellerID: .new(), skillID: .new(), amount: pricing.purchasePrice,
            pricing: pricing,
            license: License(kind: kind, expiresAt: end, usageLimit: limit ?? prices.prepaidUses, currentUsage: used),
            subscription: end.map { _ in Subscription(periodsPaid: periods) }, status: .completed, createdAt: start)
    }

    @Test("of a licence that is paid once cost the difference, in one step or in two")
    func oneTime() throws {
        let prices = Self.pricing()
        let purchase = Self.purchase(prices)
        let once = try LicenseUpgrade(of: purchase, to: .enterprise, usageLimit: nil, at: prices, now: Self.start)
        #expect(once.amount == Self.usdc(900) && once.pricing.price == Self.usdc(1_000))
        let first = try LicenseUpgrade(of: purchase, to: .commercial, usageLimit: nil, at: prices, now: Self.start)
        let between = first.applied(to: purchase)
        #expect(between.license.kind == .commercial && between.upgrades == 1 && between.amount == Self.usdc(100))
        let second = try LicenseUpgrade(of: between, to: .enterprise, usageLimit: nil, at: prices, now: Self.start)
        #expect(first.amount.base + second.amount.base == once.amount.base)
        #expect(second.pricing == once.pricing)
    }

    @Test("cost the difference of today, and leave the price that the buyer accepted")
    func today() throws {
        let purchase = Self.purchase(Self.pricing(.usage))
        let dearer = Self.pricing(.usage, price: 500, commercial: 550, enterprise: 550)
        let change = try LicenseUpgrade(of: purchase, to: .commercial, usageLimit: nil, at: dearer, now: Self.start)
        #expect(change.amount.isZero && change.pricing.unitPrice == Self.usdc(150))
        let cheaper = Self.pricing(.usage, price: 1, commercial: 1, enterprise: 1)
        let free = try LicenseUpgrade(of: purchase, to: .enterprise, usageLimit: nil, at: cheaper, now: Self.start)
        #expect(free.pricing.unitPrice == Self.usdc(100))
    }

    @Test(
        "of a subscription cost the share of the paid time that is left, rounded up, and the whole of a period paid ahead"
    )
    func subscription() throws {
        let prices = Self.pricing(.subscription, interval: .daily)
        func cost(_ hours: Int64, periods: Int64 = 1, milliseconds: Int64 = 0) throws -> Int64 {
            let now = Self.start.advanced(byMilliseconds: hours * 3_600_000 + milliseconds)
            let purchase = Self.purchase(prices, periods: periods)
            let change = try LicenseUpgrade(of: purchase, to: .commercial, usageLimit: nil, at: prices, now: now)
            #expect(change.pricing.price == Self.usdc(400))
            return change.amount.base
        }
        #expect(try cost(0) == 300)
        #expect(try cost(12) == 150)
        #expect(try cost(12, milliseconds: 1) == 150)
        #expect(try cost(12, milliseconds: -1) == 151)
        #expect(try cost(24, milliseconds: -1) == 1)
        #expect(try cost(24, periods: 2, milliseconds: -1) == 301)
        #expect(throws: UpgradeRefusal.unpaidPeriod) { _ = try cost(24) }
        // A clock that was set back before the purchase asks for no more than the whole.
        #expect(try cost(-48) == 300)
    }

    @Test("of a pack cost the difference for the uses that are left, and today's price for further ones")
    func pack() throws {
        let prices = Self.pricing(pack: 10)
        let purchase = Self.purchase(prices, used: 4)
        func cost(_ kind: License.Kind?, _ limit: Int64?, _ purchase: Purchase) throws -> LicenseUpgrade {
            try LicenseUpgrade(of: purchase, to: kind, usageLimit: limit, at: prices, now: Self.start)
        }
        #expect(try cost(.commercial, nil, purchase).amount == Self.usdc(180))
        #expect(try cost(nil, 25, purchase).amount == Self.usdc(150))
        let both = try cost(.commercial, 11, purchase)
        #expect(both.amount == Self.usdc(180 + 40) && both.pricing.prepaidUses == 11 && both.usageLimit == 11)
        // What was paid for already is not paid for again.
        let bounded = Self.purchase(prices, limit: 3)
        #expect(try cost(nil, 10, bounded).amount.isZero)
        #expect(try cost(nil, 11, bounded).amount == Self.usdc(10))
        let odd = Self.pricing(price: 101, pack: 10)
        let one = try LicenseUpgrade(
            of: Self.purchase(odd), to: nil, usageLimit: 11, at: odd, now: Self.start)
        #expect(one.amount == Self.usdc(11))
    }

    @Test("that make nothing larger, or have no price, are refused")
    func refusals() throws {
        let prices = Self.pricing()
        func refusal(_ purchase: Purchase, _ kind: License.Kind?, _ limit: Int64?, _ today: Pricing) -> UpgradeRefusal?
        {
            do throws(UpgradeRefusal) {
                _ = try LicenseUpgrade(of: purchase, to: kind, usageLimit: limit, at: today, now: Self.start)
                return nil
            } catch { return error }
        }
        let commercial = Self.purchase(prices, .commercial, limit: 5)
        #expect(refusal(commercial, .personal, nil, prices) == .smallerKind(.commercial))
        #expect(refusal(commercial, .commercial, nil, prices) == .nothing)
        #expect(refusal(commercial, nil, nil, prices) == .nothing)
        #expect(refusal(commercial, nil, 5, prices) == .nothing)
        #expect(refusal(commercial, nil, 4, prices) == .lowerLimit(5))
        #expect(refusal(Self.purchase(prices), nil, 4, prices) == .noLimit)
        #expect(refusal(commercial, .enterprise, nil, Self.pricing(.usage)) == .otherPricing)
        #expect(refusal(commercial, .enterprise, nil, Self.pricing(pack: 3)) == .otherPricing)
        let most = Self.pricing(price: 1, commercial: 1, enterprise: .max)
        #expect(refusal(Self.purchase(Self.pricing(price: 2, commercial: 2)), .enterprise, nil, most) == .tooMuch)
    }

    @Test("never cost less than nothing, and in many steps never less than in one")
    func steps() throws {
        var random = SeededGenerator(seed: 22)
        for _ in 0..<500 {
            let price = Int64.random(in: 1...1_000, using: &random)
            let prices = Self.pricing(price: price, pack: .random(in: 1...9, using: &random))
            let purchase = Self.purchase(prices)
            let most = (prices.prepaidUses ?? 1) + .random(in: 1...40, using: &random)
            let once = try LicenseUpgrade(of: purchase, to: nil, usageLimit: most, at: prices, now: Self.start)
            var (stepped, paid) = (purchase, Int64(0))
            while stepped.license.usageLimit != most {
                let next = min(most, (stepped.license.usageLimit ?? 0) + .random(in: 1...7, using: &random))
                let step = try LicenseUpgrade(of: stepped, to: nil, usageLimit: next, at: prices, now: Self.start)
                #expect(step.amount.base >= 0)
                stepped = step.applied(to: stepped)
                paid += step.amount.base
            }
            #expect(paid >= once.amount.base && paid < once.amount.base + 40)
        }
    }
}
