public import Sandbox

/// What runs skills: the sandbox, or in tests something that gives known verdicts.
public protocol SkillRunner: Sendable {
    /// Runs one program and waits for its end. Never throws: what could not be started has the verdict
    /// `launch_failed`. Cancelling the task ends the run.
    func run(_ request: RunRequest) async -> RunOutcome

    /// How well what it makes ahead serves the runs that come.
    var parkingReport: ParkingReport { get }

    /// Drops what it made ahead: profiles have changed.
    func drainParked()
}

extension SkillRunner {
    public var parkingReport: ParkingReport { ParkingReport() }
    public func drainParked() {}
}

extension SandboxHost: SkillRunner {}
