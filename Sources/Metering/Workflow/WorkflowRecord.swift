public import MarketCore

/// What a settle says of the workflow that its run is a part of.
public enum WorkflowRecord: Sendable {
    case step(WorkflowStepRecord)
    /// The workflow itself has ended, and its answer is stored: the results of its steps are no longer needed.
    /// - Parameter run: the one of whose steps it used the results; its own where it went through at once.
    case end(run: SkillUsage.ID)
}

/// Which step of which workflow a run was.
public struct WorkflowStepRecord: Hashable, Sendable {
    /// The first execution of the workflow; one that goes on after a crash keeps it.
    public let run: SkillUsage.ID
    public let step: String
    /// It was called in place of the step's own skill, which had failed.
    public let isFallback: Bool
    public let version: SemanticVersion
    /// Its cost is a share of the workflow's price.
    public let isShared: Bool
    /// It is not called again for this run.
    public let isFinal: Bool
    /// For verdict `ok`, while the workflow may have to go on after a crash.
    public let result: [UInt8]?
    /// What may go on, by its key; nil where nothing can.
    public let resumption: WorkflowResumption?

    public init(
        run: SkillUsage.ID, step: String, isFallback: Bool, version: SemanticVersion, isShared: Bool, isFinal: Bool,
        result: [UInt8]? = nil, resumption: WorkflowResumption? = nil
    ) {
        self.run = run
        self.step = step
        self.isFallback = isFallback
        self.version = version
        self.isShared = isShared
        self.isFinal = isFinal
        self.result = result
        self.resumption = resumption
    }
}

/// The request by which a workflow goes on after a crash.
public struct WorkflowResumption: Hashable, Sendable {
    public let request: IdempotentRequest
    /// The version that it began with.
    public let version: SemanticVersion

    public init(request: IdempotentRequest, version: SemanticVersion) {
        self.request = request
        self.version = version
    }
}

/// A workflow that a crash cut off after some of its steps were settled.
public struct InterruptedWorkflow: Hashable, Sendable {
    public let run: SkillUsage.ID
    public let fingerprint: BodyHash
    public let version: SemanticVersion
    /// Those that are not called again.
    public let steps: [SettledStep]

    public init(run: SkillUsage.ID, fingerprint: BodyHash, version: SemanticVersion, steps: [SettledStep]) {
        self.run = run
        self.fingerprint = fingerprint
        self.version = version
        self.steps = steps
    }

    /// What its buyer has paid of it already.
    public var sharedBase: Int64 { steps.filter(\.isShared).reduce(0) { $0 + $1.usage.cost.base } }
}

/// A run that was a step of a workflow, as it is stored.
public struct SettledStep: Hashable, Sendable {
    public let step: String
    public let isFallback: Bool
    public let skillName: String
    public let version: SemanticVersion
    public let isShared: Bool
    public let usage: SkillUsage
    public let result: [UInt8]?

    public init(
        step: String, isFallback: Bool, skillName: String, version: SemanticVersion, isShared: Bool, usage: SkillUsage,
        result: [UInt8]?
    ) {
        self.step = step
        self.isFallback = isFallback
        self.skillName = skillName
        self.version = version
        self.isShared = isShared
        self.usage = usage
        self.result = result
    }
}
