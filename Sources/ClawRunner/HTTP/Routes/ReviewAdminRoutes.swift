import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// The operator's queue of versions, and what it decides.
struct ReviewAdminRoutes {
    let node: ExecutionNode
    let operatorKey: OperatorKey

    var routes: [Route] {
        [
            Route(.get, "/api/v1/admin/versions", list),
            Route(.post, "/api/v1/admin/versions/rescan", rescan),
            Route(.get, "/api/v1/admin/versions/{skill}/{version}", show),
            Route(.post, "/api/v1/admin/versions/{skill}/{version}", decide),
            Route(.post, "/api/v1/admin/skills/{skill}/versions/{version}/revoke", revoke),
            Route(.put, "/api/v1/admin/skills/{skill}/hidden", hide),
            Route(.delete, "/api/v1/admin/skills/{skill}/hidden", restore),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        var query = try call.query()
        let state = try query.enumeration("state", as: VersionStanding.Review.self) ?? .review
        let page = try query.page()
        try query.finish()
        let queue = try await node.reviewQueue(state, page: page)
        return .json(
            queue.json("items", limit: page.limit) { queued in
                [
                    "skill": .string(queued.skillName), "agentId": .string(queued.agentID.description),
                    "version": queued.version.json,
                ]
            })
    }

    @Sendable private func rescan(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        var query = try call.query()
        let time = try query.timestamp("reviewedBefore")
        try query.finish()
        return .json([
            "rules": .number(ReviewRule.version),
            "versions": .number(try await node.rescan(reviewedBefore: time)),
        ])
    }

    @Sendable private func show(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        try call.query().finish()
        return .json([
            "report": try await node.reviewReport(
                of: call.parameter("version"), of: call.parameter("skill"), for: nil, waitSeconds: 0)
        ])
    }

    @Sendable private func decide(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let decision: ReviewDecision = try fields.enumeration("decision")
        let reason = try fields.string("reason", minBytes: 1, maxBytes: 500)
        try fields.finish()
        return .json([
            "version": try await node.decide(
                call.parameter("version"), of: call.parameter("skill"), decision == .approve ? .passed : .rejected,
                reason: reason
            ).json
        ])
    }

    @Sendable private func revoke(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let reason = try await call.reason()
        return .json([
            "version": try await node.revoke(
                call.parameter("version"), of: call.parameter("skill"), reason: reason, for: nil
            ).json
        ])
    }

    @Sendable private func hide(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let reason = try await call.reason()
        return .json(["skill": try await node.hide(call.parameter("skill"), reason: reason).json])
    }

    @Sendable private func restore(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        return .json(["skill": try await node.hide(call.parameter("skill"), reason: nil).json])
    }
}

enum ReviewDecision: String, CaseIterable {
    case approve, reject
}
