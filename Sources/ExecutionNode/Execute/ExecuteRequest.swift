public import Fields
public import MarketCore
public import Metering

/// One call of a skill.
public struct ExecuteRequest: Sendable {
    /// Who calls; from ``ExecutionNode/authenticate(_:)``.
    public var caller: Agent.ID
    /// The skill's name or identifier.
    public var skill: String
    /// The version to run; nil for the latest. A name such as `word-stats@1.2.0` sets it as well.
    public var version: SemanticVersion?
    /// The path of one of the skill's endpoints.
    public var endpoint: String
    public var payload: JSONValue
    /// The most that the call may cost, in whole units of the skill's currency, such as `0.01`.
    public var maxCost: String?
    /// The purchase token; the owner of a skill needs none.
    public var token: String?
    public var idempotencyKey: String?
    /// The longest that the call may wait for its turn, in seconds; nil waits as long as the node allows.
    public var waitSeconds: Int64?
    /// The bytes whose hash the receipt carries and that a repeated key must repeat; nil uses the call's fields.
    public var body: [UInt8]?
    /// The version stands in the path, so the body does not tell it.
    private(set) var isPinnedByName = false
    /// The caller's rate, where the call was counted before it was read; nil has execute count it.
    package var agentRate: RateStatus?
    /// Told of each stage that the call reaches.
    var observer: (@Sendable (RunStage) -> Void)?
    /// Begins when the request is made, if its maker does not know an earlier time.
    public var clock = PhaseClock()

    public init(
        caller: Agent.ID, skill: String, endpoint: String, payload: JSONValue, maxCost: String? = nil,
        token: String? = nil, idempotencyKey: String? = nil, body: [UInt8]? = nil
    ) {
        self.caller = caller
        self.skill = skill
        self.endpoint = endpoint
        self.payload = payload
        self.maxCost = maxCost
        self.token = token
        self.idempotencyKey = idempotencyKey
        self.body = body
    }

    /// Reads the body of an execute request: `{"endpoint","payload","version"?,"maxCost"?}`.
    /// - Throws: `NodeError` 400 when it is not JSON, 413 when it is too large, 422 when a field is wrong.
    package init(
        caller: Agent.ID, skill: String, body: [UInt8], token: String?, idempotencyKey: String?, limits: JSONLimits
    ) throws(NodeError) {
        let json: JSONValue
        do throws(JSONParseError) { json = try JSONValue(parsing: body, limits: limits) } catch {
            throw NodeError(error)
        }
        do throws(FieldError) {
            let fields = try FieldReader(json)
            self.init(
                caller: caller, skill: skill, endpoint: try fields.string("endpoint", minBytes: 1, maxBytes: 128),
                payload: fields.value("payload") ?? .object([:]), maxCost: try fields.optionalDecimal("maxCost"),
                token: token, idempotencyKey: idempotencyKey, body: body)
            try pin(fields)
            try fields.finish()
        } catch {
            throw NodeError(error)
        }
    }

    /// Takes the version from the body or from behind the skill's name, which must not differ.
    private mutating func pin(_ fields: FieldReader) throws(FieldError) {
        if let text = try fields.optionalString("version", minBytes: 1, maxBytes: SemanticVersion.bytesMax) {
            version = try Self.version(text)
        }
        guard let at = skill.firstIndex(of: "@") else { return }
        let named = try Self.version(String(skill[skill.index(after: at)...]))
        guard version == nil || version == named else {
            throw FieldError(path: "version", message: "is not the version that the path names, \(named)")
        }
        version = named
        isPinnedByName = true
        skill = String(skill[..<at])
    }

    private static func version(_ text: String) throws(FieldError) -> SemanticVersion {
        guard let version = SemanticVersion(text) else {
            throw FieldError(
                path: "version", message: "must be a semantic version such as \"1.2.0\", not \(quoted(text))")
        }
        return version
    }

    var hash: BodyHash {
        BodyHash(
            of: body
                ?? JSONValue.object([
                    "endpoint": .string(endpoint), "payload": payload, "maxCost": .optional(maxCost),
                    "version": .optional(version?.description),
                ]).serialized())
    }
}

/// The answer to a call that ran, now or earlier under the same idempotency key.
public struct ExecuteReply: Sendable {
    /// Status, headers and body as a client gets them: the result with usage and receipt, or the problem.
    public let outcome: StoredOutcome
    /// Whether it is the stored answer to an earlier call with the same key.
    public let isReplay: Bool
    /// How near the caller is to its rate limits.
    public let rates: [RateStatus]
    /// Where the time went; nil for a replay.
    public var clock: PhaseClock?

    /// Whether the skill gave a result.
    public var isOK: Bool { outcome.status == 200 }

    /// The body: `{result, usage, receipt}`, or a problem with `verdict`, `usage` and `receipt`.
    public var json: JSONValue { (try? JSONValue(parsing: outcome.body, limits: .init(depthMax: 512))) ?? .null }
}
