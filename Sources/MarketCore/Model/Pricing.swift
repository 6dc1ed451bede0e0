/// How a skill is paid for.
public struct Pricing: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case free
        /// Paid once, at purchase.
        case oneTime = "one-time"
        /// Paid per interval.
        case subscription
        /// Paid per billed run.
        case usage
    }

    public enum Interval: String, Hashable, Sendable, CaseIterable {
        case daily, weekly, monthly
    }

    public let kind: Kind
    /// What is paid once, per interval or per billed run; zero for ``Kind/free``.
    public let price: Money
    public let interval: Interval?
    /// What one run is called on a bill, such as `email`.
    public let unit: String?

    public init(kind: Kind, price: Money, interval: Interval? = nil, unit: String? = nil) {
        self.kind = kind
        self.price = price
        self.interval = interval
        self.unit = unit
    }

    /// What a purchase of the licence costs now.
    public var purchasePrice: Money {
        kind == .oneTime || kind == .subscription ? price : .zero(price.currency)
    }

    /// What one billed run under the licence costs.
    public var runPrice: Money {
        kind == .usage ? price : .zero(price.currency)
    }
}
