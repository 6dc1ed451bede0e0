/// How a skill is paid for. What a buyer accepted holds for its licence for good, whatever the skill costs later.
public struct Pricing: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case free
        /// Paid once, at purchase.
        case oneTime = "one-time"
        /// Paid per interval.
        case subscription
        /// Paid per billed run, or per unit of it.
        case usage
    }

    public enum Interval: String, Hashable, Sendable, CaseIterable {
        case daily, weekly, monthly

        /// The most hours of grace. They are not paid for when the subscription ends with them, so they are few beside
        /// the interval.
        public var graceHoursMax: Int64 {
            switch self {
            case .daily: 3
            case .weekly: 21
            case .monthly: 72
            }
        }
    }

    public let kind: Kind
    /// What is paid once, per interval, or for ``per`` units; zero for ``Kind/free``.
    public let price: Money
    public let interval: Interval?
    /// What is counted on a bill, such as `email`; a run where it is absent.
    public let unit: String?
    /// How many units the price of ``Kind/usage`` is for: 1 or 1000. The price of one is always whole base units.
    public let per: Int64
    /// How the units of a run are counted; a run is one unit where it is absent.
    public let units: UnitRule?
    /// The billed runs that one payment of ``Kind/oneTime`` is for; absent means any number.
    public let prepaidUses: Int64?
    /// Billed runs of ``Kind/usage`` that cost a buyer nothing, once.
    public let trialCalls: Int64
    /// How long a ``Kind/subscription`` lasts beyond its paid time while its renewal cannot be paid.
    public let graceHours: Int64
    /// What the larger licences cost where that is more than ``price``.
    public let licensePrices: [License.Kind: Money]

    public init(
        kind: Kind, price: Money, interval: Interval? = nil, unit: String? = nil, per: Int64 = 1,
        units: UnitRule? = nil, prepaidUses: Int64? = nil, trialCalls: Int64 = 0,
        graceHours: Int64? = nil, licensePrices: [License.Kind: Money] = [:]
    ) {
        self.kind = kind
        self.price = price
        self.interval = interval
        self.unit = unit
        self.per = per
        self.units = units
        self.prepaidUses = prepaidUses
        self.trialCalls = trialCalls
        self.graceHours = graceHours ?? (interval?.graceHoursMax ?? 0) / 3
        self.licensePrices = licensePrices
    }

    /// The same for one kind of licence, whose price is ``price`` then.
    public func forLicense(_ kind: License.Kind) -> Pricing {
        Pricing(
            kind: self.kind, price: licensePrices[kind] ?? price, interval: interval, unit: unit, per: per,
            units: units, prepaidUses: prepaidUses, trialCalls: trialCalls, graceHours: graceHours)
    }

    /// What a purchase of the licence costs now.
    public var purchasePrice: Money {
        kind == .oneTime || kind == .subscription ? price : .zero(price.currency)
    }

    /// What one unit of a billed run under the licence costs.
    public var unitPrice: Money {
        kind == .usage ? Money(base: price.base / per, currency: price.currency) : .zero(price.currency)
    }

    /// The most units that one run can have.
    public var unitsMax: Int64 { units?.max ?? 1 }
}

/// Where the units of a run are counted: at a place in the request's payload, which fixes the price before the run, or in
/// the skill's result, which the price of `max` units bounds.
public struct UnitRule: Hashable, Sendable {
    public enum Source: String, Hashable, Sendable, CaseIterable {
        case payload, result
    }

    /// What is at the pointer. Only that counts: who sends a list where a number is meant would pay for one.
    public enum Shape: String, Hashable, Sendable, CaseIterable {
        /// A list, of which each element is a unit.
        case list
        /// A whole number.
        case number
    }

    /// The most units that a run may be charged for.
    public static let unitsMax: Int64 = 1_000_000

    public let source: Source
    /// A JSON Pointer (RFC 6901).
    public let pointer: String
    public let shape: Shape
    public let max: Int64

    public init(source: Source, pointer: String, shape: Shape, max: Int64) {
        self.source = source
        self.pointer = pointer
        self.shape = shape
        self.max = max
    }

    /// A result may have none: nothing was done then. What is asked for is at least one.
    public var min: Int64 { source == .payload ? 1 : 0 }

    /// Such as `a list of 1 to 100`.
    public var expected: String {
        "\(shape == .list ? "a list" : "a whole number") of \(min) to \(max)"
    }
}
