import Fields
import MarketCore
import Metering
import Metrics
import Sandbox

/// A run that has ended and is not booked yet.
struct EndedRun: Sendable {
    /// How much of standard error the report keeps, and an owner sees.
    private static let logBytesMax = 16 << 10

    let hold: Hold
    let quote: RunQuote
    let skill: Skill
    let outcome: RunOutcome
    let response: SkillResponse
    /// The owner ran an own skill, free.
    let byOwner: Bool
    /// How a first attempt ended, after which the call was run once more.
    let firstVerdict: Verdict?
    var attempts = 2
    /// The workflow that it is, or is a step of.
    var workflow: EndedWorkflow?
    let endedAt = Timestamp.now

    private var verdict: Verdict { response.verdict }

    /// What is booked. The price is the one that was held.
    /// - Parameter outcomeBytesMax: of all stored answers of the caller.
    func settlement(_ billing: BillingRule, outcomeBytesMax: Int64) throws(MeterError) -> Settlement {
        let (price, units) = quote.price(
            of: response.units ?? quote.units ?? (quote.pricing == nil ? 1 : 0), held: held)
        let charge = charge(billing, price)
        let usage = SkillUsage(
            id: hold.id, purchaseID: hold.purchaseID, skillID: hold.skillID, agentID: hold.buyerID,
            endpoint: hold.endpoint, requestSize: hold.requestSize, responseSize: Int64(response.result?.count ?? 0),
            durationMilliseconds: milliseconds(outcome.usage.wallMicroseconds),
            cpuTimeMilliseconds: milliseconds(outcome.usage.cpuMicroseconds),
            peakMemoryBytes: outcome.usage.peakMemoryBytes,
            units: charge.countsUse || verdict.kind == .ok ? units : 0, cost: charge.cost,
            isTrial: hold.isTrial && charge.countsUse, verdict: verdict.kind.rawValue, timestamp: endedAt)
        do throws(LedgerError) {
            return try Settlement(
                usage: usage, sellerID: hold.sellerID, countsUse: charge.countsUse,
                isTrial: usage.isTrial, requestHash: hold.requestHash,
                responseHash: BodyHash(of: response.result ?? []), report: report.serialized(),
                idempotency: hold.idempotency,
                outcomeLimit: response.result == nil
                    ? nil
                    : OutcomeLimit(agentBytesMax: outcomeBytesMax) { receipt in
                        self.notKept(usage).outcome(receipt: receipt)
                    },
                // It may be booked long after it ended, and its key is to be repeated from then on.
                answeredAt: .now, workflow: workflow?.record
            ) { receipt in self.answer(usage, receipt) }
        } catch {
            throw .store(.refused("\(error)"))
        }
    }

    /// What its price was made from: of a workflow, what its steps took out of the hold as well.
    private var held: Money {
        guard case .whole = workflow, !hold.isTrial else { return hold.amount }
        return quote.amount
    }

    private func charge(_ billing: BillingRule, _ price: Money) -> BillingRule.Charge {
        let charge = billing.charge(verdict: verdict.kind.rawValue, price: price, byOwner: byOwner)
        switch workflow {
        case nil: return charge
        // The use is the workflow's.
        case .step(_, let whole): return .init(cost: charge.cost, countsUse: charge.countsUse && whole == nil)
        case .whole(_, let shared, _, _):
            return .init(
                cost: Money(base: max(0, charge.cost.base - shared), currency: charge.cost.currency),
                countsUse: charge.countsUse)
        }
    }

    /// The hold that its cost is taken out of; nil where it has its own.
    var whole: SkillUsage.ID? { if case .step(_, let whole) = workflow { whole } else { nil } }

