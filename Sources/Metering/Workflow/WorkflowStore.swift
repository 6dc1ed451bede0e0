public import MarketCore

/// Where is kept what workflows call, and how far those came that a crash cut off.
public protocol WorkflowStore: Sendable {
    /// Fixes which versions the workflow of a package calls, unless a version with that package is published.
    func fix(_ targets: [WorkflowPin], of package: PackageDigest) async throws(StoreError)
    func pins(of package: PackageDigest) async throws(StoreError) -> [WorkflowPin]
    /// The numbers of the versions of a skill that may be called.
    func versionNumbers(of skill: Skill.ID) async throws(StoreError) -> [SemanticVersion]

    /// The workflow that a request began, if a crash cut it off after a step was settled.
    func interruptedWorkflow(_ scope: IdempotencyScope) async throws(StoreError) -> InterruptedWorkflow?
    /// The steps of the workflow that an execution was, in the order in which they were settled; none for another run.
    func steps(of execution: SkillUsage.ID) async throws(StoreError) -> [SettledStep]
    /// The execution whose step a run was; nil for any other run.
    func workflow(of step: SkillUsage.ID) async throws(StoreError) -> SkillUsage.ID?
    /// Gives up workflows that were cut off before `time`; what their steps cost stays booked.
    func pruneWorkflows(before time: Timestamp) async throws(StoreError)
}
