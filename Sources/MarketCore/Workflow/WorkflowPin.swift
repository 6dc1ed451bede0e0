/// The version that a step of a published workflow calls, for good.
public struct WorkflowPin: Hashable, Sendable {
    public let step: String
    public let isFallback: Bool
    public let skillID: Skill.ID
    public let version: SemanticVersion

    public init(step: String, isFallback: Bool, skillID: Skill.ID, version: SemanticVersion) {
        self.step = step
        self.isFallback = isFallback
        self.skillID = skillID
        self.version = version
    }
}
