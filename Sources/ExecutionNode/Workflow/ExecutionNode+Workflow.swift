import Fields
import Logging
import MarketCore
import Metering
import Sandbox

extension ExecutionNode {
    /// As ``call(_:_:keyed:_:)`` for a workflow: one group of holds, then its steps, then its own record and answer.
    func callWorkflow(
        _ request: ExecuteRequest, _ skill: Skill, _ workflow: Workflow, keyed: IdempotentRequest?, _ agent: RateStatus
    ) async throws(NodeError) -> ExecuteReply {
        var clock = request.clock
        try requireHealth()
        try Self.requireUsable(skill, named: request.version != nil)
        let endpoint = try Self.endpoint(request.endpoint, of: skill)
        let purchase = try await permit(request.caller, skill, token: request.token)
        let license = licenseClaim(request.caller, skill, purchase)
        try requireRate(license, request.caller, agent)
        try Self.check(request.payload, endpoint)
        let quote = try RunQuote(
            purchase?.pricing, payload: request.payload, currency: skill.pricing.price.currency,
            maxCost: request.maxCost)
        let interrupted = try await interruptedWorkflow(keyed, skill)
        let legs = try await bind(workflow, try await plan(of: skill), author: skill.agentID)
        clock.mark(.license)

        var run = WorkflowRun(
            request: request, skill: skill, endpoint: endpoint, purchase: purchase, quote: quote, keyed: keyed,
            interrupted: interrupted, legs: legs)
        run.share(workflow)
        try await hold(&run)
        let rate: RateStatus
        do throws(NodeError) {
            rate = try countCall(license, request.caller, agent)
            try countSteps(run, agent)
            // Before the last look at what is paused: what is paused from now on finds the call.
            running.add(run.holds.whole)
            try requireOpen(.executions, to: request.caller, skill)
        } catch {
            running.remove(run.holds.whole)
            release(run)
            throw error
        }
        clock.mark(.hold)
        request.observer?(.held(run.holds.whole.id))
        request.observer?(.begun)

        let placed = run
        let end = await WorkflowEngine(workflow, input: request.payload, depthMax: configuration.jsonDepthMax).run {
            leg in
            await self.carryOut(leg, of: placed)
        }
        running.remove(run.holds.whole)
        releaseSteps(run)
        let settled = try await book(run, end)
        clock.mark(.settle)
        clock.count()
        return ExecuteReply(outcome: settled.outcome, isReplay: false, rates: [rate, agent], clock: clock)
    }

    // MARK: Before the steps

    /// The workflow that this request began and a crash cut off.
    /// - Throws: ``NodeError`` 422 for another body, 409 when a newer version has taken its place.
    private func interruptedWorkflow(
        _ keyed: IdempotentRequest?, _ skill: Skill
    ) async throws(NodeError) -> InterruptedWorkflow? {
        guard let keyed else { return nil }
        let found = try await inStore { () throws(StoreError) in try await store.interruptedWorkflow(keyed.scope) }
        guard let found else { return nil }
        guard found.fingerprint == keyed.fingerprint else { throw Self.keyReused }
        guard found.version == skill.latest.version else {
            throw NodeError(
                status: 409, code: "workflow_version_changed",
                detail: "This request was cut off in version \(found.version) of \(skill.name), and "
                    + "\(skill.latest.version) has taken its place; send it with a new Idempotency-Key to begin anew.",
                fields: ["version": .string(found.version.description)])
        }
        return found
    }

    /// Places every hold or none. A run that is free to the buyer has no price to share.
    private func hold(_ run: inout WorkflowRun) async throws(NodeError) {
        run.makeHolds()
        run.holds = try await reserve(run.holds)
        guard run.holds.whole.isTrial, run.isShared else { return }
        release(run)
        run.unshare()
        run.makeHolds()
        run.holds = try await reserve(run.holds)
    }

    private func reserve(_ holds: HoldGroup) async throws(NodeError) -> HoldGroup {
        do throws(MeterError) {
            return try await meter.reserve(holds)
        } catch {
            if case .refused(.others(let refusal)) = error {
                logger.notice(
                    "a workflow's author cannot pay its steps",
                    metadata: [
                        "skill": .string(holds.whole.skillID.description), "cause": .string(refusal.description),
                    ])
            }
            throw NodeError(error)
        }
    }

    /// Each step counts against the licence that it is called under.
    private func countSteps(_ run: WorkflowRun, _ agent: RateStatus) throws(NodeError) {
        for leg in run.legs where !leg.key.isFallback && !run.isSettled(leg.key) {
            _ = try countCall(
                licenseClaim(run.skill.agentID, leg.skill, leg.purchase), run.request.caller, agent)
        }
    }

    private func release(_ run: WorkflowRun) {
        for hold in run.holds.steps + [run.holds.whole] { meter.void(hold.id) }
    }

    /// Drops the holds of steps that were not called.
    private func releaseSteps(_ run: WorkflowRun) {
        for hold in run.holds.steps where !run.ledger.hasBegun(hold.id) { meter.void(hold.id) }
    }

    // MARK: Steps

    private func carryOut(_ leg: WorkflowLeg, of run: WorkflowRun) async -> WorkflowLegEnd {
        if let settled = run.settled[leg.key] { return Self.end(settled) }
        guard let bound = run.bound(leg.key), let hold = run.hold(for: leg, bound) else {
            return .refused(.notFound("step", leg.step.id))
        }
        let call = LegCall(
            leg: leg, bound: bound, hold: hold, caller: run.request.caller,
            whole: bound.isShared ? run.holds.whole.id : nil, resumption: run.resumption)
        return await carryOut(
            call, begun: { run.ledger.begin(hold.id) },
            booked: { settled in
                if bound.isShared { run.ledger.add(settled.usage.cost) }
            })
    }

    /// What a step gave before a crash.
    private static func end(_ settled: SettledStep) -> WorkflowLegEnd {
        let kind = Verdict.Kind(rawValue: settled.usage.verdict) ?? .failed
        let result = settled.result.flatMap { try? JSONValue(parsing: $0, limits: JSONLimits(depthMax: 512)) }
        let usage = RunUsage(
            wallMicroseconds: settled.usage.durationMilliseconds * 1000,
            cpuMicroseconds: settled.usage.cpuTimeMilliseconds * 1000,
            peakMemoryBytes: settled.usage.peakMemoryBytes)
        guard kind == .ok, result == nil else {
            return WorkflowLegEnd(
                verdict: Verdict(kind: kind, detail: "It had ended so before the daemon stopped."), result: result,
                resultBytes: settled.result?.count ?? 0, usage: usage, execution: settled.usage.id)
        }
        return WorkflowLegEnd(
            verdict: Verdict(
                kind: .launchFailed, detail: "Its result was not kept over the end of the daemon.",
                reason: "result_not_kept"),
            usage: usage, execution: settled.usage.id)
    }

    // MARK: After the steps

    private func book(_ run: WorkflowRun, _ end: WorkflowEnd) async throws(NodeError) -> SettledRun {
        let response = SkillResponse(
            end.outcome, manifest: run.skill.latest.manifest, endpoint: run.endpoint, units: run.quote.pricing?.units,
            depthMax: configuration.jsonDepthMax)
        return try await book(
            EndedRun(
                hold: run.holds.whole, quote: run.quote, skill: run.skill, outcome: end.outcome, response: response,
                byOwner: run.purchase == nil, firstVerdict: nil,
                workflow: .whole(
                    run: run.id, sharedBase: run.ledger.sharedBase + (run.interrupted?.sharedBase ?? 0),
                    failedStep: end.failedStep, steps: run.json(end))))
    }
}
