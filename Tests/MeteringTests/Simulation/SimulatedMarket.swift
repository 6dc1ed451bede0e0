import MarketCore
import Metering

/// Who trades what in a simulation.
struct SimulatedMarket {
    struct Skill {
        let id: MarketCore.Skill.ID
        let sellerID: Agent.ID
        let pricing: Pricing
        let route: String
    }

    let agents: [Agent.ID]
    let skills: [Skill]
    /// What all amounts are multiples of.
    let scale: Int64

    init(_ chance: inout SimulatedChance) {
        let agents: [Agent.ID] = (0..<5).map { _ in chance.id() }
        let scale: Int64 = chance.element([1, 1, 39, 1_000_000_007])
        self.agents = agents
        self.scale = scale
        skills = Pricing.Kind.allCases.flatMap { kind in
            Currency.allCases.map { currency in
                Skill(
                    id: chance.id(), sellerID: chance.element(agents),
                    pricing: Self.pricing(kind, currency, scale, &chance),
                    route: "POST /skills/\(kind)-\(currency)/execute")
            }
        }
    }

    private static func pricing(
        _ kind: Pricing.Kind, _ currency: Currency, _ scale: Int64, _ chance: inout SimulatedChance
    ) -> Pricing {
        let base = (1 + Int64(chance.below(60))) * scale
        let price = Money(base: base, currency: currency)
        let commercial = base + Int64(chance.below(30)) * scale
        let licenses: [License.Kind: Money] = [
            .commercial: Money(base: commercial, currency: currency),
            .enterprise: Money(base: commercial + Int64(chance.below(2)) * scale, currency: currency),
        ]
        switch kind {
        case .free: return Pricing(kind: kind, price: .zero(currency))
        case .oneTime:
            return Pricing(
                kind: kind, price: price, prepaidUses: chance.oneIn(4) ? nil : 1 + Int64(chance.below(6)),
                licensePrices: licenses)
        case .subscription:
            return Pricing(
                kind: kind, price: price, interval: chance.element(Pricing.Interval.allCases),
                graceHours: Int64(chance.below(4)), licensePrices: licenses)
        case .usage:
            let units = UnitRule(source: .payload, pointer: "/units", shape: .number, max: 4)
            return Pricing(
                kind: kind, price: price, units: chance.oneIn(2) ? units : nil, trialCalls: Int64(chance.below(4)),
                licensePrices: licenses)
        }
    }
}

/// A call to a skill, which may be sent again.
struct SimulatedCall {
    let caller: Agent.ID
    let skill: SimulatedMarket.Skill
    /// Nil for an owner's own run.
    let purchaseID: Purchase.ID?
    let units: Int64
    let keyed: IdempotentRequest?
}
