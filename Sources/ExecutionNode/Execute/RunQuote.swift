import Fields
import MarketCore

/// What a run may cost, known before it begins.
struct RunQuote: Sendable {
    /// Nil for an owner's own run.
    let pricing: Pricing?
    /// Counted in the payload; nil where the result will say.
    let units: Int64?
    /// The most that the run may cost: what is held for it.
    let amount: Money

    /// - Parameters:
    ///   - pricing: the purchase's; nil for an owner's own run, which costs nothing.
    ///   - currency: the skill's.
    ///   - maxCost: the caller's limit, in whole units of the currency.
    /// - Throws: ``NodeError`` 422 when the payload has no count of units, 402 when the run costs more than `maxCost`.
    init(_ pricing: Pricing?, payload: JSONValue, currency: Currency, maxCost: String?) throws(NodeError) {
        self.pricing = pricing
        let limit = try maxCost.map { text throws(NodeError) in try Self.limit(text, currency) }
        let rule = pricing?.units
        guard let pricing, rule?.source != .result else {
            units = nil
            guard let pricing, let rule else {
                amount = .zero(currency)
                return
            }
            // One unit must fit; how many there are is only known at the end, and no more is charged than this.
            try Self.check(pricing.unitPrice, within: limit)
            let most = try Self.product(pricing.unitPrice, rule.max)
            // Whole units only.
            let unit = pricing.unitPrice.base
            amount = Money(base: min(limit?.base ?? most.base, most.base) / unit * unit, currency: currency)
            return
        }
        let count = try rule.map { rule throws(NodeError) in try Self.count(rule, payload, pricing.unit) } ?? 1
        units = count
        amount = try Self.product(pricing.unitPrice, count)
        try Self.check(amount, within: limit)
    }

    /// The most units that the run may have; nil where its price has none.
    var unitsMax: Int64? {
        guard let pricing, pricing.units != nil else { return nil }
        guard units == nil, pricing.unitPrice.base > 0 else { return units }
        return min(pricing.unitsMax, amount.base / pricing.unitPrice.base)
    }

    /// What a run with so many units costs, and how many of them are charged: what was held pays for no more.
    func price(of units: Int64, held: Money) -> (cost: Money, units: Int64) {
        guard let unit = pricing?.unitPrice, unit.base > 0, !held.isZero else { return (held, units) }
        let charged = min(units, held.base / unit.base)
        return (Money(base: charged * unit.base, currency: held.currency), charged)
    }

    private static func count(_ rule: UnitRule, _ payload: JSONValue, _ unit: String?) throws(NodeError) -> Int64 {
        if let count = rule.count(in: payload) { return count }
        throw NodeError(
            status: 422, code: "units_invalid",
            detail: "The payload must say at \(rule.pointer) for how many \(unit ?? "unit")s it is: \(rule.expected).",
            fields: ["pointer": .string(rule.pointer), "max": .number(rule.max)])
    }

    private static func product(_ price: Money, _ count: Int64) throws(NodeError) -> Money {
        do throws(MoneyError) {
            return try price.multiplied(by: count)
        } catch {
            throw NodeError(
                status: 422, code: "units_invalid", detail: "\(count) units at \(price) cost more than can be booked.")
        }
    }

    private static func limit(_ text: String, _ currency: Currency) throws(NodeError) -> Money {
        do throws(MoneyError) {
            return try Money(decimal: text, currency: currency)
        } catch {
            throw NodeError(
                FieldError(
                    path: "maxCost",
                    message: "must be an amount of zero or more with at most \(currency.decimals) decimals"))
        }
    }

    private static func check(_ price: Money, within limit: Money?) throws(NodeError) {
        guard let limit, price.base > limit.base else { return }
        throw NodeError(
            status: 402, code: "max_cost_exceeded",
            detail: "The call costs \(price), more than the maxCost of \(limit).",
            fields: ["cost": .string(price.decimal), "currency": .string(price.currency.rawValue)])
    }
}
