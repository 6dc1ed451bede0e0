import ExecutionNode
import Fields
import HTTPTypes
import MarketCore
import Metering

/// The proxy path.
struct ExecuteRoutes {
    let node: ExecutionNode
    /// Cancels the runs that are under way.
    let runs: CancelSwitch

    var routes: [Route] {
        [
            Route(.post, "/api/v1/skills/{skill}/execute", scopes: .execute, isQuick: true, execute),
            // The marketplace's own examples leave the prefix out.
            Route(.post, "/skills/{skill}/execute", scopes: .execute, isQuick: true, execute),
            Route(.get, "/api/v1/executions/{execution}", show),
        ]
    }

    @Sendable private func execute(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let limits = node.configuration
        let body = try await call.body(bytesMax: limits.requestBytesMax)
        let (node, runs, token, key) = (node, runs, call.purchaseToken, call.header(.idempotencyKey))
        let (rate, waitSeconds) = (call.agentRate, call.header(.prefer).flatMap(Preference.waitSeconds))
        let skill = call.parameter("skill")
        let accepted = call.connection?.headAt ?? PhaseClock.now
        let run: @Sendable () async throws -> ExecuteReply = {
            var request = try ExecuteRequest(
                caller: agent, skill: skill, body: body, token: token, idempotencyKey: key,
                limits: JSONLimits(depthMax: limits.jsonDepthMax, bytesMax: limits.requestBytesMax))
            request.agentRate = rate
            request.waitSeconds = waitSeconds
            request.clock = PhaseClock(accepted: accepted)
            request.clock.mark(.parse)
            return try await node.execute(request)
        }
        // A larger body takes long to read; it leaves the event loop to other connections.
        let executor = body.count <= ExecutionNode.quickBytesMax ? call.connection?.executor : nil
        let reply = try await withTaskExecutorPreference(executor ?? globalConcurrentExecutor) {
            try await CancelSwitch.run(
                cancelledBy: [runs] + (call.connection.map { [$0.gone] } ?? []), on: executor, run)
        }
        let answer = Reply(reply.outcome, isReplay: reply.isReplay).with(rates: reply.rates).with(timing: reply.clock)
        reply.clock?.countReply()
        return answer
    }

    @Sendable private func show(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try call.caller(node)
        let execution = try await node.execution(call.parameter("execution"), reader: agent)
        let report = (try? JSONValue(parsing: execution.report)) ?? .null
        var object: JSONObject = [
            "id": .string(execution.usage.id.description),
            "usage": execution.usage.json,
            "verdict": report["verdict"] ?? .null,
            "attempts": report["attempts"] ?? 1,
            "isolation": report["isolation"] ?? .null,
            "receipt": .string(execution.receipt),
        ]
        if let first = report["firstVerdict"] { object["firstVerdict"] = first }
        let place = try await node.workflowPlace(of: execution, reader: agent)
        if let steps = place.steps { object["steps"] = steps }
        if let workflow = place.workflow { object["workflowExecutionId"] = .string(workflow) }
        // What a skill logs is for its seller.
        if execution.sellerID == agent {
            object["stderr"] = report["stderr"] ?? .null
            object["stderrTruncated"] = report["stderrTruncated"] ?? false
        }
        return .json(["execution": .object(object)])
    }
}

extension Reply {
    /// Where the time went, in the form that tools of browsers and proxies read (W3C Server Timing).
    func with(timing clock: PhaseClock?) -> Reply {
        guard let clock else { return self }
        let parts = clock.durations.map { phase, nanoseconds in
            "\(phase.name);dur=\(milliseconds(nanoseconds))"
        }
        return with(.serverTiming, parts.joined(separator: ", "))
    }

    /// With three digits after the point.
    private func milliseconds(_ nanoseconds: Int64) -> String {
        let microseconds = nanoseconds / 1000
        return "\(microseconds / 1000)." + String(1000 + microseconds % 1000).dropFirst()
    }
}
