import MarketCore
import Metering
import Synchronization

/// What the steps of a published workflow call: fixed for good, so that it is read once.
struct WorkflowPlan: Sendable {
    /// The version of a leg's skill, by leg.
    let versions: [WorkflowLeg.Key: SkillVersion]
}

/// The plans of the workflows that are called, in memory.
final class WorkflowPlans: Sendable {
    private let plans = Mutex<[PackageDigest: WorkflowPlan]>([:])
    private let entriesMax = 1000

    func plan(_ package: PackageDigest) -> WorkflowPlan? { plans.withLock { $0[package] } }

    func insert(_ plan: WorkflowPlan, for package: PackageDigest) {
        plans.withLock { plans in
            if plans.count >= entriesMax { plans = [:] }
            plans[package] = plan
        }
    }
}

/// A leg with what it is called under.
struct BoundLeg: Sendable {
    let key: WorkflowLeg.Key
    /// With the fixed version as its latest.
    let skill: Skill
    let endpoint: Endpoint
    /// The author's licence; nil for the author's own skill.
    let purchase: Purchase?
    /// The most that a call may cost under it.
    let max: Money
    /// Its cost is a share of the workflow's price.
    var isShared = false

    var pricing: Pricing? { purchase?.pricing }

    /// Whether the buyer of a workflow can pay for it out of the workflow's price: it is paid by the run, in that currency,
    /// and under a licence that counts nothing else.
    func canShare(in currency: Currency, with buyer: Agent.ID) -> Bool {
        guard let purchase, purchase.pricing.kind == .usage, !max.isZero, max.currency == currency else { return false }
        return purchase.license.usageLimit == nil && purchase.trialLeft == 0 && skill.agentID != buyer
    }

    /// What is held for one call: the price of as many units as there can be, or of as many as `maxCost` pays for.
    static func max(_ pricing: Pricing?, _ currency: Currency, maxCost: String?) throws(MoneyError) -> Money {
        let limit = try maxCost.map { text throws(MoneyError) in try Money(decimal: text, currency: currency) }
        guard let pricing, pricing.unitPrice.base > 0 else { return .zero(currency) }
        let unit = pricing.unitPrice
        guard let rule = pricing.units else { return unit }
        let most = try unit.multiplied(by: rule.max)
        return Money(base: min(limit?.base ?? most.base, most.base) / unit.base * unit.base, currency: currency)
    }
}
