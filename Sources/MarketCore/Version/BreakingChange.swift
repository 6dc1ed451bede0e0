import Fields

/// What of a new version breaks a program that calls the earlier one.
public struct BreakingChange: Hashable, Sendable {
    /// The endpoint, or nil for the whole skill.
    public let endpoint: String?
    /// A sentence without a full stop.
    public let detail: String

    /// How far a version must be raised, by Semantic Versioning 2.0.0.
    public static func isRaisedEnough(from old: SemanticVersion, to new: SemanticVersion) -> Bool {
        // Before 1.0.0 anything may change; by custom the minor number says so.
        old.major == 0 && new.major == 0 ? new.minor > old.minor : new.major > old.major
    }

    /// At most 32.
    public static func all(from old: SkillManifest, to new: SkillManifest) -> [BreakingChange] {
        var changes: [BreakingChange] = []
        if old.response != new.response {
            changes.append(
                .init(
                    endpoint: nil,
                    detail: "the response is \(new.response.rawValue) instead of "
                        + old.response.rawValue))
        }
        for endpoint in old.endpoints {
            guard let successor = new.endpoint(endpoint.path) else {
                changes.append(.init(endpoint: endpoint.path, detail: "the endpoint is gone"))
                continue
            }
            var comparison = SchemaComparison()
            comparison.compareInput(endpoint.input?.json, successor.input?.json)
            comparison.compareOutput(endpoint.output?.json, successor.output?.json)
            changes += comparison.found.map { .init(endpoint: endpoint.path, detail: $0) }
        }
        return Array(changes.prefix(32))
    }
}

/// Compares two schemas keyword by keyword. What it cannot tell apart, such as two patterns, it takes for a break only where
/// the new one says something that the old one did not say at all.
private struct SchemaComparison {
    var found: [String] = []

    /// What was a good payload must stay one.
    mutating func compareInput(_ old: JSONValue?, _ new: JSONValue?) {
        guard let new else { return }
        input(old ?? .object([:]), new, "the input", depth: 0)
    }

    /// What a result was sure to have it must go on having.
    mutating func compareOutput(_ old: JSONValue?, _ new: JSONValue?) {
        guard let old else { return }
        output(old, new ?? .object([:]), "the result", depth: 0)
    }

    private static let depthMax = 16
    private static let bounds: [(String, Bool)] = [
        ("minimum", false), ("exclusiveMinimum", false), ("minLength", false), ("minItems", false),
        ("minProperties", false), ("maximum", true), ("exclusiveMaximum", true), ("maxLength", true),
        ("maxItems", true), ("maxProperties", true),
    ]

    private mutating func input(_ old: JSONValue, _ new: JSONValue, _ place: String, depth: Int) {
        guard old != new, depth < Self.depthMax, found.count < 32 else { return }
        let former = old["properties"]?.object ?? [:]
        let properties = new["properties"]?.object ?? [:]
        let wasRequired = Self.names(old["required"])
        for name in Self.names(new["required"]).subtracting(wasRequired).sorted() {
            found.append("\(place) must have \(quoted(name)), which was not needed before")
        }
        let isClosed = new["additionalProperties"] == false
        for name in former.keys.sorted() where properties[name] == nil && isClosed {
            found.append("\(place) may not have \(quoted(name)) any more")
        }
        if isClosed, old["additionalProperties"] != false {
            found.append("\(place) may have no other fields than those declared, which it could before")
        }
        types(old, new, place)
        for (name, isMaximum) in Self.bounds {
            guard let bound = new[name]?.number else { continue }
            if let earlier = old[name]?.number,
                isMaximum ? bound.double >= earlier.double : bound.double <= earlier.double
            {
                continue
            }
            found.append("\(place) has a narrower \(name)")
        }
        for name in ["pattern", "format", "const", "multipleOf", "uniqueItems"]
        where new[name] != nil && old[name] == nil {
            found.append("\(place) has a \(name), which it had not before")
        }
        for (name, schema) in properties {
            if let earlier = former[name] { input(earlier, schema, "\(place)/\(name)", depth: depth + 1) }
        }
        if let items = new["items"] { input(old["items"] ?? .object([:]), items, "\(place)/*", depth: depth + 1) }
    }

    private mutating func types(_ old: JSONValue, _ new: JSONValue, _ place: String) {
        let now = Self.types(new)
        if !now.isEmpty {
            let before = Self.types(old)
            let lost = before.filter { !now.contains($0) && !($0 == "integer" && now.contains("number")) }
            if before.isEmpty {
                found.append("\(place) must be \(now.sorted().joined(separator: " or ")), and could be anything before")
            } else if !lost.isEmpty {
                found.append("\(place) may not be \(lost.sorted().joined(separator: " or ")) any more")
            }
        }
        guard let values = new["enum"]?.array else { return }
        if let earlier = old["enum"]?.array {
            for value in earlier where !values.contains(value) {
                found.append("\(place) may not be \(displayed(value.description)) any more")
            }
        } else {
            found.append("\(place) must be one of a list, which it need not be before")
        }
    }

    private mutating func output(_ old: JSONValue, _ new: JSONValue, _ place: String, depth: Int) {
        guard old != new, depth < Self.depthMax, found.count < 32 else { return }
        let former = old["properties"]?.object ?? [:]
        let properties = new["properties"]?.object ?? [:]
        for name in former.keys.sorted() where properties[name] == nil {
            found.append("\(place) has no \(quoted(name)) any more")
        }
        for name in Self.names(old["required"]).subtracting(Self.names(new["required"])).sorted()
        where properties[name] != nil {
            found.append("\(place) need not have \(quoted(name)) any more")
        }
        let before = Self.types(old)
        let added = Self.types(new).filter { !before.contains($0) && !($0 == "integer" && before.contains("number")) }
        if !before.isEmpty, !added.isEmpty || Self.types(new).isEmpty {
            found.append("\(place) may be of another type than before")
        }
        for (name, schema) in former {
            if let later = properties[name] { output(schema, later, "\(place)/\(name)", depth: depth + 1) }
        }
        if let items = old["items"] { output(items, new["items"] ?? .object([:]), "\(place)/*", depth: depth + 1) }
    }

    private static func names(_ value: JSONValue?) -> Set<String> { Set((value?.array ?? []).compactMap(\.string)) }

    private static func types(_ schema: JSONValue) -> Set<String> {
        if let name = schema["type"]?.string { return [name] }
        return names(schema["type"])
    }
}
