import ExecutionNode
import Fields
package import Sandbox
import Synchronization

/// Stands in for the sandbox where the matter of a test is licences, money or HTTP: the payload says how the run ends.
///
/// `{"verdict": "timeout"}` ends with that verdict, `{"stdout": "…"}` writes that text, `{"sleep": 50}` takes that many
/// milliseconds, and anything else is echoed as `{"echo": payload}`.
package final class ScriptedRunner: SkillRunner {
    private let state = Mutex((started: 0, running: 0, runningMax: 0))

    package init() {}

    package var started: Int { state.withLock { $0.started } }
    package var running: Int { state.withLock { $0.running } }
    /// The most runs that went on at once.
    package var runningMax: Int { state.withLock { $0.runningMax } }

    package func run(_ request: RunRequest) async -> RunOutcome {
        state.withLock { state in
            state.started += 1
            state.running += 1
            state.runningMax = max(state.runningMax, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        let payload = (try? JSONValue(parsing: request.standardInput))?["payload"] ?? .null
        if let milliseconds = payload["sleep"]?.int64 {
            do {
                try await Task.sleep(for: .milliseconds(milliseconds))
            } catch {
                return Self.outcome(Verdict(kind: .cancelled, detail: "The run was cancelled."))
            }
        }
        if let kind = payload["verdict"]?.string.flatMap(Verdict.Kind.init(rawValue:)), kind != .ok {
            return Self.outcome(
                Verdict(kind: kind, detail: "The test wanted \(kind.rawValue).", exitCode: kind == .failed ? 3 : nil),
                error: "a line of the log\n")
        }
        let output = payload["stdout"]?.string ?? (["echo": payload] as JSONValue).description
        return Self.outcome(Verdict(kind: .ok, detail: "The skill ended with status 0."), output: output)
    }

    package static func outcome(_ verdict: Verdict, output: String = "", error: String = "") -> RunOutcome {
        RunOutcome(
            verdict: verdict, standardOutput: Array(output.utf8), standardError: Array(error.utf8),
            usage: RunUsage(wallMicroseconds: 2500, cpuMicroseconds: 1000, peakMemoryBytes: 1 << 20),
            report: IsolationReport(json: ["profile": "default"]))
    }
}
