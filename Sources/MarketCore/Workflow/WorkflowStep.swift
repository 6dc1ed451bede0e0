import Fields

/// One call of another skill within a workflow.
public struct WorkflowStep: Hashable, Sendable {
    /// What is called, and with what.
    public struct Target: Hashable, Sendable {
        /// The skill's name.
        public let skill: String
        /// Which of its versions; the newest that fits is fixed when the workflow is published.
        public let version: VersionRequirement
        public let endpoint: String
        public let input: WorkflowTemplate
    }

    public static let retriesMax: Int64 = 3

    /// Unique in the workflow: a-z, 0-9, - and _, at most 32.
    public let id: String
    public let target: Target
    /// Called in its place when the step has failed.
    public let fallback: Target?
    /// Steps that come before it though it reads nothing of theirs.
    public let after: [String]
    /// The longest that one attempt may run; nil leaves it to the skill's own limit.
    public let timeoutMilliseconds: Int64?
    /// How often it is run again where its verdict lets it be.
    public let retries: Int
    /// All must hold, or the step is left out.
    public let conditions: [WorkflowCondition]
    /// The most that one call may cost, in whole units of the skill's currency.
    public let maxCost: String?

    init(_ reader: FieldReader) throws(FieldError) {
        id = try reader.string("id", minBytes: 1, maxBytes: 32)
        guard Self.isIdentifier(id) else {
            throw reader.error("id", "must be of a-z, 0-9, - and _, not \(quoted(id))")
        }
        let target = try Target(reader, input: nil)
        self.target = target
        fallback = try reader.optionalReader("fallback").map { fallback throws(FieldError) in
            try Target(fallback, input: target.input)
        }
        after = try reader.strings("after", maxCount: Workflow.stepsMax, maxBytes: 32)
        timeoutMilliseconds = try reader.optionalDuration("timeout", maxMilliseconds: Workflow.timeoutMillisecondsMax)
        retries = Int(try reader.optionalInt("retries", in: 0...Self.retriesMax) ?? 1)
        conditions = try Self.conditions(reader)
        maxCost = try reader.optionalDecimal("maxCost")
    }

    private static func conditions(_ reader: FieldReader) throws(FieldError) -> [WorkflowCondition] {
        guard let value = reader.optionalValue("when") else { return [] }
        let readers =
            if value.array == nil { [try reader.reader("when")] } else { try reader.readers("when", maxCount: 8) }
        var conditions: [WorkflowCondition] = []
        for reader in readers { conditions.append(try WorkflowCondition(reader)) }
        return conditions
    }

    static func isIdentifier(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte &- UInt8(ascii: "0") < 10
                    || "-_".utf8.contains(byte)
            }
    }

    /// The steps that must be settled before this one, each once.
    var dependencies: Set<String> {
        var references = target.input.references.map(\.reference) + conditions.map(\.reference)
        references += fallback?.input.references.map(\.reference) ?? []
        return Set(after + references.compactMap { if case .step(let id) = $0.source { id } else { nil } })
    }
}

extension WorkflowStep.Target {
    /// - Parameter input: what is given where the target has no input of its own.
    init(_ reader: FieldReader, input: WorkflowTemplate?) throws(FieldError) {
        skill = try reader.skillName("skill")
        let text = try reader.optionalString("version", minBytes: 1, maxBytes: 2 * SemanticVersion.bytesMax) ?? "*"
        guard let version = VersionRequirement(text) else {
            throw reader.error(
                "version", "must be such as \"1.2.3\", \"^1.2.3\", \"~1.2.3\" or \"*\", not \(quoted(text))")
        }
        self.version = version
        endpoint = try reader.string("endpoint", minBytes: 1, maxBytes: 128)
        if let value = reader.value("input") {
            self.input = try WorkflowTemplate(value, reader, "input")
        } else {
            self.input = input ?? .object([])
        }
    }
}

extension FieldReader {
    /// A time such as `"5s"`, `"500ms"` or `"2m"`; nil when the field is absent or null.
    func optionalDuration(_ key: String, maxMilliseconds: Int64) throws(FieldError) -> Int64? {
        guard let text = try optionalString(key, minBytes: 1, maxBytes: 16) else { return nil }
        let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000)]
        for (unit, milliseconds) in units where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count)
            guard let number = Int64(digits), digits.allSatisfy(\.isNumber) else { continue }
            let (time, overflow) = number.multipliedReportingOverflow(by: milliseconds)
            guard !overflow, (1...maxMilliseconds).contains(time) else {
                throw error(key, "must be a time of at most \(maxMilliseconds / 1000)s, not \(quoted(text))")
            }
            return time
        }
        throw error(key, "must be a time such as \"5s\", \"500ms\" or \"2m\", not \(quoted(text))")
    }
}
