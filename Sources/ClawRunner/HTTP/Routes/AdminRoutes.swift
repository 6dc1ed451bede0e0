import ExecutionNode
import Fields
import HTTPTypes
import MarketCore
import Metering

/// What only the operator may do, with the operator key.
struct AdminRoutes {
    let node: ExecutionNode
    let operatorKey: OperatorKey

    var routes: [Route] {
        [
            Route(.post, "/api/v1/admin/credits", credit),
            Route(.post, "/api/v1/admin/payouts", payOut),
            Route(.post, "/api/v1/admin/purchases/{purchase}/revoke", revoke),
            Route(.post, "/api/v1/admin/purchases/{purchase}/refund", refundPurchase),
            Route(.post, "/api/v1/admin/executions/{execution}/refund", refundExecution),
            Route(.get, "/api/v1/admin/ledger", ledger),
        ]
    }

    @Sendable private func credit(_ call: Call) async throws -> Reply {
        let credit = try await node.credit(try await cash(call))
        return Self.reply("credit", credit)
    }

    @Sendable private func payOut(_ call: Call) async throws -> Reply {
        let payout = try await node.payOut(try await cash(call))
        return Self.reply("payout", payout)
    }

    private func cash(_ call: Call) async throws -> CashRequest {
        try call.requireOperator(operatorKey, node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let agent = try fields.string("agentId", minBytes: 1, maxBytes: 64)
        let currency: Currency = try fields.optionalEnumeration("currency") ?? .usdc
        let amount = try fields.money("amount", currency)
        guard amount.base > 0 else { throw fields.error("amount", "must be above zero") }
        let reference = try fields.string("reference", minBytes: 1, maxBytes: CashRequest.referenceBytesMax)
        try fields.finish()
        return CashRequest(agentID: try await node.agent(agent).id, amount: amount, reference: reference)
    }

    private static func reply(_ name: String, _ cash: RecordedCash) -> Reply {
        let reply = Reply.json(
            [
                name: cash.transfer.json,
                "balance": [
                    "amount": .string(cash.balance.decimal), "amountBase": .string(String(cash.balance.base)),
                    "currency": .string(cash.balance.currency.rawValue),
                ],
            ], status: cash.replayed ? 200 : 201)
        return cash.replayed ? reply.with(.idempotentReplayed, "true") : reply
    }

    @Sendable private func revoke(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        guard let id = Purchase.ID(call.parameter("purchase")) else {
            throw NodeError.notFound("purchase", call.parameter("purchase"))
        }
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let reason = try fields.string("reason", minBytes: 1, maxBytes: 500)
        try fields.finish()
        return .json(["purchase": try await node.revoke(id, reason: reason).json])
    }

    @Sendable private func refundPurchase(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let request = try await call.refund()
        return Reply(try await node.refundPurchase(call.parameter("purchase"), request, by: .operator))
    }

    @Sendable private func refundExecution(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let request = try await call.refund()
        return Reply(try await node.refundExecution(call.parameter("execution"), request, by: .operator))
    }

    @Sendable private func ledger(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        try call.query().finish()
        let (check, platform) = try await node.ledger()
        return .json([
            "sound": .bool(check.isSound),
            "accounts": .number(check.accounts),
            "transfers": .number(check.transfers),
            "usages": .number(check.usages),
            "platform": .array(
                platform.map {
                    [
                        "currency": .string($0.currency.rawValue), "amount": .string($0.decimal),
                        "amountBase": .string(String($0.base)),
                    ]
                }),
            "sums": .array(check.sums.map(\.json)),
            "faults": .array(
                check.faults.map { ["place": .string($0.place), "detail": .string($0.detail)] }),
        ])
    }
}

extension Transfer {
    var json: JSONValue {
        [
            "id": .string(id.description), "agentId": .optional((credit.agentID ?? debit.agentID)?.description),
            "amount": .string(amount.decimal), "amountBase": .string(String(amount.base)),
            "currency": .string(amount.currency.rawValue), "reference": .string(reference.text),
            "createdAt": .string(createdAt.description),
        ]
    }
}

extension LedgerCheck.Sums {
    var json: JSONValue {
        [
            "currency": .string(currency.rawValue), "depositsBase": .string(String(depositsBase)),
            "agentsBase": .string(String(agentsBase)), "platformBase": .string(String(platformBase)),
            "totalBase": .optional(totalBase.map(String.init)),
        ]
    }
}

extension Transfer.Reference {
    fileprivate var text: String {
        switch self {
        case .payment(let id): id.description
        case .refund(let id): id.description
        case .usage(let id): id.description
        case .text(let text): text
        }
    }
}
