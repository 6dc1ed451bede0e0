import ExecutionNode
import Fields
import HTTPTypes
import MarketCore
import Metering

/// Purchases: buy and verify.
struct MarketplaceRoutes {
    let node: ExecutionNode

    var routes: [Route] {
        [
            Route(.post, "/api/v1/marketplace/purchase", scopes: .billing, purchase),
            Route(.get, "/api/v1/marketplace/verify/{skill}", verify),
        ]
    }

    @Sendable private func purchase(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let body = try await call.body(bytesMax: 64 << 10)
        let request = try PurchaseRequest(
            buyer: agent, try call.fields(body), idempotencyKey: call.header(.idempotencyKey), body: body)
        let reply = try await node.purchase(request)
        return Reply(reply.outcome, isReplay: reply.isReplay).with(.cacheControl, "no-store")
    }

    @Sendable private func verify(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try call.caller(node)
        return .json(try await node.verify(call.parameter("skill"), caller: agent, token: call.purchaseToken))
    }
}

extension Call {
    /// The token of a purchase, by either of its header names.
    var purchaseToken: String? { header(.purchaseToken) ?? header(.licenseToken) }
}

extension Reply {
    /// An answer that is stored with what it answers.
    init(_ outcome: StoredOutcome, isReplay: Bool) {
        var headers = HTTPFields()
        for header in outcome.headers {
            if let name = HTTPField.Name(header.name) { headers[name] = header.value }
        }
        if isReplay { headers[.idempotentReplayed] = "true" }
        self.init(status: outcome.status, headers: headers, body: outcome.body)
    }
}
