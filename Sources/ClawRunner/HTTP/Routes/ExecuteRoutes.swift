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
            Route(.post, "/api/v1/executions/{execution}/cancel", scopes: .execute, cancel),
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
        let isLater = call.wantsEvents || (call.header(.prefer).map(Preference.respondsAsync) ?? false)
        let make: @Sendable () throws -> ExecuteRequest = {
            var request = try ExecuteRequest(
                caller: agent, skill: skill, body: body, token: token, idempotencyKey: key,
                limits: JSONLimits(depthMax: limits.jsonDepthMax, bytesMax: limits.requestBytesMax))
            request.agentRate = rate
            request.waitSeconds = waitSeconds
            request.clock = PhaseClock(accepted: accepted)
            request.clock.mark(.parse)
            return request
        }
        if isLater { return try await executeLater(make, for: agent, call) }
        let run: @Sendable () async throws -> ExecuteReply = { try await node.execute(try make()) }
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

    /// Answers where the run is found, once it has its hold.
    private func executeLater(
        _ make: @escaping @Sendable () throws -> ExecuteRequest, for agent: Agent.ID, _ call: Call
    ) async throws -> Reply {
        let node = node
        let switches = [runs] + (call.connection.map { [$0.gone] } ?? [])
        let reply = try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await CancelSwitch.run(cancelledBy: switches) {
                var request = try make()
                // It says how long the client waits for an answer, and it waits for none.
                request.waitSeconds = nil
                return try await node.executeLater(request)
            }
        }
        switch reply {
        case .answered(let reply): return Reply(reply.outcome, isReplay: reply.isReplay).with(rates: reply.rates)
        case .taken(let id):
            let place = "/api/v1/executions/\(id)"
            if call.wantsEvents { return follow(id.description, for: agent, call).with(.location, place) }
            return Self.unfinished(Self.progress(id.description, "queued"), status: 202)
                .with(.location, place).with(.preferenceApplied, "respond-async")
        }
    }

    private static func progress(_ id: String, _ state: String) -> JSONValue {
        ["id": .string(id), "state": .string(state)]
    }

    private static func unfinished(_ execution: JSONValue, status: Int = 200) -> Reply {
        .json(["execution": execution], status: status).with(.retryAfter, "1")
    }

    @Sendable private func cancel(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let id = call.parameter("execution")
        try await node.cancel(id, by: agent)
        return .json(["execution": try await execution(id, for: agent)])
    }

    @Sendable private func show(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try call.caller(node)
        let id = call.parameter("execution")
        let execution = try await execution(id, for: agent)
        if call.wantsEvents { return follow(id, for: agent, call) }
        return execution["state"] == "done" ? .json(["execution": execution]) : Self.unfinished(execution)
    }

    /// Sends what ``execution(_:for:)`` says, again whenever that changes, until the run is over. It goes on without the client.
    private func follow(_ id: String, for agent: Agent.ID, _ call: Call) -> Reply {
        let (switches, logger, request) = ([runs, call.connection?.gone].compactMap { $0 }, call.logger, call.id)
        return .events { events in
            let (changes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            node.watchLater(id, continuation)
            continuation.yield()
            let clock = Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.keepAlive)
                    continuation.yield()
                }
            }
            // Who stops the daemon waits for no stream; a client that comes back finds how its run ended.
            let forget = CancelSwitch.tell(switches) { continuation.finish() }
            defer {
                clock.cancel()
                continuation.finish()
                forget()
            }
            var last: JSONValue?
            for await _ in changes {
                let execution: JSONValue
                do {
                    execution = try await self.execution(id, for: agent)
                } catch {
                    return try await events.send("problem", API.problem(error, request: request, logger: logger).json)
                }
                guard execution != last else {
                    try await events.keepAlive()
                    continue
                }
                try await events.send("execution", ["execution": execution])
                if execution["state"] == "done" { return }
                last = execution
            }
        }
    }

    private static let keepAlive = Duration.seconds(10)

    private func execution(_ id: String, for agent: Agent.ID) async throws -> JSONValue {
        let execution: StoredExecution
        switch node.laterProgress(of: id, for: agent) {
        case .queued: return Self.progress(id, "queued")
        case .running: return Self.progress(id, "running")
        case .refused(let problem):
            // It may be booked by now.
            guard let booked = try? await node.execution(id, reader: agent) else {
                return ["id": .string(id), "state": "done", "problem": problem.json]
            }
            execution = booked
        case nil: execution = try await node.execution(id, reader: agent)
        }
        let report = (try? JSONValue(parsing: execution.report)) ?? .null
        var object: JSONObject = [
            "id": .string(execution.usage.id.description), "state": "done",
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
        if execution.usage.agentID == agent, let result = try await node.keptResult(of: execution, report: report) {
            object["result"] = result
        }
        // What a skill logs is for its seller.
        if execution.sellerID == agent {
            object["stderr"] = report["stderr"] ?? .null
            object["stderrTruncated"] = report["stderrTruncated"] ?? false
        }
        return .object(object)
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
