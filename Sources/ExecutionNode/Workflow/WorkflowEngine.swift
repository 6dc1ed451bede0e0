package import Fields
package import MarketCore
import Sandbox

/// Carries a workflow out: starts each step when its turn has come, and makes the whole's outcome of theirs. What a call is,
/// its owner says.
package struct WorkflowEngine: Sendable {
    package typealias Call = @Sendable (WorkflowLeg) async -> WorkflowLegEnd

    private struct StepEnd: Sendable {
        let step: WorkflowStep
        let legs: [(leg: WorkflowLeg.Key, end: WorkflowLegEnd)]
        let end: WorkflowLegEnd
    }

    private let workflow: Workflow
    private let input: JSONValue
    private let depthMax: Int
    private let start = ContinuousClock.now

    /// - Parameter depthMax: lists and objects within each other in what a step is given.
    package init(_ workflow: Workflow, input: JSONValue, depthMax: Int = 64) {
        self.workflow = workflow
        self.input = input
        self.depthMax = depthMax
    }

    private var deadline: ContinuousClock.Instant { start + .milliseconds(workflow.timeoutMilliseconds) }

    /// Returns when every step that was started has ended. The first failure cancels what goes on beside it.
    package func run(_ call: @escaping Call) async -> WorkflowEnd {
        var progress = WorkflowProgress(workflow, input: input)
        var failure: (step: String, verdict: Verdict)?
        var legs: [(leg: WorkflowLeg.Key, end: WorkflowLegEnd)] = []
        await withTaskGroup(of: StepEnd.self) { group in
            while true {
                if failure == nil {
                    for ready in progress.next() {
                        let now = progress
                        group.addTask { await carryOut(ready, now, call) }
                    }
                }
                if progress.fault != nil { group.cancelAll() }
                guard let ended = await group.next() else { break }
                legs += ended.legs
                if let result = ended.end.result {
                    progress.finish(ended.step, result: result, bytes: ended.end.resultBytes)
                } else if failure == nil {
                    failure = (ended.step.id, ended.end.verdict)
                    group.cancelAll()
                }
            }
        }
        let (verdict, output) = verdict(progress, failure)
        var usage = RunUsage(wallMicroseconds: Int64(start.duration(to: .now) / .microseconds(1)))
        for (_, end) in legs {
            usage.cpuMicroseconds += end.usage.cpuMicroseconds
            usage.peakMemoryBytes = max(usage.peakMemoryBytes, end.usage.peakMemoryBytes)
        }
        return WorkflowEnd(
            legs: legs, skipped: progress.skipped, failedStep: failure?.step ?? progress.fault?.step,
            outcome: RunOutcome(
                verdict: verdict, standardOutput: output, standardError: [], usage: usage,
                report: IsolationReport(json: nil)))
    }

    // MARK: Steps

    private func carryOut(_ ready: WorkflowProgress.Ready, _ progress: WorkflowProgress, _ call: Call) async -> StepEnd
    {
        let step = ready.step
        let first = await self.call(step, step.target, isFallback: false, ready.input, call)
        let main = WorkflowLeg.Key(step: step.id, isFallback: false)
        guard first.result == nil, let fallback = step.fallback, first.verdict.kind != .cancelled, !Task.isCancelled
        else { return StepEnd(step: step, legs: [(main, first)], end: first) }
        let second: WorkflowLegEnd
        do throws(WorkflowFault) {
            second = await self.call(
                step, fallback, isFallback: true, try progress.fallbackInput(fallback), call)
        } catch {
            second = WorkflowLegEnd(verdict: Self.verdict(error, .failed, "The input of its fallback cannot be made"))
        }
        return StepEnd(
            step: step, legs: [(main, first), (WorkflowLeg.Key(step: step.id, isFallback: true), second)], end: second)
    }

    private func call(
        _ step: WorkflowStep, _ target: WorkflowStep.Target, isFallback: Bool, _ input: JSONValue, _ call: Call
    ) async -> WorkflowLegEnd {
        guard ContinuousClock.now < deadline else {
            return WorkflowLegEnd(
                verdict: Verdict(
                    kind: .timeout,
                    detail: "The workflow's \(workflow.timeoutMilliseconds) ms were over before it began.",
                    reason: "workflow_timeout"))
        }
        let payload = input.serialized()
        let fits = JSONLimits(depthMax: depthMax, bytesMax: Workflow.inputBytesMax)
        do throws(JSONParseError) {
            _ = try JSONValue(parsing: payload, limits: fits)
        } catch {
            return WorkflowLegEnd(
                verdict: Verdict(
                    kind: .failed, detail: "What it was to be given is no payload: \(error.description).",
                    reason: "step_input_invalid"))
        }
        return await call(
            WorkflowLeg(
                step: step, target: target, isFallback: isFallback, input: input, payload: payload, deadline: deadline))
    }

    // MARK: The whole

    private func verdict(
        _ progress: WorkflowProgress, _ failure: (step: String, verdict: Verdict)?
    ) -> (Verdict, output: [UInt8]) {
        if let (id, cause) = failure {
            let skill = workflow.step(id).map { " (\($0.target.skill))" } ?? ""
            var verdict = cause
            verdict.detail = "The step \(id)\(skill) ended with \(cause.kind.rawValue): \(cause.detail)"
            return (verdict, [])
        }
        if let (step, fault) = progress.fault {
            let isSize = fault.reason == "results_too_large"
            let what = isSize ? nil : step.map { "The input of the step \($0) cannot be made" }
            return (Self.verdict(fault, isSize ? .outputLimit : .invalidResponse, what), [])
        }
        do throws(WorkflowFault) {
            let output = try progress.output().serialized()
            guard output.count <= Workflow.inputBytesMax else {
                throw WorkflowFault(
                    reason: "output_too_large",
                    detail: "The workflow's output is \(output.count) bytes, more than \(Workflow.inputBytesMax)")
            }
            return (Verdict(kind: .ok, detail: "All steps ended as they should."), output)
        } catch {
            let isSize = error.reason == "output_too_large"
            let what = isSize ? nil : "The workflow's output cannot be made"
            return (Self.verdict(error, isSize ? .outputLimit : .invalidResponse, what), [])
        }
    }

    private static func verdict(_ fault: WorkflowFault, _ kind: Verdict.Kind, _ what: String?) -> Verdict {
        Verdict(kind: kind, detail: "\(what.map { "\($0): " } ?? "")\(fault.detail).", reason: fault.reason)
    }
}
