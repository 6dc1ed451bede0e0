import ExecutionNode
import Fields
import HTTPTypes
import MarketCore
import Metering

/// What was bought and sold: its history, its renewal, its refunds, and what an agent allows itself to spend.
struct PurchaseRoutes {
    let node: ExecutionNode

    var routes: [Route] {
        [
            Route(.get, "/api/v1/purchases", list),
            Route(.get, "/api/v1/purchases/{purchase}", show),
            Route(.post, "/api/v1/purchases/{purchase}/cancel", scopes: .billing) { try await renew($0, false) },
            Route(.post, "/api/v1/purchases/{purchase}/resume", scopes: .billing) { try await renew($0, true) },
            Route(.post, "/api/v1/purchases/{purchase}/token", scopes: .execute, token),
            Route(.post, "/api/v1/purchases/{purchase}/upgrade", scopes: .billing, upgrade),
            Route(.post, "/api/v1/purchases/{purchase}/refund", scopes: .billing, refundPurchase),
            Route(.post, "/api/v1/executions/{execution}/refund", scopes: .billing, refundExecution),
            Route(.get, "/api/v1/budgets", listBudgets),
            Route(.put, "/api/v1/budgets", scopes: .billing, setBudget),
            Route(.delete, "/api/v1/budgets", scopes: .billing, dropBudget),
            Route(.get, "/api/v1/top-ups", listTopUps),
            Route(.put, "/api/v1/top-ups", scopes: .billing, setTopUp),
            Route(.delete, "/api/v1/top-ups", scopes: .billing, dropTopUp),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        var query = try call.query()
        var wanted = PurchaseQuery(party: try query.party(of: agent))
        if let skill = try query.string("skillId", bytesMax: 64) { wanted.skillID = try await node.skill(skill).id }
        wanted.status = try query.enumeration("status", as: Purchase.Status.self)
        wanted.page = try query.page()
        try query.finish()
        return .json(try await node.purchases(wanted).json("items", limit: wanted.page.limit) { $0.json })
    }

    @Sendable private func show(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try call.caller(node)
        return .json(try await node.purchase(call.parameter("purchase"), reader: agent))
    }

    private func renew(_ call: Call, _ renews: Bool) async throws -> Reply {
        let agent = try call.caller(node)
        let purchase = try await node.setRenewal(call.parameter("purchase"), buyer: agent, renews: renews)
        return .json(["purchase": purchase.json])
    }

    @Sendable private func token(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        return .json(try await node.reissueToken(call.parameter("purchase"), buyer: agent))
            .with(.cacheControl, "no-store")
    }

    @Sendable private func upgrade(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let body = try await call.body(bytesMax: 64 << 10)
        let request = try UpgradeRequest(
            try call.fields(body), idempotencyKey: call.header(.idempotencyKey), body: body)
        let reply = try await node.upgradePurchase(call.parameter("purchase"), request, buyer: agent)
        return Reply(reply.outcome, isReplay: reply.isReplay).with(.cacheControl, "no-store")
    }

    @Sendable private func refundPurchase(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let request = try await call.refund()
        return Reply(try await node.refundPurchase(call.parameter("purchase"), request, by: .seller(agent)))
    }

    @Sendable private func refundExecution(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let request = try await call.refund()
        return Reply(try await node.refundExecution(call.parameter("execution"), request, by: .seller(agent)))
    }

    // MARK: Budgets

    @Sendable private func listBudgets(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try call.caller(node)
        return .json(["items": .array(try await node.budgets(of: agent))])
    }

    @Sendable private func setBudget(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let purchase = try fields.optionalString("purchaseId", minBytes: 1, maxBytes: 64)
        let period: Budget.Period = try fields.enumeration("period")
        let currency: Currency? = try fields.optionalEnumeration("currency")
        let limit = try fields.decimal("limit")
        try fields.finish()
        return .json([
            "items": .array(
                try await node.setBudget(of: agent, purchase: purchase, period, currency, limit: limit))
        ])
    }

    @Sendable private func dropBudget(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        var query = try call.query()
        let purchase = try query.string("purchaseId", bytesMax: 64)
        guard let period = try query.enumeration("period", as: Budget.Period.self) else {
            throw NodeError.malformed("Say which budget: period=day or period=month.", code: "invalid_parameter")
        }
        let currency = try query.enumeration("currency", as: Currency.self)
        try query.finish()
        return .json([
            "items": .array(
                try await node.setBudget(of: agent, purchase: purchase, period, currency, limit: nil))
        ])
    }
}

extension PurchaseRoutes {
    @Sendable private func listTopUps(_ call: Call) async throws -> Reply {
        try call.query().finish()
        return try await topUps(of: try call.caller(node))
    }

    @Sendable private func setTopUp(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let currency: Currency = try fields.optionalEnumeration("currency") ?? .usdc
        let threshold = try fields.money("threshold", currency)
        let amount = try fields.money("amount", currency)
        try fields.finish()
        guard threshold.base > 0 else { throw fields.error("threshold", "must be above zero") }
        guard amount.base > 0 else { throw fields.error("amount", "must be above zero") }
        try await node.set(TopUp(agentID: agent, threshold: threshold, amount: amount))
        return try await topUps(of: agent)
    }

    @Sendable private func dropTopUp(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        var query = try call.query()
        let currency = try query.enumeration("currency", as: Currency.self) ?? .usdc
        try query.finish()
        try await node.removeTopUp(of: agent, in: currency)
        return try await topUps(of: agent)
    }

    private func topUps(of agent: Agent.ID) async throws -> Reply {
        .json(["items": .array(try await node.topUps(of: agent).map(\.json))])
    }
}

private enum Role: String, CaseIterable {
    case buyer, seller
}

extension QueryReader {
    /// Which side of a sale the caller asks about: `role` is `buyer`, the default, or `seller`.
    mutating func party(of agent: Agent.ID) throws(NodeError) -> PurchaseQuery.Party {
        let role = try enumeration("role", as: Role.self) ?? .buyer
        return role == .buyer ? .buyer(agent) : .seller(agent)
    }
}

extension Call {
    func refund() async throws -> RefundRequest {
        let body = try await body(bytesMax: 64 << 10)
        return try RefundRequest(try fields(body), idempotencyKey: header(.idempotencyKey), body: body)
    }
}

extension Reply {
    init(_ refund: RefundReply) {
        self.init(refund.outcome, isReplay: refund.isReplay)
    }
}
