public import Fields

/// Why the node did not do what it was asked: the status and the `application/problem+json` body that a client gets.
public struct NodeError: Error, Sendable, CustomStringConvertible {
    /// The HTTP status.
    public var status: Int
    /// A stable short cause, such as `purchase_required`.
    public var code: String
    /// A sentence that a person or a language model can act on.
    public var detail: String
    /// Whether the same request may succeed later without a change.
    public var retryable: Bool
    /// When to try again.
    public var retryAfterSeconds: Int64?
    /// Further members of the problem, such as `violations`.
    public var fields: JSONObject
    /// What the occurrence is, as a URI reference.
    public var instance: String?
    /// How near the caller is to its rate limits, when they were asked.
    public var rates: [RateStatus] = []

    public init(
        status: Int, code: String, detail: String, retryable: Bool = false, retryAfterSeconds: Int64? = nil,
        fields: JSONObject = [:], instance: String? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryable = retryable
        self.retryAfterSeconds = retryAfterSeconds
        self.fields = fields
        self.instance = instance
    }

    public var description: String { "\(status) \(code): \(detail)" }

    /// The problem details (RFC 9457).
    public var json: JSONValue {
        var object: JSONObject = [
            "type": .string("/problems/\(code)"),
            "title": .string(title),
            "status": .number(status),
            "detail": .string(detail),
        ]
        if let instance { object["instance"] = .string(instance) }
        object["code"] = .string(code)
        object["retryable"] = .bool(retryable)
        for (key, value) in fields { object[key] = value }
        return .object(object)
    }

    /// The code in words: `purchase_required` is "Purchase required".
    private var title: String {
        let words = code.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
