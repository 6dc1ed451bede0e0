package import Fields
package import MarketCore
package import Metering

extension ExecutionNode {
    /// What an execution has to do with a workflow: the steps that it had, and the execution whose step it was. What a step
    /// cost is for who paid it and who sold it.
    package func workflowPlace(
        of execution: StoredExecution, reader: Agent.ID
    ) async throws(NodeError) -> (steps: JSONValue?, workflow: String?) {
        let id = execution.usage.id
        let (steps, workflow) = try await inStore { () throws(StoreError) in
            (try await store.steps(of: id), try await store.workflow(of: id))
        }
        // Steps that were left out, or were refused before they ran, have no record of their own.
        let told = (try? JSONValue(parsing: execution.report))?["steps"]?.array
        let rest = (told ?? []).filter { $0["executionId"]?.string == nil }
        guard told != nil || !steps.isEmpty else { return (nil, workflow?.description) }
        return (.array(steps.map { $0.json(for: reader) } + rest), workflow?.description)
    }
}

extension SettledStep {
    fileprivate func json(for reader: Agent.ID) -> JSONValue {
        var object: JSONObject = [
            "step": .string(step), "fallback": .bool(isFallback), "skill": .string(skillName),
            "version": .string(version.description), "endpoint": .string(usage.endpoint),
            "verdict": ["kind": .string(usage.verdict)], "duration": .number(usage.durationMilliseconds),
            "executionId": .string(usage.id.description), "paidBy": .string(isShared ? "buyer" : "author"),
        ]
        if usage.agentID == reader {
            object["cost"] = .string(usage.cost.decimal)
            object["currency"] = .string(usage.cost.currency.rawValue)
        }
        return .object(object)
    }
}
