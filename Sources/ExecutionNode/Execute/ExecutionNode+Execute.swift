import Fields
import MarketCore
import Metering
import Sandbox

extension ExecutionNode {
    /// Runs a skill for a caller: rate limits, licence, schema, hold, run, settle, receipt.
    ///
    /// Returns when the run is booked durably; a run that failed is an answer as well. Cancelling the task ends the
    /// run, which is booked all the same.
    /// - Throws: ``NodeError`` when nothing was run and nothing was booked.
    public func execute(_ request: ExecuteRequest) async throws(NodeError) -> ExecuteReply {
        // Before anything is looked up: a replay and a refusal are work, too.
        let agent = if let rate = request.agentRate { rate } else { try countRequest(of: request.caller) }
        let skill = try await skills.skill(request.skill, version: request.version)
        let key = try idempotentRequest(request, skill)
        return try await once(key) { outcome in
            ExecuteReply(outcome: outcome, isReplay: true, rates: [agent])
        } otherwise: { () async throws(NodeError) in
            try await call(request, skill, keyed: key, agent)
        }
    }

    private func call(
        _ request: ExecuteRequest, _ skill: Skill, keyed: IdempotentRequest?, _ agent: RateStatus
    ) async throws(NodeError) -> ExecuteReply {
        try requireOpen(.executions, to: request.caller, skill)
        if let workflow = skill.latest.manifest.workflow {
            return try await callWorkflow(request, skill, workflow, keyed: keyed, agent)
        }
        var clock = request.clock
        try requireHealth()
        try Self.requireUsable(skill, named: request.version != nil)
        let endpoint = try Self.endpoint(request.endpoint, of: skill)
        let purchase = try await permit(request.caller, skill, token: request.token)
        let license = licenseClaim(request.caller, skill, purchase)
        try requireRate(license, request.caller, agent)
        clock.mark(.license)
        try Self.check(request.payload, endpoint)
        let quote = try RunQuote(
            purchase?.pricing, payload: request.payload, currency: skill.pricing.price.currency,
            maxCost: request.maxCost)
        let prepared = try prepare(skill)
        let secrets = try await secretValues(skill)
        let payload = request.payload.serialized()
        clock.mark(.prepare)

        // The hold comes before the licence's rate: calls that the licence does not allow use nothing up.
        let hold = try await reserve(
            Hold(
                id: .new(), purchaseID: purchase?.id, skillID: skill.id, buyerID: request.caller,
                sellerID: skill.agentID, endpoint: endpoint.path, amount: quote.amount,
                concurrentMax: purchase?.license.kind.concurrentRunsMax, requestSize: Int64(payload.count),
                requestHash: request.hash, idempotency: keyed, createdAt: .now))
        let rate: RateStatus
        do throws(NodeError) {
            rate = try countCall(license, request.caller, agent)
            request.observer?(.held(hold.id))
            try await acquireSlot(request, skill, hold)
        } catch {
            meter.void(hold.id)
            throw error
        }
        clock.mark(.hold)
        request.observer?(.begun)
        let run = prepared.run(
            endpoint: endpoint.path, payload: payload, context: Self.context(hold, skill, quote), secrets: secrets)
        let redaction = SecretRedaction(secrets.values)
        let (held, byOwner) = (clock, purchase == nil)
        InlineExecutor.enterOnThisThread()
        return try await withTaskExecutorPreference(InlineExecutor.shared) { () async throws(NodeError) in
            let attempts = await attempt(run, idempotent: endpoint.idempotent)
            running.remove(hold)
            slots.release(hold.buyerID)
            let finish = { @Sendable () async throws(NodeError) -> ExecuteReply in
                var clock = held
                clock.mark(attempts.outcome.times)
                let outcome = redaction.apply(attempts.outcome)
                let response = SkillResponse(
                    outcome, manifest: skill.latest.manifest, endpoint: endpoint, units: quote.pricing?.units,
                    depthMax: self.configuration.jsonDepthMax)
                let settled = try await self.book(
                    EndedRun(
                        hold: hold, quote: quote, skill: skill, outcome: outcome,
                        response: response.redacted(by: redaction), byOwner: byOwner,
                        firstVerdict: attempts.first.map(redaction.apply)))
                clock.mark(.settle)
                clock.count()
                return ExecuteReply(outcome: settled.outcome, isReplay: false, rates: [rate, agent], clock: clock)
            }
            // Reading, hashing and searching more takes long.
            let isQuick = attempts.outcome.standardOutput.count <= Self.quickBytesMax && secrets.isEmpty
            return isQuick
                ? try await finish() : try await withTaskExecutorPreference(globalConcurrentExecutor, operation: finish)
        }
    }

