import Fields

/// What a skill of the runtime `workflow` does: steps that call other skills, and what of their results is its own.
public struct Workflow: Hashable, Sendable {
    /// Who pays for the steps.
    public enum Payer: String, Hashable, Sendable, CaseIterable {
        /// The workflow's author, under its own licences and from its own balance.
        case author
        /// The buyer, out of the workflow's price: each seller gets the share of its step, the author gets the rest.
        case buyer
    }

    public static let stepsMax = 32
    /// Steps that wait for each other, in one line.
    public static let depthMax = 16
    public static let parallelMax: Int64 = 8
    public static let timeoutMillisecondsMax: Int64 = 600_000
    /// Bytes of one step's result, and of all results of one run together.
    public static let resultBytesMax = 256 << 10
    public static let resultsBytesMax = 2 << 20
    /// Bytes of what one step is given.
    public static let inputBytesMax = 1 << 20

    public let payer: Payer
    /// In the order in which they are written.
    public let steps: [WorkflowStep]
    public let output: WorkflowTemplate
    /// Steps that run at once at most.
    public let parallel: Int
    /// The longest that the whole may take.
    public let timeoutMilliseconds: Int64

    /// Reads `[workflow]` and `[[steps]]` of a manifest.
    init(_ manifest: FieldReader) throws(FieldError) {
        let reader = try manifest.reader("workflow")
        payer = try reader.optionalEnumeration("payer") ?? .author
        parallel = Int(try reader.optionalInt("parallel", in: 1...Self.parallelMax) ?? 4)
        timeoutMilliseconds =
            try reader.optionalDuration("timeout", maxMilliseconds: Self.timeoutMillisecondsMax) ?? 60_000
        output = try WorkflowTemplate(try reader.requiredValue("output"), reader, "output")
        let readers = try manifest.readers("steps", maxCount: Self.stepsMax)
        guard !readers.isEmpty else { throw manifest.error("steps", "at least one step must be declared") }
        var steps: [WorkflowStep] = []
        for item in readers {
            let step = try WorkflowStep(item)
            guard !steps.contains(where: { $0.id == step.id }) else {
                throw item.error("id", "this identifier is declared twice")
            }
            steps.append(step)
        }
        self.steps = steps
        try WorkflowOrder(steps).check(readers, output: output, reader)
    }

    public func step(_ id: String) -> WorkflowStep? { steps.first { $0.id == id } }
}

extension SkillManifest {
    /// The steps of a workflow; nil for a program.
    public var workflow: Workflow? {
        if case .workflow(let workflow) = entryPoint { workflow } else { nil }
    }

    /// What only a program can have.
    static func check(
        _ workflow: Workflow, named name: String, _ endpoints: [Endpoint], _ reader: FieldReader
    ) throws(FieldError) {
        for key in ["profile", "response", "warm", "limits", "network", "secrets", "dependencies"]
        where reader.has(key) {
            throw reader.error(key, "a workflow has no program, so it cannot have this; its steps' skills can")
        }
        guard endpoints.count == 1 else {
            throw reader.error("endpoints", "a workflow has exactly one endpoint, not \(endpoints.count)")
        }
        for (index, step) in workflow.steps.enumerated() where [step.target.skill, step.fallback?.skill].contains(name)
        {
            throw reader.error("steps[\(index)]", "a workflow does not call itself")
        }
    }
}
