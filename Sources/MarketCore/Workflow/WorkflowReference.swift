public import Fields

/// A place that a workflow reads: in its own input, or in the result of a step.
public struct WorkflowReference: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
        case input
        /// The result of the step with this identifier.
        case step(String)
    }

    /// As it was written, such as `/steps/fetch/result/text`.
    public let text: String
    public let source: Source
    /// A JSON Pointer within the source; empty for all of it.
    public let pointer: String

    /// Reads `/input…` or `/steps/ID/result…`; nil for anything else.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 4, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard parts.count >= 2, parts[0].isEmpty else { return nil }
        let rest: Int
        if parts[1] == "input" {
            (source, rest) = (.input, 2)
        } else if parts.count >= 4, parts[1] == "steps", WorkflowStep.isIdentifier(parts[2]), parts[3] == "result" {
            (source, rest) = (.step(parts[2]), 4)
        } else {
            return nil
        }
        self.text = text
        pointer = parts[rest...].map { "/" + $0 }.joined()
        guard JSONValue.isPointer(pointer) else { return nil }
    }

    /// What is there; nil where there is nothing.
    func value(in scope: WorkflowScope) -> JSONValue? {
        switch source {
        case .input: scope.input.value(at: pointer)
        case .step(let id): scope.results[id]?.value(at: pointer)
        }
    }
}

/// What a workflow's references lead into.
public struct WorkflowScope: Sendable {
    public let input: JSONValue
    /// By step; those that were left out have none.
    public var results: [String: JSONValue]

    public init(input: JSONValue, results: [String: JSONValue] = [:]) {
        self.input = input
        self.results = results
    }
}

/// Why a workflow cannot go on, as it was written for what it met.
public struct WorkflowFault: Error, Hashable, Sendable {
    /// Stable and short.
    public let reason: String
    /// A sentence.
    public let detail: String

    public init(reason: String, detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
