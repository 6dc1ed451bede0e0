import Fields
import MarketCore
import Metering

/// What is answered and stored for a run whose end nobody saw, because the daemon died.
enum InterruptedRun {
    private static let detail =
        "The daemon stopped while the run was on its way; nothing was charged. Send the call again with a new key."

    private static let workflowDetail =
        "The daemon stopped while the workflow was on its way. Send the call again with the same Idempotency-Key: steps "
        + "that were settled are not called again."

    /// Stored as the report of such an execution.
    static func report(_ hold: Hold) -> JSONValue {
        [
            "verdict": [
                "kind": "launch_failed", "detail": .string(hold.isWorkflow ? workflowDetail : detail),
                "reason": "interrupted",
            ], "isolation": nil,
        ]
    }

    /// The answer that its idempotency key gets from now on.
    static func outcome(_ usage: SkillUsage, receipt: String) -> StoredOutcome {
        NodeError(
            status: 503, code: "interrupted", detail: detail, retryable: true,
            fields: ["verdict": "launch_failed", "usage": usage.json], instance: "/api/v1/executions/\(usage.id)"
        ).outcome(receipt: receipt)
    }
}

extension NodeError {
    /// The stored answer of a run that took place, with its receipt.
    func outcome(receipt: String) -> StoredOutcome {
        var error = self
        error.fields["receipt"] = .string(receipt)
        return StoredOutcome(status: status, json: error.json.serialized(), type: "application/problem+json")
    }
}
