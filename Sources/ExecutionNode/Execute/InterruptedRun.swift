import Fields
import MarketCore
import Metering

/// What is booked and answered for a run whose end nobody saw, because the daemon died.
struct InterruptedRun {
    private let hold: Hold

    init(_ hold: Hold) {
        self.hold = hold
    }

    func settlement() throws(StoreError) -> Settlement {
        let usage = SkillUsage(
            id: hold.id, purchaseID: hold.purchaseID, skillID: hold.skillID, agentID: hold.buyerID,
            endpoint: hold.endpoint, requestSize: hold.requestSize, responseSize: 0, durationMilliseconds: 0,
            cpuTimeMilliseconds: 0, peakMemoryBytes: 0, cost: .zero(hold.amount.currency), verdict: "launch_failed",
            timestamp: .now)
        let detail = "The daemon stopped while the run was on its way; nothing was charged. Send the call again."
        let problem = NodeError(
            status: 503, code: "interrupted", detail: detail, retryable: true,
            fields: ["verdict": "launch_failed", "usage": usage.json],
            instance: "/api/v1/executions/\(usage.id)")
        let report: JSONValue = [
            "verdict": ["kind": "launch_failed", "detail": .string(detail), "reason": "interrupted"],
            "isolation": nil,
        ]
        do throws(LedgerError) {
            return try Settlement(
                usage: usage, sellerID: hold.sellerID, countsUse: false, requestHash: hold.requestHash,
                responseHash: BodyHash(of: []), report: report.serialized(), idempotency: hold.idempotency
            ) { receipt in problem.outcome(receipt: receipt) }
        } catch {
            throw .refused("\(error)")
        }
    }
}

extension NodeError {
    /// The stored answer of a run that took place, with its receipt.
    func outcome(receipt: String) -> StoredOutcome {
        var error = self
        error.fields["receipt"] = .string(receipt)
        var headers = [StoredOutcome.Header(name: "Content-Type", value: "application/problem+json")]
        if let retryAfterSeconds {
            headers.append(.init(name: "Retry-After", value: String(retryAfterSeconds)))
        }
        return StoredOutcome(status: status, headers: headers, body: error.json.serialized())
    }
}
