public import MarketCore

/// What each verdict costs: the one place that decides.
public struct BillingRule: Hashable, Sendable {
    /// What a run costs and whether it takes one use of the licence.
    public struct Charge: Hashable, Sendable {
        public let cost: Money
        public let countsUse: Bool

        public init(cost: Money, countsUse: Bool) {
            self.cost = cost
            self.countsUse = countsUse
        }
    }

    /// Bills no verdict.
    public static let nothing = BillingRule(billedVerdicts: [])

    /// Verdicts that are billed; by default `ok` alone.
    public let billedVerdicts: Set<String>

    /// A failure of the platform (`launch_failed`) and a run that the caller cancelled are never billed.
    public init(billedVerdicts: Set<String> = ["ok"]) {
        self.billedVerdicts = billedVerdicts.subtracting(["launch_failed", "cancelled"])
    }

    /// The charge for a run at `price` that ended with `verdict`. The owner of a skill runs it free.
    public func charge(verdict: String, price: Money, byOwner: Bool = false) -> Charge {
        guard billedVerdicts.contains(verdict), !byOwner else {
            return Charge(cost: .zero(price.currency), countsUse: false)
        }
        return Charge(cost: price, countsUse: true)
    }
}
