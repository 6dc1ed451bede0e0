import Fields
import LicenseCheck
import MarketCore
import Metering
import Sandbox

extension ExecutionNode {
    /// How one leg is called.
    struct LegCall: Sendable {
        let leg: WorkflowLeg
        let bound: BoundLeg
        let hold: Hold
        /// Whose turn it takes.
        let caller: Agent.ID
        /// The hold that its cost is taken out of; nil where it has its own.
        let whole: SkillUsage.ID?
        /// What its record says of the workflow; nil for a test.
        let resumption: WorkflowResumption?
    }

    /// Runs one leg under its hold, and books it.
    /// - Parameters:
    ///   - begun: called once the hold is written down; from then on it is settled here.
    ///   - booked: called with what was booked.
    func carryOut(
        _ call: LegCall, begun: @Sendable () -> Void, booked: @Sendable (SettledRun) -> Void
    ) async -> WorkflowLegEnd {
        let (leg, bound) = (call.leg, call.bound)
        do throws(NodeError) {
            let (run, quote, secrets) = try await prepare(call)
            try await awaitTurn(call.caller, secondsMax: Int64(leg.wallMilliseconds(own: .max) / 1000))
            running.add(call.hold)
            do throws(NodeError) {
                try requireBookable()
                try requireOpen(stepOf: bound.skill)
                if let purchase = bound.purchase { try await requireUsable(purchase.id, bound) }
                do throws(MeterError) { try meter.begin(call.hold) } catch { throw NodeError(error) }
            } catch {
                running.remove(call.hold)
                slots.release(call.caller)
                throw error
            }
            begun()
            let attempts = await attempt(
                run, idempotent: bound.endpoint.idempotent, repeats: leg.step.retries, until: leg)
            running.remove(call.hold)
            slots.release(call.caller)
            return try await book(call, quote, SecretRedaction(secrets.values), attempts, booked)
        } catch {
            return .refused(error)
        }
    }

    private func prepare(
        _ call: LegCall
    ) async throws(NodeError) -> (RunRequest, RunQuote, secrets: [String: String]) {
        let (leg, bound, hold) = (call.leg, call.bound, call.hold)
        try requireBookable()
        try Self.check(leg.input, bound.endpoint)
        let isBounded = !hold.isTrial && bound.pricing?.kind == .usage
        let quote = try RunQuote(
            bound.pricing, payload: leg.input, currency: hold.amount.currency,
            maxCost: isBounded ? hold.amount.decimal : nil)
        let prepared = try prepare(bound.skill)
        let secrets = try await secretValues(bound.skill)
        var run = prepared.run(
            endpoint: bound.endpoint.path, payload: leg.payload, context: Self.context(hold, bound.skill, quote),
            secrets: secrets)
        let wall = leg.wallMilliseconds(own: run.limits.wallMilliseconds)
        if wall < run.limits.wallMilliseconds {
            run.limits.wallMilliseconds = wall
            run.startsAhead = false
        }
        return (run, quote, secrets)
    }

    private func requireUsable(_ id: Purchase.ID, _ bound: BoundLeg) async throws(NodeError) {
        let purchase = try await inStore { () throws(StoreError) in try await licenses.purchase(id) }
        guard let purchase, Self.isUsable(purchase) else {
            throw NodeError(
                status: 503, code: "step_unlicensed",
                detail: "The workflow author's licence for \(bound.skill.name) has ended.")
        }
    }

    /// Runs a leg, and again as often as its step says, where its verdict lets that be.
    private func attempt(
        _ first: RunRequest, idempotent: Bool, repeats: Int, until leg: WorkflowLeg
    ) async -> Attempts {
        var attempts = Attempts(outcome: await runner.run(first))
        for _ in 0..<repeats {
            let former = attempts.outcome
            guard former.mayRepeat(idempotent: idempotent), !Task.isCancelled, ContinuousClock.now < leg.deadline
            else { break }
            if former.verdict.kind == .launchFailed { try? await Task.sleep(for: .milliseconds(100)) }
            var next = first
            next.limits.wallMilliseconds = leg.wallMilliseconds(own: first.limits.wallMilliseconds)
            next.startsAhead = false
            var outcome = await runner.run(next)
            outcome.usage.add(former.usage)
            attempts = Attempts(
                outcome: outcome, first: attempts.first ?? former.verdict, count: attempts.count + 1)
        }
        return attempts
    }

