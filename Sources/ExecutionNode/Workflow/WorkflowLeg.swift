package import Fields
package import MarketCore
package import Sandbox

/// One call within one run of a workflow: a step's skill, or the one in its place.
package struct WorkflowLeg: Sendable {
    package struct Key: Hashable, Sendable {
        package let step: String
        package let isFallback: Bool
    }

    package let step: WorkflowStep
    package let target: WorkflowStep.Target
    package let isFallback: Bool
    package let input: JSONValue
    /// `input`, serialised.
    package let payload: [UInt8]
    /// When the whole workflow must have ended.
    package let deadline: ContinuousClock.Instant

    package var key: Key { Key(step: step.id, isFallback: isFallback) }

    /// The longest that one attempt may run, where the skill itself may take `own`.
    package func wallMilliseconds(own: Int64) -> Int64 {
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        return max(1, min(own, step.timeoutMilliseconds ?? own, Int64(left)))
    }
}

/// How one leg ended.
package struct WorkflowLegEnd: Sendable {
    package let verdict: Verdict
    /// For verdict `ok`.
    package let result: JSONValue?
    package let resultBytes: Int
    package let usage: RunUsage
    /// Its record; nil when it was refused before it ran.
    package let execution: SkillUsage.ID?

    package init(
        verdict: Verdict, result: JSONValue? = nil, resultBytes: Int = 0, usage: RunUsage = RunUsage(),
        execution: SkillUsage.ID? = nil
    ) {
        self.verdict = verdict
        self.result = result
        self.resultBytes = resultBytes
        self.usage = usage
        self.execution = execution
    }
}

/// How a workflow ended.
package struct WorkflowEnd: Sendable {
    /// What was carried out, in the order in which it ended, and what was left out.
    package let legs: [(leg: WorkflowLeg.Key, end: WorkflowLegEnd)]
    package let skipped: [String]
    /// The step that the verdict is of; nil for `ok` and for what is no single step's.
    package let failedStep: String?
    /// As if a sandbox had run it.
    package let outcome: RunOutcome
}
