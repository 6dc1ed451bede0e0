public import Fields

/// The most that one run may use. Every limit is set; there is no "unlimited".
public struct Limits: Hashable, Sendable {
    /// From dispatch to the end of the tree.
    public var wallMilliseconds: Int64
    /// User and system time of the whole tree.
    public var cpuMilliseconds: Int64
    /// Percent of one processor that the tree may use at a time.
    public var cpuRatePercent: Int64
    /// Memory of the whole tree, files in /tmp and /dev/shm included.
    public var memoryBytes: Int64
    /// Processes and threads.
    public var pidsMax: Int64
    /// Each of /tmp and /dev/shm.
    public var tmpBytes: Int64
    /// Standard output.
    public var outputBytes: Int64
    /// Standard error.
    public var stderrBytes: Int64
    /// One file.
    public var fileSizeBytes: Int64
    /// Descriptors of one process.
    public var openFiles: Int64

    /// The limits of the `default` profile.
    public static let standard = Limits(
        wallMilliseconds: 30_000, cpuMilliseconds: 20_000, cpuRatePercent: 100, memoryBytes: 512 << 20, pidsMax: 128,
        tmpBytes: 64 << 20, outputBytes: 4 << 20, stderrBytes: 256 << 10, fileSizeBytes: 64 << 20, openFiles: 1024)
}

extension Limits {
    enum Unit {
        case milliseconds, bytes, percent, count
    }

    /// One limit: its key, how it is written, and the range a profile may give it.
    struct Field: Sendable {
        let key: String
        let unit: Unit
        let path: any WritableKeyPath<Limits, Int64> & Sendable
        let range: ClosedRange<Int64>
        let meaning: String
    }

    static let fields: [Field] = [
        Field(
            key: "wall", unit: .milliseconds, path: \.wallMilliseconds, range: 1...86_400_000,
            meaning: "from dispatch to the end of the whole tree"),
        Field(
            key: "cpu", unit: .milliseconds, path: \.cpuMilliseconds, range: 1...86_400_000,
            meaning: "user and system time of the whole tree"),
        Field(
            key: "cpuRate", unit: .percent, path: \.cpuRatePercent, range: 1...100_000,
            meaning: "of one processor at a time"),
        Field(
            key: "memory", unit: .bytes, path: \.memoryBytes, range: 1 << 20...1 << 40,
            meaning: "of the whole tree, files in /tmp and /dev/shm included; no swap"),
        Field(
            key: "pids", unit: .count, path: \.pidsMax, range: 1...100_000,
            meaning: "processes and threads at once"),
        Field(
            key: "tmp", unit: .bytes, path: \.tmpBytes, range: 4096...1 << 40,
            meaning: "each of /tmp and /dev/shm"),
        Field(
            key: "output", unit: .bytes, path: \.outputBytes, range: 1...256 << 20,
            meaning: "standard output"),
        Field(
            key: "stderr", unit: .bytes, path: \.stderrBytes, range: 1...64 << 20,
            meaning: "standard error"),
        Field(
            key: "fileSize", unit: .bytes, path: \.fileSizeBytes, range: 1...1 << 40,
            meaning: "one file"),
        Field(
            key: "openFiles", unit: .count, path: \.openFiles, range: 8...65_536,
            meaning: "descriptors of one process"),
    ]

    /// The keys of a `[limits]` table.
    public static var keys: [String] { fields.map(\.key) }

    /// Reads a `[limits]` table over `self`. Throws for an unknown key, a value without its unit, or one out of range.
    func overridden(by reader: FieldReader) throws(FieldError) -> Limits {
        var limits = self
        for field in Self.fields {
            guard let value = reader.optionalValue(field.key) else { continue }
            let parsed = try Self.parse(value, field) { reader.error(field.key, $0) }
            limits[keyPath: field.path] = parsed
        }
        try reader.finish()
        return limits
    }

    /// These limits, lowered by what a skill's manifest asks for. Asking for more is an error that names both values.
    public func lowered(by raw: [String: JSONValue]) throws(FieldError) -> Limits {
        var limits = self
        for (key, value) in raw {
            let path = "limits.\(key)"
            guard let field = Self.fields.first(where: { $0.key == key }) else {
                throw FieldError(path: path, message: "is not a limit; there are \(Self.keys.joined(separator: ", "))")
            }
            let parsed = try Self.parse(value, field) { FieldError(path: path, message: $0) }
            let allowed = self[keyPath: field.path]
            guard parsed <= allowed else {
                throw FieldError(
                    path: path,
                    message: "asks for \(Self.describe(parsed, field.unit)), "
                        + "but the profile allows \(Self.describe(allowed, field.unit))")
            }
            limits[keyPath: field.path] = parsed
        }
        return limits
    }

    /// None is above that of `others`.
    func areWithin(_ others: Limits) -> Bool {
        Self.fields.allSatisfy { self[keyPath: $0.path] <= others[keyPath: $0.path] }
    }

    private static func parse(
        _ value: JSONValue, _ field: Field, error: (String) -> FieldError
    ) throws(FieldError) -> Int64 {
        let (parsed, form): (Int64?, String) =
            switch field.unit {
            case .milliseconds: (value.string.flatMap(Units.milliseconds), "a time such as \"5s\" or \"250ms\"")
            case .bytes: (value.string.flatMap(Units.bytes), "a size such as \"256MiB\"")
            case .percent: (value.string.flatMap(Units.percent), "a share of one processor such as \"100%\"")
            case .count: (value.int64, "a whole number")
            }
        guard let parsed else { throw error("must be \(form)") }
        guard field.range.contains(parsed) else {
            throw error(
                "must be between \(describe(field.range.lowerBound, field.unit)) and "
                    + describe(field.range.upperBound, field.unit))
        }
        return parsed
    }

    static func describe(_ value: Int64, _ unit: Unit) -> String {
        switch unit {
        case .milliseconds: Units.describe(milliseconds: value)
        case .bytes: Units.describe(bytes: value)
        case .percent: "\(value)%"
        case .count: "\(value)"
        }
    }

    /// Some of the limits by their keys, in their base units.
    package func values(_ keys: some Sequence<String>) -> [String: Int64] {
        var values: [String: Int64] = [:]
        for key in keys {
            guard let field = Self.fields.first(where: { $0.key == key }) else { continue }
            values[key] = self[keyPath: field.path]
        }
        return values
    }

    /// For reports: every limit in the base unit of the wire (milliseconds, bytes, percent, counts).
    var json: JSONValue {
        var object = JSONObject()
        for field in Self.fields { object[field.key] = .number(JSONNumber(self[keyPath: field.path])) }
        return .object(object)
    }
}
