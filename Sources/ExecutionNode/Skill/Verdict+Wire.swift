package import Fields
package import Sandbox

extension Verdict {
    /// `{kind, detail, exitCode?, signal?, syscall?, layer?, reason?}`.
    package var json: JSONValue {
        var object: JSONObject = ["kind": .string(kind.rawValue), "detail": .string(detail)]
        for (key, value) in evidence { object[key] = value }
        return .object(object)
    }

    /// What is known beside kind and detail.
    var evidence: JSONObject {
        var object = JSONObject()
        if let exitCode { object["exitCode"] = .number(Int64(exitCode)) }
        if let signal { object["signal"] = .number(Int64(signal)) }
        if let syscall { object["syscall"] = .string(syscall) }
        if let layer { object["layer"] = .string(layer) }
        if let reason { object["reason"] = .string(reason) }
        return object
    }

    /// The HTTP status of a call that ended so.
    var status: Int {
        switch kind {
        case .ok: 200
        case .failed, .signaled, .memoryLimit, .pidsLimit, .outputLimit, .fileSizeLimit, .syscallDenied,
            .invalidResponse:
            502
        case .launchFailed, .cancelled: 503
        case .timeout, .cpuLimit: 504
        }
    }

    /// Whether the same call may end otherwise, because nothing about the skill was the cause.
    var isRetryable: Bool { kind == .launchFailed || kind == .cancelled }
}