    private func book(
        _ call: LegCall, _ quote: RunQuote, _ redaction: SecretRedaction, _ attempts: Attempts,
        _ booked: @Sendable (SettledRun) -> Void
    ) async throws(NodeError) -> WorkflowLegEnd {
        let bound = call.bound
        let outcome = redaction.apply(attempts.outcome)
        let response = SkillResponse(
            outcome, manifest: bound.skill.latest.manifest, endpoint: bound.endpoint, units: quote.pricing?.units,
            depthMax: configuration.jsonDepthMax
        ).within(bytesMax: Workflow.resultBytesMax).redacted(by: redaction)
        let record = call.hold.step.map { step in
            WorkflowStepRecord(
                run: step.run, step: step.step, isFallback: step.isFallback, version: step.version,
                isShared: step.isShared,
                isFinal: response.verdict.kind != .launchFailed && response.verdict.kind != .cancelled,
                result: call.resumption == nil ? nil : response.result, resumption: call.resumption)
        }
        let settled = try await book(
            EndedRun(
                hold: call.hold, quote: quote, skill: bound.skill, outcome: outcome, response: response,
                byOwner: bound.purchase == nil && call.whole == nil,
                firstVerdict: attempts.first.map(redaction.apply), attempts: attempts.count,
                workflow: record.map { .step($0, whole: call.whole) }))
        booked(settled)
        let result = response.result.flatMap { try? JSONValue(parsing: $0, limits: JSONLimits(depthMax: 512)) }
        return WorkflowLegEnd(
            verdict: response.verdict, result: result, resultBytes: response.result?.count ?? 0,
            usage: outcome.usage, execution: call.hold.id)
    }

    /// A leg of a test: a call of the author's own, under a hold of its own.
    func callByAuthor(_ leg: WorkflowLeg, _ bound: BoundLeg, _ author: Agent.ID) async -> WorkflowLegEnd {
        do throws(NodeError) {
            let hold = try await reserve(authorHold(leg.payload, bound, author, step: nil))
            let ledger = WorkflowLedger()
            let call = LegCall(leg: leg, bound: bound, hold: hold, caller: author, whole: nil, resumption: nil)
            let end = await carryOut(call, begun: { ledger.begin(hold.id) }, booked: { _ in })
            if !ledger.hasBegun(hold.id) { meter.void(hold.id) }
            return end
        } catch {
            return .refused(error)
        }
    }

    /// The hold of a leg that the author pays for.
    func authorHold(
        _ payload: [UInt8], _ bound: BoundLeg, _ author: Agent.ID, step: WorkflowStepRecord?
    ) -> Hold {
        Hold(
            id: .new(), purchaseID: bound.purchase?.id, skillID: bound.skill.id, buyerID: author,
            sellerID: bound.skill.agentID, endpoint: bound.endpoint.path, amount: bound.max,
            concurrentMax: bound.purchase?.license.kind.concurrentRunsMax, requestSize: Int64(payload.count),
            requestHash: BodyHash(of: payload), createdAt: .now, step: step)
    }
}

extension WorkflowLegEnd {
    /// It was refused before it ran, and nothing of it was booked.
    static func refused(_ error: NodeError) -> WorkflowLegEnd {
        let kind: Verdict.Kind =
            switch (error.code, error.status) {
            case ("cancelled", _): .cancelled
            case (_, 429), (_, 500...): .launchFailed
            default: .failed
            }
        return WorkflowLegEnd(verdict: Verdict(kind: kind, detail: error.detail, reason: error.code))
    }
}
