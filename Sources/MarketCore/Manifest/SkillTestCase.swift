public import Fields

/// A call that a skill must answer as declared; run at publication and by `skill test`.
public struct SkillTestCase: Hashable, Sendable {
    /// The path of one of the skill's endpoints.
    public let endpoint: String
    public let payload: JSONValue
    /// What the result must contain; nil when any result will do.
    public let expect: JSONValue?

    static func list(
        _ reader: FieldReader, _ key: String, endpoints: [Endpoint]
    ) throws(FieldError) -> [SkillTestCase] {
        var tests: [SkillTestCase] = []
        for item in try reader.readers(key, maxCount: 64) {
            let path = try item.string("endpoint", minBytes: 1, maxBytes: 128)
            guard endpoints.contains(where: { $0.path == path }) else {
                let paths = endpoints.map(\.path)
                throw item.error(
                    "endpoint", "\(quoted(path)) is not declared; declared are \(paths.joined(separator: ", "))",
                    suggestion: nearestName(to: path, in: paths))
            }
            let payload = item.value("payload") ?? .object([:])
            tests.append(SkillTestCase(endpoint: path, payload: payload, expect: item.value("expect")))
        }
        return tests
    }
}
