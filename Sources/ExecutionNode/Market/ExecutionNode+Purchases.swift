public import Fields
import LicenseCheck
public import MarketCore
import Metering

extension ExecutionNode {
    /// Buys a licence with the buyer's prepaid balance.
    /// - Throws: ``NodeError`` 402 when the balance or a budget is too small, 404, 409, 422.
    public func purchase(_ request: PurchaseRequest) async throws(NodeError) -> PurchaseReply {
        let key = try idempotentRequest(
            agent: request.buyer, route: "POST /api/v1/marketplace/purchase", key: request.idempotencyKey,
            fingerprint: request.hash)
        return try await once(key) { outcome in
            PurchaseReply(outcome: outcome, isReplay: true)
        } otherwise: { () async throws(NodeError) in
            PurchaseReply(outcome: try await buy(request, keyed: key), isReplay: false)
        }
    }

    private func buy(
        _ request: PurchaseRequest, keyed: IdempotentRequest?
    ) async throws(NodeError) -> StoredOutcome {
        try requireSpace()
        let skill = try await skills.skill(request.skill)
        try requireOpen(.purchases, to: request.buyer, skill)
        try requireForSale(skill)
        guard skill.agentID != request.buyer else {
            throw NodeError(
                status: 409, code: "own_skill", detail: "\(skill.name) is yours; its owner runs it without a purchase.")
        }
        let pricing = skill.pricing.forLicense(request.licenseKind)
        try Self.check(maxPrice: request.maxPrice, pricing)
        var purchase = Self.purchase(request, skill, pricing, at: .now)
        if purchase.trialLeft > 0 {
            let had = try await inStore { () throws(StoreError) in
                try await store.hadTrial(request.buyer, of: skill.id)
            }
            if had { purchase.trialLeft = 0 }
        }
        do throws(MeterError) {
            return try await pay(purchase, skill.latest.manifest.capabilities, keyed)
        } catch {
            // Bought twice at once: the free runs went to the other purchase.
            guard case .store(.conflict("trialCalls")) = error else { throw Self.refusal(error) }
            purchase.trialLeft = 0
        }
        do throws(MeterError) {
            return try await pay(purchase, skill.latest.manifest.capabilities, keyed)
        } catch {
            throw Self.refusal(error)
        }
    }

    func requireForSale(_ skill: Skill) throws(NodeError) {
        guard controls.status(of: skill.agentID) == .active else {
            throw NodeError(
                status: 409, code: "skill_not_for_sale", detail: "The seller of \(skill.name) has left the market.")
        }
        guard skill.status == .published else {
            throw NodeError(
                status: 409, code: "skill_not_for_sale",
                detail: "\(skill.name) is \(skill.status.rawValue) and cannot be bought.")
        }
        guard skill.latest.standing.isCurrent else {
            throw NodeError(
                status: 409, code: "skill_not_for_sale", detail: "\(skill.name) has no version that can be bought.")
        }
    }

    private static func purchase(
        _ request: PurchaseRequest, _ skill: Skill, _ pricing: Pricing, at now: Timestamp
    ) -> Purchase {
        let period = pricing.interval.map { BillingPeriod(anchor: now, interval: $0, number: 0) }
        // A pack has its own limit; the buyer may want less.
        let limits = [request.usageLimit, pricing.prepaidUses].compactMap { $0 }
        return Purchase(
            id: .new(at: now), buyerID: request.buyer, sellerID: skill.agentID, skillID: skill.id,
            amount: pricing.purchasePrice, pricing: pricing,
            license: License(kind: request.licenseKind, expiresAt: period?.end, usageLimit: limits.min()),
            trialLeft: pricing.trialCalls, subscription: period.map { _ in Subscription() }, status: .completed,
            createdAt: now)
    }

    private func pay(
        _ purchase: Purchase, _ capabilities: JSONValue, _ keyed: IdempotentRequest?
    ) async throws(MeterError) -> StoredOutcome {
        let record: PurchaseRecord
        let outcome: StoredOutcome
        do {
            let body: JSONValue = [
                "purchase": purchase.json, "capabilities": capabilities,
                "purchaseToken": .string(try token(for: purchase)), "paymentUrl": nil,
            ]
            outcome = StoredOutcome(status: 201, json: body.serialized())
            record = try PurchaseRecord(purchase: purchase, idempotency: keyed.map { ($0, outcome) })
        } catch {
            throw .store(.refused("the purchase cannot be booked: \(error)"))
        }
        try await meter.purchase(record)
        // Its count of purchases went up.
        skills.forget(purchase.skillID)
        return outcome
    }

