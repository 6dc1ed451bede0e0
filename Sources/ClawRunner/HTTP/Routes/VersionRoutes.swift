import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// The versions of a skill: show, take back, forbid, and what their reviews found.
struct VersionRoutes {
    let node: ExecutionNode

    var routes: [Route] {
        [
            Route(.get, "/api/v1/skills/{skill}/versions", list),
            Route(.get, "/api/v1/skills/{skill}/versions/{version}", show),
            Route(.get, "/api/v1/skills/{skill}/versions/{version}/report", report),
            Route(.put, "/api/v1/skills/{skill}/versions/{version}/yank", scopes: .publish, yank),
            Route(.delete, "/api/v1/skills/{skill}/versions/{version}/yank", scopes: .publish, unyank),
            Route(.post, "/api/v1/skills/{skill}/versions/{version}/revoke", scopes: .publish, revoke),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let versions = try await node.versions(of: call.parameter("skill"), for: call.agent)
        return .json(["items": .array(versions.map(\.json))])
    }

    @Sendable private func show(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let (_, version) = try await node.version(
            call.parameter("version"), of: call.parameter("skill"), for: call.agent)
        return .json(["version": version.json])
    }

    @Sendable private func report(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try call.caller(node)
        let waitSeconds = call.header(.prefer).flatMap(Preference.waitSeconds) ?? 0
        return .json([
            "report": try await node.reviewReport(
                of: call.parameter("version"), of: call.parameter("skill"), for: agent,
                waitSeconds: min(waitSeconds, Call.reviewWaitSecondsMax))
        ])
    }

    @Sendable private func yank(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let reason = try await call.reason()
        return .json([
            "version": try await node.yank(
                call.parameter("version"), of: call.parameter("skill"), reason: reason, for: agent
            ).json
        ])
    }

    @Sendable private func unyank(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        return .json([
            "version": try await node.yank(
                call.parameter("version"), of: call.parameter("skill"), reason: nil, for: agent
            ).json
        ])
    }

    @Sendable private func revoke(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let reason = try await call.reason()
        return .json([
            "version": try await node.revoke(
                call.parameter("version"), of: call.parameter("skill"), reason: reason, for: agent
            ).json
        ])
    }
}

extension Call {
    /// The longest that a request waits for a review.
    static let reviewWaitSecondsMax: Int64 = 60

    /// How long a publication waits, as the client prefers.
    var reviewWaitSeconds: Int64 {
        let wanted = header(.prefer).flatMap(Preference.waitSeconds) ?? ExecutionNode.reviewWaitSeconds
        return min(wanted, Self.reviewWaitSecondsMax)
    }

    /// A body of nothing but a reason, 1 to 500 bytes.
    func reason() async throws -> String {
        let fields = try fields(try await body(bytesMax: 64 << 10))
        let reason = try fields.string("reason", minBytes: 1, maxBytes: 500)
        try fields.finish()
        return reason
    }
}