    func count() {
        let dimensions = [("verdict", verdict.kind.rawValue)]
        Counter(label: "executions_total", dimensions: dimensions).increment()
        Timer(label: "execution_duration_seconds", dimensions: dimensions)
            .recordNanoseconds(outcome.usage.wallMicroseconds * 1000)
        if let firstVerdict {
            Counter(label: "executions_repeated_total", dimensions: [("verdict", firstVerdict.kind.rawValue)])
                .increment()
        }
    }

    // MARK: Answers

    private func answer(_ usage: SkillUsage, _ receipt: String) -> StoredOutcome {
        guard let result = response.result else { return problem(usage).outcome(receipt: receipt) }
        // The result goes out as the skill wrote it, so that it has the hash that the receipt names.
        var body = Array("{\"result\":".utf8)
        body.reserveCapacity(result.count + 2048)
        body += result
        body += Array(",\"usage\":".utf8)
        body += usage.json.serialized()
        body += Array(",\"receipt\":".utf8)
        body += JSONValue.string(receipt).serialized()
        body.append(UInt8(ascii: "}"))
        return StoredOutcome(status: 200, json: body)
    }

    private func problem(_ usage: SkillUsage) -> NodeError {
        var fields: JSONObject = ["verdict": .string(verdict.kind.rawValue)]
        for (key, value) in verdict.evidence { fields[key] = value }
        // What a skill logs is between it and its owner.
        if byOwner { fields["stderr"] = .string(log) }
        if case .whole(_, _, let step?, _) = workflow { fields["step"] = .string(step) }
        fields["usage"] = usage.json
        return NodeError(
            status: verdict.status, code: verdict.kind.rawValue, detail: verdict.detail,
            retryable: verdict.isRetryable, fields: fields, instance: "/api/v1/executions/\(usage.id)")
    }

    /// What a repeated key is answered when there was no room for the result.
    private func notKept(_ usage: SkillUsage) -> NodeError {
        NodeError(
            status: 410, code: "result_not_kept",
            detail: "The run took place and was answered once. Its result was too large to be kept for this "
                + "Idempotency-Key beside your other stored answers; its usage and receipt are here.",
            fields: ["verdict": .string(verdict.kind.rawValue), "usage": usage.json],
            instance: "/api/v1/executions/\(usage.id)")
    }

    /// What is stored with the execution.
    private var report: JSONValue {
        var report: JSONObject = [
            "verdict": verdict.json, "isolation": outcome.report.json, "stderr": .string(log),
            "stderrTruncated": .bool(outcome.standardErrorTruncated || outcome.standardError.count > Self.logBytesMax),
        ]
        // By it the result is found, as long as it is kept.
        if let key = hold.idempotency?.scope.key { report["idempotencyKey"] = .string(key.value) }
        if let firstVerdict {
            report["attempts"] = .number(attempts)
            report["firstVerdict"] = firstVerdict.json
        }
        if case .whole(_, _, _, let steps) = workflow { report["steps"] = steps }
        return .object(report)
    }

    /// The end of standard error, as text.
    private var log: String {
        String(decoding: outcome.standardError.suffix(Self.logBytesMax), as: UTF8.self)
            .replacing("\0", with: "\u{FFFD}")
    }

    /// Rounded up, so that only a run that took no time has none.
    private func milliseconds(_ microseconds: Int64) -> Int64 { (microseconds + 999) / 1000 }
}

/// What an ended run has to do with a workflow.
enum EndedWorkflow: Sendable {
    /// It is a step.
    /// - Parameter whole: the hold that its cost is a share of; nil where it has its own.
    case step(WorkflowStepRecord, whole: SkillUsage.ID?)
    /// It is the whole.
    /// - Parameters:
    ///   - sharedBase: what its buyer has paid for steps already.
    ///   - steps: for the report.
    case whole(run: SkillUsage.ID, sharedBase: Int64, failedStep: String?, steps: JSONValue)

    var record: WorkflowRecord {
        switch self {
        case .step(let record, _): .step(record)
        case .whole(let run, _, _, _): .end(run: run)
        }
    }
}