    static func refusal(_ error: MeterError) -> NodeError {
        var problem = NodeError(error)
        if case .refused(.insufficientBalance(let needed, let available)) = error {
            problem.detail =
                "The purchase costs \(needed) but only \(available) is available; add credit and try again."
        }
        return problem
    }

    /// The purchase fixes what is paid: for the licence, or for each unit of a run under it.
    private static func check(maxPrice: String?, _ pricing: Pricing) throws(NodeError) {
        let price = pricing.kind == .usage ? pricing.unitPrice : pricing.price
        let what =
            pricing.kind != .usage ? "The licence" : pricing.units == nil ? "A run" : "A \(pricing.unit ?? "unit")"
        try check(maxPrice: maxPrice, price, of: what)
    }

    /// - Parameter what: what has the price, to begin a sentence with.
    static func check(maxPrice: String?, _ price: Money, of what: String) throws(NodeError) {
        guard let maxPrice else { return }
        guard let limit = try? Money(decimal: maxPrice, currency: price.currency) else {
            throw NodeError(FieldError(path: "maxPrice", message: "must be an amount of zero or more"))
        }
        guard price.base > limit.base else { return }
        throw NodeError(
            status: 402, code: "max_price_exceeded",
            detail: "\(what) costs \(price), more than the maxPrice of \(limit).",
            fields: ["price": .string(price.decimal), "currency": .string(price.currency.rawValue)])
    }

    /// Whether the caller may run a skill, and under which licence.
    /// - Parameter token: a purchase token; nil looks at what the caller has bought.
    public func verify(_ skill: String, caller: Agent.ID, token: String?) async throws(NodeError) -> JSONValue {
        let skill = try await skills.skill(skill)
        if token == nil, skill.agentID == caller {
            return ["valid": true, "owner": true, "skillId": .string(skill.id.description), "license": nil]
        }
        do throws(NodeError) {
            let purchase =
                if let token {
                    try await current(try await permit(caller, skill, token: token))
                } else {
                    try await bought(skill, by: caller)
                }
            guard let purchase else { throw Self.purchaseRequired(skill) }
            if let limit = purchase.license.usageLimit, purchase.license.currentUsage >= limit {
                throw NodeError(
                    HoldRefusal.usageLimitReached(limit: limit, used: purchase.license.currentUsage, held: 0))
            }
            return [
                "valid": true, "skillId": .string(skill.id.description), "purchaseId": .string(purchase.id.description),
                "license": purchase.license.json, "expiresAt": .optional(purchase.license.expiresAt?.description),
            ]
        } catch {
            // Refusals of the licence are what was asked for; that the store does not answer is not.
            guard error.status == 402 || error.status == 403 else { throw error }
            return [
                "valid": false, "skillId": .string(skill.id.description), "license": nil, "code": .string(error.code),
                "detail": .string(error.detail),
            ]
        }
    }

    /// The purchase with its uses counted up to now.
    private func current(_ purchase: Purchase?) async throws(NodeError) -> Purchase? {
        guard let purchase else { return nil }
        return try await inStore { () throws(StoreError) in try await store.purchase(id: purchase.id) }
    }

    /// The newest purchase of the caller that lets it run the skill.
    /// - Throws: ``NodeError`` 402 or 403 with what is wrong with the newest one when none does.
    private func bought(_ skill: Skill, by caller: Agent.ID) async throws(NodeError) -> Purchase? {
        let purchases = try await inStore { () throws(StoreError) in
            try await store.purchases(buyer: caller, skill: skill.id)
        }
        var newest: LicenseRefusal?
        for purchase in purchases {
            do throws(LicenseRefusal) {
                try LicenseDecision.check(purchase, now: .now)
                return purchase
            } catch {
                newest = newest ?? error
            }
        }
        guard let newest else { return nil }
        throw NodeError(newest)
    }

    static func purchaseRequired(_ skill: Skill) -> NodeError {
        NodeError(
            status: 402, code: "purchase_required",
            detail: "\(skill.name) must be bought first: POST /api/v1/marketplace/purchase with its skillId.",
            fields: ["skillId": .string(skill.id.description), "pricing": skill.pricing.json])
    }
}
