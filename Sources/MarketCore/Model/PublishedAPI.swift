public import Fields

/// What a seller says about calling a version beside its manifest. It is shown and changes nothing about a call.
public struct PublishedAPI: Hashable, Sendable {
    /// How callers prove themselves, in the seller's words; nil leaves it to the market.
    public let auth: String?
    /// Further examples, as they were given.
    public let examples: [JSONValue]

    public init(auth: String? = nil, examples: [JSONValue] = []) {
        self.auth = auth
        self.examples = examples
    }

    /// As it is stored.
    public var json: JSONValue { ["auth": .optional(auth), "examples": .array(examples)] }

    /// Reads ``json`` back; nil when it is anything else.
    public init?(json: JSONValue) {
        guard let examples = json["examples"]?.array, let auth = json["auth"] else { return nil }
        self.init(auth: auth.string, examples: examples)
    }
}
