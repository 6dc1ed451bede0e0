import ExecutionNode
import Fields
import Sandbox

/// How a run here ended.
struct LocalRun: Sendable {
    /// What the output is, held against the manifest.
    let response: SkillResponse
    let outcome: RunOutcome

    var verdict: Verdict { response.verdict }

    /// For verdict `ok`.
    var result: JSONValue? {
        response.result.flatMap { try? JSONValue(parsing: $0, limits: JSONLimits(depthMax: 512, bytesMax: .max)) }
    }

    var exitStatus: CommandStatus {
        switch verdict.kind {
        case .ok: .ok
        case .launchFailed: .sandbox
        default: .refused
        }
    }

    var log: String {
        let text = String(decoding: outcome.standardError, as: UTF8.self)
        return outcome.standardErrorTruncated ? text + "\n(cut: the rest was over the limit)" : text
    }

    var verdictLine: VerdictLine {
        VerdictLine(
            kind: verdict.kind.rawValue, detail: verdict.detail, wallMicroseconds: outcome.usage.wallMicroseconds,
            cpuMicroseconds: outcome.usage.cpuMicroseconds, peakMemoryBytes: outcome.usage.peakMemoryBytes)
    }

    /// `{"result","verdict","usage","isolation","stderr"}`; the result is null unless the verdict is `ok`.
    var json: JSONValue {
        [
            "result": result ?? .null,
            "verdict": verdict.json,
            "usage": [
                "duration": .number(outcome.usage.wallMicroseconds / 1000),
                "cpuTime": .number(outcome.usage.cpuMicroseconds / 1000),
                "peakMemory": .number(outcome.usage.peakMemoryBytes),
                "responseSize": .number(response.result?.count ?? 0),
            ],
            "isolation": outcome.report.json,
            "stderr": .string(String(decoding: outcome.standardError, as: UTF8.self)),
        ]
    }
}
