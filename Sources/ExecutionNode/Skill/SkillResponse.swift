import Fields
package import MarketCore
package import Sandbox

/// What a run gave, after its output was held against what the skill declares.
package struct SkillResponse: Sendable {
    /// The sandbox's verdict, or `invalid_response`.
    package private(set) var verdict: Verdict
    /// The result as JSON text, for verdict `ok`.
    package private(set) var result: [UInt8]?
    /// What the result counts of what the price is for; nil where it is not the result that does.
    package let units: Int64?

    /// - Parameters:
    ///   - units: how the price counts.
    ///   - depthMax: lists and objects within each other.
    package init(
        _ outcome: RunOutcome, manifest: SkillManifest, endpoint: Endpoint, units: UnitRule? = nil, depthMax: Int = 64
    ) {
        guard outcome.verdict.kind == .ok else {
            verdict = outcome.verdict
            result = nil
            self.units = nil
            return
        }
        do throws(InvalidResponse) {
            let output = outcome.standardOutput
            let (value, text) =
                switch manifest.response {
                case .text: try Self.text(output, endpoint.output)
                case .json: try Self.json(output, endpoint.output, depthMax: depthMax)
                }
            self.units = try Self.count(units, value)
            result = text
            verdict = outcome.verdict
        } catch {
            result = nil
            self.units = nil
            verdict = Verdict(
                kind: .invalidResponse, detail: error.detail, exitCode: outcome.verdict.exitCode, reason: error.reason)
        }
    }

    /// The same with a verdict that does not show secrets; the result is the skill's own word.
    package func redacted(by redaction: SecretRedaction) -> SkillResponse {
        var response = self
        response.verdict = redaction.apply(verdict)
        return response
    }

    /// The same, or `output_limit` where its result is larger.
    func within(bytesMax: Int) -> SkillResponse {
        guard let result, result.count > bytesMax else { return self }
        var response = self
        response.result = nil
        response.verdict = Verdict(
            kind: .outputLimit,
            detail: "The result has \(result.count) bytes; a step of a workflow may give \(bytesMax).",
            reason: "step_result_too_large")
        return response
    }

    private struct InvalidResponse: Error {
        let reason: String
        let detail: String
    }

    private static func count(_ rule: UnitRule?, _ value: JSONValue) throws(InvalidResponse) -> Int64? {
        guard let rule, rule.source == .result else { return nil }
        if let count = rule.count(in: value) { return count }
        throw InvalidResponse(
            reason: "units_missing",
            detail: "The skill's result must count what is paid for at \(rule.pointer): \(rule.expected).")
    }

    private static func json(
        _ output: [UInt8], _ schema: JSONSchema?, depthMax: Int
    ) throws(InvalidResponse) -> (JSONValue, [UInt8]) {
        let value: JSONValue
        do throws(JSONParseError) {
            value = try JSONValue(
                parsing: output, limits: JSONLimits(depthMax: depthMax, bytesMax: max(output.count, 1)))
        } catch {
            throw InvalidResponse(reason: reason(error), detail: detail(error))
        }
        try check(value, schema)
        return (value, trimmed(output))
    }

    private static func text(
        _ output: [UInt8], _ schema: JSONSchema?
    ) throws(InvalidResponse) -> (JSONValue, [UInt8]) {
        guard let text = String(validating: output, as: UTF8.self) else {
            throw InvalidResponse(
                reason: "invalid_utf8", detail: "The skill wrote bytes that are not UTF-8 to standard output.")
        }
        guard !output.contains(0) else {
            throw InvalidResponse(
                reason: "nul_character", detail: "The skill wrote a NUL character to standard output.")
        }
        try check(.string(text), schema)
        return (.string(text), JSONValue.string(text).serialized())
    }

    private static func check(_ value: JSONValue, _ schema: JSONSchema?) throws(InvalidResponse) {
        guard let violation = schema?.validate(value).first else { return }
        let place = violation.path.isEmpty ? "The result" : "The result at \(violation.path)"
        throw InvalidResponse(
            reason: "schema_mismatch",
            detail: "\(place) is not what the skill's endpoint declares: \(violation.message).")
    }

    private static func reason(_ error: JSONParseError) -> String {
        switch error.reason {
        case .empty: "empty_response"
        case .syntax: "not_json"
        case .trailingData: "trailing_data"
        case .tooDeep: "too_deep"
        case .tooLarge, .tooManyValues: "too_large"
        case .invalidUTF8, .loneSurrogate: "invalid_utf8"
        case .nulCharacter: "nul_character"
        case .duplicateKey: "duplicate_key"
        }
    }

    private static func detail(_ error: JSONParseError) -> String {
        if case .empty = error.reason {
            return "The skill ended with status 0 but wrote nothing to standard output; it must write one JSON value."
        }
        return "The skill's standard output is not one JSON value: \(error.description)."
    }

    /// Without the blanks around the value.
    private static func trimmed(_ output: [UInt8]) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        guard let first = output.firstIndex(where: { !isBlank($0) }),
            let last = output.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return first == 0 && last == output.count - 1 ? output : Array(output[first...last])
    }
}
