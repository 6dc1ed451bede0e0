public import Fields
internal import SandboxProtocol

/// What was really enforced in one run, and what it reached. Stored with the execution.
public struct IsolationReport: Sendable {
    public let json: JSONValue

    public init(json: JSONValue) {
        self.json = json
    }

    init(
        profile: Profile, limits: Limits, layers: LayerSet, host: HostReport, ended: Ended?, output: CapturedOutput,
        egress: EgressReport?, times: RunTimes, start: ParkedStart?, startObstacle: String?
    ) {
        var states = JSONObject()
        for layer in Layer.allCases {
            let state = !layers.contains(layer) ? "off" : host.degraded.contains(layer) ? "degraded" : "on"
            states[layer.name] = .string(state)
        }
        var object: JSONObject = [
            "profile": .string(profile.name), "layers": .object(states), "cgroups": .string(host.cgroups),
            "landlockABI": .number(host.landlockABI), "limits": limits.json,
        ]
        if let ended {
            object["reached"] = [
                "wall": .number(ended.wallMicroseconds / 1000), "cpu": .number(Int64(ended.cpuMicroseconds / 1000)),
                "memory": .number(Int64(clamping: ended.peakMemoryBytes)),
                "pids": .number(Int64(clamping: ended.peakPids)),
                "output": .number(output.outputCount), "stderr": .number(output.errorCount),
            ]
            var shares = JSONObject()
            for (key, reached) in object["reached"]?.object ?? [:] {
                guard let reached = reached.int64, let limit = limits.values([key])[key] else { continue }
                shares[key] = .number((Double(reached) / Double(limit) * 100).rounded(.up).clampedToInt64)
            }
            object["reachedPercent"] = .object(shares)
            let denials = Denials(ended)
            object["denials"] = denials.json
            object["denialsNamed"] = .bool(denials.named)
            object["networkRecycled"] = .bool(ended.networkRecycled)
            if let observation = ended.observation { object["observed"] = RunObservation(observation).json }
            object["phases"] = Self.phases(times)
            object["start"] = Self.start(start, startObstacle)
        }
        if let egress { object["egress"] = egress.json }
        json = .object(object)
    }

    /// What waited for the run: `none`, a `sealed` sandbox, one with its `interpreter`, or one with its `program`.
    private static func start(_ start: ParkedStart?, _ obstacle: String?) -> JSONValue {
        var object: JSONObject = ["waiting": .string(start?.name ?? "none")]
        if let obstacle { object["notAhead"] = .string("The skill is not started ahead of requests now: \(obstacle).") }
        return .object(object)
    }

    /// Microseconds from one step to the next.
    private static func phases(_ times: RunTimes) -> JSONValue {
        var phases = JSONObject()
        var last = times.acquired ?? times.dispatched ?? 0
        for (name, time) in [
            ("dispatch", times.dispatched), ("seal", times.sealed), ("exec", times.executed),
            ("firstByte", times.firstByte), ("exit", times.exited), ("collect", times.collected),
        ] {
            guard let time, time > 0 else { continue }
            phases[name] = .number(max(0, time - last) / 1000)
            last = max(last, time)
        }
        return .object(phases)
    }
}

extension Double {
    fileprivate var clampedToInt64: Int64 { Int64(exactly: self) ?? .max }
}

extension Ended {
    var wallMicroseconds: Int64 { max(0, times.reaped - times.begun) / 1000 }
}

/// What the program wrote, up to its limits, and how much it was in all.
struct CapturedOutput: Sendable {
    var output: [UInt8] = []
    var error: [UInt8] = []
    var outputCount: Int64 = 0
    var errorCount: Int64 = 0
    /// Of standard output; CLOCK_MONOTONIC.
    var firstByteAt: Int64?

    /// To standard error, in lines of their own.
    mutating func append(lines: [UInt8]) {
        guard !lines.isEmpty else { return }
        if let end = error.last, end != UInt8(ascii: "\n") { error.append(UInt8(ascii: "\n")) }
        error += lines
        errorCount += Int64(lines.count)
    }
}
