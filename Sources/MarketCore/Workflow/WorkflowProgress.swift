public import Fields

/// How far one run of a workflow is: which steps may begin, and with what. A pure state machine; its owner runs the steps.
public struct WorkflowProgress: Sendable {
    /// A step whose turn has come.
    public struct Ready: Sendable {
        public let step: WorkflowStep
        public let input: JSONValue
    }

    private enum State: Sendable {
        case waiting, running, done, skipped
    }

    private let workflow: Workflow
    private var states: [String: State] = [:]
    private var resultBytes = 0
    public private(set) var scope: WorkflowScope
    /// Why the workflow has failed, and at which step; nil for its output.
    public private(set) var fault: (step: String?, fault: WorkflowFault)?

    public init(_ workflow: Workflow, input: JSONValue) {
        self.workflow = workflow
        scope = WorkflowScope(input: input)
    }

    public var running: Int { states.values.count { $0 == .running } }
    public var isFinished: Bool { workflow.steps.allSatisfy { state($0) == .done || state($0) == .skipped } }

    /// Steps that were left out, because a condition did not hold.
    public var skipped: [String] { workflow.steps.map(\.id).filter { states[$0] == .skipped } }

    private func state(_ step: WorkflowStep) -> State { states[step.id] ?? .waiting }

    private func isSettled(_ id: String) -> Bool { states[id] == .done || states[id] == .skipped }

    /// Starts what may begin now; nothing once a step cannot be given what it is to be given.
    public mutating func next() -> [Ready] {
        var ready: [Ready] = []
        var goesOn = true
        while goesOn, fault == nil {
            goesOn = false
            for step in workflow.steps where state(step) == .waiting && step.dependencies.allSatisfy(isSettled) {
                guard step.conditions.allSatisfy({ $0.holds(in: scope) }) else {
                    states[step.id] = .skipped
                    // Others may have waited for it.
                    goesOn = true
                    continue
                }
                guard running < workflow.parallel else { continue }
                do throws(WorkflowFault) {
                    ready.append(Ready(step: step, input: try step.target.input.value(in: scope)))
                    states[step.id] = .running
                } catch {
                    fault = (step.id, error)
                    return ready
                }
            }
        }
        return ready
    }

    /// What the fallback of a step is given.
    public func fallbackInput(_ target: WorkflowStep.Target) throws(WorkflowFault) -> JSONValue {
        try target.input.value(in: scope)
    }

    public mutating func finish(_ step: WorkflowStep, result: JSONValue, bytes: Int) {
        states[step.id] = .done
        scope.results[step.id] = result
        resultBytes += bytes
        guard resultBytes > Workflow.resultsBytesMax, fault == nil else { return }
        fault = (
            step.id,
            WorkflowFault(
                reason: "results_too_large",
                detail: "The results of the steps take more than \(Workflow.resultsBytesMax) bytes together")
        )
    }

    /// What the workflow answers, once it is finished.
    public func output() throws(WorkflowFault) -> JSONValue { try workflow.output.value(in: scope) }
}
