public import MarketCore

/// What an idempotency key is unique within.
public struct IdempotencyScope: Hashable, Sendable {
    public let agentID: Agent.ID
    /// The method and path of the call, such as `POST /skills/word-stats/execute`.
    public let route: String
    public let key: IdempotencyKey

    public init(agentID: Agent.ID, route: String, key: IdempotencyKey) {
        self.agentID = agentID
        self.route = route
        self.key = key
    }
}

/// A keyed request: its scope and the hash of its body.
public struct IdempotentRequest: Hashable, Sendable {
    public let scope: IdempotencyScope
    public let fingerprint: BodyHash

    public init(scope: IdempotencyScope, fingerprint: BodyHash) {
        self.scope = scope
        self.fingerprint = fingerprint
    }
}

/// What was answered, byte for byte, so that it can be answered again.
public struct StoredOutcome: Hashable, Sendable {
    public let status: Int
    public let headers: [Header]
    public let body: [UInt8]

    public struct Header: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(status: Int, headers: [Header] = [], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// - Parameter body: JSON, as it goes out.
    public init(status: Int, json body: [UInt8], type: String = "application/json") {
        self.init(status: status, headers: [Header(name: "Content-Type", value: type)], body: body)
    }
}

/// A stored outcome with the fingerprint of the request that led to it.
public struct RecordedOutcome: Hashable, Sendable {
    public let fingerprint: BodyHash
    public let outcome: StoredOutcome
    public let createdAt: Timestamp

    public init(fingerprint: BodyHash, outcome: StoredOutcome, createdAt: Timestamp) {
        self.fingerprint = fingerprint
        self.outcome = outcome
        self.createdAt = createdAt
    }
}
