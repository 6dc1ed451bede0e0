/// What a licence that was bought becomes when its buyer upgrades it, and what that costs now.
///
/// The buyer keeps the price that it accepted and pays the difference of today's prices of the two kinds, which is never
/// below zero: a larger licence never costs less. What is a share of a price is rounded up to a base unit, so that many
/// small upgrades never cost less than one.
public struct LicenseUpgrade: Hashable, Sendable {
    public let kind: License.Kind
    public let usageLimit: Int64?
    /// What is paid from then on; for a licence that is paid once, what was paid for it in all.
    public let pricing: Pricing
    /// What is paid now.
    public let amount: Money

    /// - Parameters:
    ///   - kind: nil leaves it.
    ///   - usageLimit: nil leaves it.
    ///   - prices: the skill's own of today, for all kinds.
    public init(
        of purchase: Purchase, to kind: License.Kind?, usageLimit: Int64?, at prices: Pricing, now: Timestamp
    ) throws(UpgradeRefusal) {
        let license = purchase.license
        let kind = kind ?? license.kind
        guard kind.rank >= license.kind.rank else { throw .smallerKind(license.kind) }
        try Self.check(usageLimit, after: license.usageLimit)
        guard kind != license.kind || usageLimit ?? license.usageLimit != license.usageLimit else {
            throw .nothing
        }
        guard Self.areAlike(purchase.pricing, prices) else { throw .otherPricing }
        if let end = license.expiresAt, purchase.subscription != nil, end <= now { throw .unpaidPeriod }

        let price = prices.forLicense(kind).price
        let difference = price.base - prices.forLicense(license.kind).price.base
        let paidUses = purchase.pricing.prepaidUses
        var amount: Int64 = 0
        var uses = paidUses
        switch purchase.pricing.kind {
        case .free, .usage: break
        case .subscription: amount = try Self.share(of: difference, in: purchase, from: now)
        case .oneTime:
            amount = difference
            if let paidUses, let pack = prices.prepaidUses {
                // What was used up was used under the smaller kind.
                amount = try Self.share(difference, max(0, paidUses - license.currentUsage), of: pack)
                let wanted = max(paidUses, usageLimit ?? 0)
                amount = try Self.sum(amount, try Self.share(price.base, wanted - paidUses, of: pack))
                uses = wanted
            }
        }
        let increase = purchase.pricing.kind == .oneTime ? amount : difference
        let currency = purchase.amount.currency
        self.kind = kind
        self.usageLimit = usageLimit ?? license.usageLimit
        self.amount = Money(base: amount, currency: currency)
        pricing = purchase.pricing.with(
            price: Money(base: try Self.sum(purchase.pricing.price.base, increase), currency: currency),
            prepaidUses: uses)
    }

    /// The purchase as it is once the upgrade is paid.
    public func applied(to purchase: Purchase) -> Purchase {
        var purchase = purchase
        purchase.license = License(
            kind: kind, expiresAt: purchase.license.expiresAt, usageLimit: usageLimit,
            currentUsage: purchase.license.currentUsage)
        purchase.pricing = pricing
        purchase.upgrades += 1
        return purchase
    }

    private static func check(_ wanted: Int64?, after limit: Int64?) throws(UpgradeRefusal) {
        guard let wanted else { return }
        guard let limit else { throw .noLimit }
        guard wanted >= limit else { throw .lowerLimit(limit) }
    }

    /// A licence is counted and paid as it was when it was bought; prices that count otherwise have no difference.
    private static func areAlike(_ bought: Pricing, _ today: Pricing) -> Bool {
        bought.kind == today.kind && bought.price.currency == today.price.currency && bought.interval == today.interval
            && bought.per == today.per && bought.units == today.units
            && (bought.prepaidUses == nil) == (today.prepaidUses == nil)
    }

    /// The share of the time that is paid and not over, which may be the rest of one period and the whole next one.
    private static func share(
        of difference: Int64, in purchase: Purchase, from now: Timestamp
    ) throws(UpgradeRefusal) -> Int64 {
        guard let interval = purchase.pricing.interval, let subscription = purchase.subscription else { return 0 }
        var amount: Int64 = 0
        for number in stride(from: subscription.periodsPaid - 1, through: 0, by: -1) {
            let period = BillingPeriod(anchor: purchase.createdAt, interval: interval, number: number)
            let left = period.end.milliseconds - max(now, period.start).milliseconds
            guard left > 0 else { break }
            let length = period.end.milliseconds - period.start.milliseconds
            amount = try sum(amount, try share(difference, left, of: length))
        }
        return amount
    }

    /// `amount · part / whole`, rounded up.
    private static func share(_ amount: Int64, _ part: Int64, of whole: Int64) throws(UpgradeRefusal) -> Int64 {
        let product = Int128(amount) * Int128(part)
        guard let share = Int64(exactly: (product + Int128(whole) - 1) / Int128(whole)) else { throw .tooMuch }
        return share
    }

    private static func sum(_ left: Int64, _ right: Int64) throws(UpgradeRefusal) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        guard !overflow else { throw .tooMuch }
        return sum
    }
}

/// Why a licence cannot become what is asked for.
public enum UpgradeRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is what is asked for already.
    case nothing
    case smallerKind(License.Kind)
    case lowerLimit(Int64)
    /// There is no limit that could be raised.
    case noLimit
    /// The skill is paid for in another way than when the licence was bought.
    case otherPricing
    /// The subscription's period that goes on is not paid yet.
    case unpaidPeriod
    /// The price does not fit what can be booked.
    case tooMuch

    public var description: String {
        switch self {
        case .nothing: "The licence is that already; name a larger licenseType, a larger usageLimit, or both."
        case .smallerKind(let kind):
            "The licence is \(kind.rawValue); it can become larger only: personal, commercial, enterprise."
        case .lowerLimit(let limit): "The licence allows \(limit) runs; its usageLimit can be raised only."
        case .noLimit: "The licence has no usageLimit that could be raised."
        case .otherPricing:
            "The skill is paid for in another way than when this licence was bought; buy the licence you need anew."
        case .unpaidPeriod:
            "The subscription's present period is not paid yet; add credit so that it is renewed, then upgrade."
        case .tooMuch: "The upgrade would cost more than can be booked."
        }
    }
}

extension License.Kind {
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Pricing {
    fileprivate func with(price: Money, prepaidUses: Int64?) -> Pricing {
        Pricing(
            kind: kind, price: price, interval: interval, unit: unit, per: per, units: units, prepaidUses: prepaidUses,
            trialCalls: trialCalls, graceHours: graceHours, licensePrices: licensePrices)
    }
}
