import ExecutionNode
import Fields
package import Sandbox
import Synchronization

/// Stands in for the sandbox where the matter of a test is licences, money or HTTP: the payload says how the run ends.
///
/// `{"verdict": "timeout"}` ends with that verdict, `{"stdout": "…"}` writes that text, `{"sleep": 50}` takes that many
/// milliseconds, and anything else is echoed as `{"echo": payload}`. `"reason"` is the verdict's; `"begun": false` says that
/// nothing was executed. `{"attempts": […]}` has a payload for each attempt of the same call, the last for all that follow.
package final class ScriptedRunner: SkillRunner {
    private let state = Mutex((started: 0, running: 0, runningMax: 0))
    private let attempts = Mutex<[String: Int]>([:])
    private let walls = Mutex<[Int64]>([])

    package init() {}

    package var started: Int { state.withLock { $0.started } }
    package var running: Int { state.withLock { $0.running } }
    /// The most runs that went on at once.
    package var runningMax: Int { state.withLock { $0.runningMax } }
    /// The wall limits of the runs, in their order.
    package var wallMilliseconds: [Int64] { walls.withLock { $0 } }

    package func run(_ request: RunRequest) async -> RunOutcome {
        state.withLock { state in
            state.started += 1
            state.running += 1
            state.runningMax = max(state.runningMax, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        walls.withLock { $0.append(request.limits.wallMilliseconds) }
        let payload = payload(of: request)
        if let milliseconds = payload["sleep"]?.int64 {
            do {
                try await Task.sleep(for: .milliseconds(milliseconds))
            } catch {
                return Self.outcome(Verdict(kind: .cancelled, detail: "The run was cancelled."))
            }
        }
        if let kind = payload["verdict"]?.string.flatMap(Verdict.Kind.init(rawValue:)), kind != .ok {
            var outcome = Self.outcome(
                Verdict(
                    kind: kind, detail: "The test wanted \(kind.rawValue).", exitCode: kind == .failed ? 3 : nil,
                    reason: payload["reason"]?.string),
                error: "a line of the log\n")
            outcome.mayHaveBegun = payload["begun"] != false
            return outcome
        }
        let output = payload["stdout"]?.string ?? (["echo": payload] as JSONValue).description
        return Self.outcome(Verdict(kind: .ok, detail: "The skill ended with status 0."), output: output)
    }

    private func payload(of request: RunRequest) -> JSONValue {
        let input = try? JSONValue(parsing: request.standardInput)
        guard let payload = input?["payload"] else { return .null }
        guard let script = payload["attempts"]?.array, !script.isEmpty,
            let call = input?["context"]?["executionId"]?.string
        else { return payload }
        let attempt = attempts.withLock { attempts in
            attempts[call, default: 0] += 1
            return attempts[call, default: 1]
        }
        return script[min(attempt, script.count) - 1]
    }

    package static func outcome(_ verdict: Verdict, output: String = "", error: String = "") -> RunOutcome {
        RunOutcome(
            verdict: verdict, standardOutput: Array(output.utf8), standardError: Array(error.utf8),
            usage: RunUsage(wallMicroseconds: 2500, cpuMicroseconds: 1000, peakMemoryBytes: 1 << 20),
            report: IsolationReport(json: ["profile": "default"]))
    }
}
