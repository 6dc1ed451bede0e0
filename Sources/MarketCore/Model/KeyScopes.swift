package import Fields

/// What an API key may be used for.
public struct KeyScopes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// To look at what is the agent's own.
    public static let read = KeyScopes(rawValue: 1)
    /// To run skills, at the agent's cost.
    public static let execute = KeyScopes(rawValue: 2)
    /// To upload and publish skills, to speak about others', and to change how they and the agent are shown.
    public static let publish = KeyScopes(rawValue: 4)
    /// To buy, to give money back, and to set budgets and top-ups.
    public static let billing = KeyScopes(rawValue: 8)

    public static let all: KeyScopes = [.read, .execute, .publish, .billing]

    private static let named: [(name: String, scope: KeyScopes)] = [
        ("read", .read), ("execute", .execute), ("publish", .publish), ("billing", .billing),
    ]

    /// In a fixed order.
    public var names: [String] { Self.named.filter { contains($0.scope) }.map(\.name) }

    /// Nil when a name is none of a scope.
    public init?(names: [String]) {
        self = []
        for name in names {
            guard let known = Self.named.first(where: { $0.name == name }) else { return nil }
            insert(known.scope)
        }
    }
}

extension FieldReader {
    /// A list of scopes, none twice and not empty; nil when the field is absent or null.
    package func optionalScopes(_ key: String) throws(FieldError) -> KeyScopes? {
        guard has(key), value(key)?.isNull == false else { return nil }
        let names = try strings(key, maxCount: 4, maxBytes: 32)
        guard !names.isEmpty else { throw error(key, "must name one scope at least") }
        var scopes: KeyScopes = []
        for (index, name) in names.enumerated() {
            guard let scope = KeyScopes(names: [name]) else {
                throw error(
                    "\(key)[\(index)]", "must be one of \(KeyScopes.all.names.joined(separator: ", "))",
                    suggestion: nearestName(to: name, in: KeyScopes.all.names))
            }
            guard scopes.insert(scope).inserted else { throw error("\(key)[\(index)]", "this scope appears twice") }
        }
        return scopes
    }
}
