public import Sandbox

/// What runs skills: the sandbox, or in tests something that gives known verdicts.
public protocol SkillRunner: Sendable {
    /// Runs one program and waits for its end. Never throws: what could not be started has the verdict
    /// `launch_failed`. Cancelling the task ends the run.
    func run(_ request: RunRequest) async -> RunOutcome
}

extension SandboxHost: SkillRunner {}
