public import Fields

/// What a version is worth as far as a program can tell, 0 to 1: three tenths tests, two documentation, two schemas, three
/// cleanliness.
public struct QualityScore: Hashable, Sendable {
    public let tests: Double
    public let documentation: Double
    public let schemas: Double
    public let cleanliness: Double

    /// Rounded to hundredths.
    public var value: Double {
        let sum = 0.3 * tests + 0.2 * documentation + 0.2 * schemas + 0.3 * cleanliness
        return (sum * 100).rounded() / 100
    }

    /// What a finding takes from cleanliness.
    public static func weight(_ severity: ReviewSeverity) -> Double {
        switch severity {
        case .info: 0
        case .low: 0.02
        case .medium: 0.1
        case .high: 0.3
        case .critical: 1
        }
    }

    private static let documentationBytes = 400
    private static let descriptionBytes = 40

    /// The tests must have passed.
    public init(_ manifest: SkillManifest, documentation: [UInt8]?, findings: [ReviewFinding]) {
        let endpoints = manifest.endpoints
        let count = Double(max(endpoints.count, 1))
        tests =
            endpoints.map { endpoint in
                let tests = manifest.tests.filter { $0.endpoint == endpoint.path }
                return tests.contains { $0.expect != nil } ? 1 : tests.isEmpty ? 0 : 0.5
            }.reduce(0, +) / count

        let length = Double(documentation?.count ?? 0)
        let described = Double(endpoints.count { $0.description?.isEmpty == false }) / count
        self.documentation =
            0.5 * min(1, length / Double(Self.documentationBytes))
            + 0.25 * min(1, Double(manifest.description.utf8.count) / Double(Self.descriptionBytes))
            + 0.25 * described
        schemas =
            endpoints.map { endpoint in
                (endpoint.input.map { 0.3 + 0.2 * Self.described($0.json) } ?? 0) + (endpoint.output == nil ? 0 : 0.5)
            }.reduce(0, +) / count
        cleanliness = max(0, 1 - findings.map { Self.weight($0.severity) }.reduce(0, +))
    }

    /// The share of a schema's properties that say what they are; 1 when it has none.
    private static func described(_ schema: JSONValue) -> Double {
        guard let properties = schema["properties"]?.object, !properties.isEmpty else { return 1 }
        let count = properties.count { $0.value["description"]?.string?.isEmpty == false }
        return Double(count) / Double(properties.count)
    }

    public var json: JSONValue {
        func number(_ value: Double) -> JSONValue {
            JSONNumber((value * 100).rounded() / 100).map(JSONValue.number) ?? 0
        }
        return [
            "value": number(value), "tests": number(tests), "documentation": number(documentation),
            "schemas": number(schemas), "cleanliness": number(cleanliness),
        ]
    }
}
