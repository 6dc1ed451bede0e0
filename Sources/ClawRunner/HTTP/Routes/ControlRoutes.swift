import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// What the operator stops and resumes, whom it bars, and what it puts in front; and the featured list for everybody.
struct ControlRoutes {
    let node: ExecutionNode
    let operatorKey: OperatorKey

    var routes: [Route] {
        [
            Route(.get, "/api/v1/marketplace/featured", featured),
            Route(.get, "/api/v1/admin/status", status),
            Route(.get, "/api/v1/admin/pauses", listPauses),
            Route(.post, "/api/v1/admin/pauses", pause),
            Route(.delete, "/api/v1/admin/pauses", resume),
            Route(.post, "/api/v1/admin/agents/{agent}/ban", ban),
            Route(.post, "/api/v1/admin/agents/{agent}/unban", unban),
            Route(.post, "/api/v1/admin/agents/{agent}/reactivate", reactivate),
            Route(.put, "/api/v1/admin/featured", setFeatured),
        ]
    }

    @Sendable private func featured(_ call: Call) async throws -> Reply {
        try call.query().finish()
        return .json(["skills": .array(try await node.featured().map(\.json))])
    }

    @Sendable private func status(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        try call.query().finish()
        return .json(try await node.overview())
    }

    // MARK: Pauses

    @Sendable private func listPauses(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        try call.query().finish()
        return .json(["items": .array(try await node.pauses().map(\.json))])
    }

    @Sendable private func pause(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let what = try fields.string("what", minBytes: 1, maxBytes: 32)
        let name = try fields.optionalString("target", minBytes: 1, maxBytes: 64)
        let reason = try fields.string("reason", minBytes: 1, maxBytes: Pause.reasonBytesMax)
        let seconds = try fields.optionalInt("retryAfter", in: 1...Pause.retryAfterSecondsMax) ?? 300
        let cancels = try fields.optionalBool("cancelRunning") ?? false
        try fields.finish()
        let target = try await node.pauseTarget(what, name)
        let (pause, cancelled) = try await node.pause(
            Pause(target, reason: reason, retryAfterSeconds: seconds, since: .now), cancelRunning: cancels)
        return .json(["pause": pause.json, "cancelled": .number(cancelled)])
    }

    @Sendable private func resume(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        var query = try call.query()
        let (what, name) = (try query.string("what", bytesMax: 32), try query.string("target", bytesMax: 64))
        try query.finish()
        let target = try await node.pauseTarget(what ?? "", name)
        try await node.resume(target)
        return .json(["resumed": .string(target.kind), "target": .optional(target.id.isEmpty ? nil : target.id)])
    }

    // MARK: Agents and skills

    @Sendable private func ban(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let reason = try fields.string("reason", minBytes: 1, maxBytes: Pause.reasonBytesMax)
        let cancels = try fields.optionalBool("cancelRunning") ?? false
        try fields.finish()
        let (agent, cancelled) = try await node.ban(call.parameter("agent"), reason: reason, cancelRunning: cancels)
        return .json(["agent": agent.json, "reason": .string(reason), "cancelled": .number(cancelled)])
    }

    @Sendable private func unban(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        return .json(["agent": try await node.unban(call.parameter("agent")).json])
    }

    @Sendable private func reactivate(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        return .json(["agent": try await node.reactivate(call.parameter("agent")).json])
    }

    @Sendable private func setFeatured(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        guard fields.has("skills") else { throw fields.error("skills", "this field is missing; [] features none") }
        let names = try fields.strings("skills", maxCount: ExecutionNode.featuredMax, maxBytes: 64)
        try fields.finish()
        return .json(["skills": .array(try await node.setFeatured(names).map(\.json))])
    }
}