    /// What is longer takes long to read: it is read in the pool, whatever the caller's executor.
    package static let quickBytesMax = 64 << 10

    // MARK: Steps

    /// Reserves the amount and the use, and writes the hold down: from now on the run has a record whatever happens.
    func reserve(_ hold: Hold) async throws(NodeError) -> Hold {
        do throws(MeterError) {
            return try await meter.reserve(hold)
        } catch {
            throw NodeError(error)
        }
    }

    /// Waits for a turn, to be given back by `slots.release(_:)`; none is taken when this throws.
    private func acquireSlot(_ request: ExecuteRequest, _ skill: Skill, _ hold: Hold) async throws(NodeError) {
        try await awaitTurn(request.caller, secondsMax: request.waitSeconds)
        // Before the last look at what is paused: what is paused from now on finds the call.
        running.add(hold)
        do throws(NodeError) {
            // While the call waited, the store may have failed, the licence may have been revoked or have expired, and
            // the operator may have stopped it.
            try requireBookable()
            try requireOpen(.executions, to: request.caller, skill)
            _ = try await permit(request.caller, skill, token: request.token)
            // As may the version.
            let now = try await skills.skill(skill.id, version: skill.latest.version)
            try Self.requireUsable(now, named: request.version != nil)
        } catch {
            running.remove(hold)
            slots.release(request.caller)
            throw error
        }
    }

    static func endpoint(_ path: String, of skill: Skill) throws(NodeError) -> Endpoint {
        if let endpoint = skill.latest.manifest.endpoint(path) { return endpoint }
        let paths = skill.latest.manifest.endpoints.map(\.path)
        throw NodeError(
            status: 404, code: "endpoint_not_found",
            detail: "The skill \(skill.name) has no endpoint \(quoted(path)); it has \(paths.joined(separator: ", ")).",
            fields: ["endpoints": .array(paths.map(JSONValue.string))])
    }

    static func check(_ payload: JSONValue, _ endpoint: Endpoint) throws(NodeError) {
        guard let violations = endpoint.input?.validate(payload), let first = violations.first else { return }
        let place = first.path.isEmpty ? "The payload" : "The payload at \(first.path)"
        throw NodeError(
            status: 422, code: "payload_invalid",
            detail: "\(place) is not what \(endpoint.path) takes: \(first.message).",
            fields: [
                "violations": .array(
                    violations.map { ["path": .string($0.path), "message": .string($0.message)] })
            ])
    }

    /// What the skill may know about its call.
    static func context(_ hold: Hold, _ skill: Skill, _ quote: RunQuote) -> JSONValue {
        var context: JSONObject = [
            "executionId": .string(hold.id.description), "skill": .string(skill.name),
            "version": .string(skill.latest.version.description), "agentId": .string(hold.buyerID.description),
            "purchaseId": .optional(hold.purchaseID?.description),
        ]
        if let max = quote.unitsMax { context["unitsMax"] = .number(max) }
        return .object(context)
    }

    /// The sandbox's side of a skill, by the profiles as they are now.
    func prepare(_ skill: Skill) throws(NodeError) -> SkillRequest {
        try prepare(skill.latest.manifest, directory: packages.directory(of: skill.latest.package))
    }

    func prepare(_ manifest: SkillManifest, directory: String) throws(NodeError) -> SkillRequest {
        let wanted = manifest.profile ?? SkillCommand.defaultProfile(of: manifest.runtime)
        let name = configuration.profileMap[wanted] ?? wanted
        guard let profile = profiles.forSkills(named: name) else {
            let names = profiles.namesForSkills
            throw NodeError(
                status: 422, code: "profile_not_found",
                detail: "This node has no profile \(quoted(name)) for skills; it has \(names.joined(separator: ", ")).",
                fields: ["profiles": .array(names.map(JSONValue.string))])
        }
        do throws(FieldError) {
            return try SkillRequest(manifest: manifest, directory: directory, profile: profile)
        } catch {
            throw NodeError(error)
        }
    }
}
