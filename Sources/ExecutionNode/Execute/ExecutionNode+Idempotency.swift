import Fields
import MarketCore
import Metering

extension ExecutionNode {
    private static let stillRunning = NodeError.inFlight(
        "A request with this Idempotency-Key is being answered; try again in a second.")

    static let keyReused = NodeError(
        status: 422, code: "idempotency_key_reused",
        detail: "This Idempotency-Key was used with another body; use a new key for a new request.")

    /// What the keys of a skill's calls are unique within.
    static func executeRoute(of skill: Skill.ID) -> String { "POST /api/v1/skills/\(skill)/execute" }

    func idempotentRequest(_ request: ExecuteRequest, _ skill: Skill) throws(NodeError) -> IdempotentRequest? {
        try idempotentRequest(
            agent: request.caller, route: Self.executeRoute(of: skill.id), key: request.idempotencyKey,
            fingerprint: request.isPinnedByName ? Self.pinned(request.hash, skill.latest.version) : request.hash)
    }

    /// A version that the path names is part of the request as much as one that the body names.
    private static func pinned(_ hash: BodyHash, _ version: SemanticVersion) -> BodyHash {
        BodyHash(of: Array("@\(version) ".utf8) + hash.bytes)
    }

    func idempotentRequest(
        agent: Agent.ID, route: String, key: String?, fingerprint: @autoclosure () -> BodyHash
    ) throws(NodeError) -> IdempotentRequest? {
        guard let key else { return nil }
        do throws(IdempotencyKeyError) {
            return IdempotentRequest(
                scope: IdempotencyScope(agentID: agent, route: route, key: try IdempotencyKey(header: key)),
                fingerprint: fingerprint())
        } catch {
            throw .malformed(error.description, code: "invalid_idempotency_key")
        }
    }

    private static func idempotencyFull(_ bytes: Int64) -> NodeError {
        NodeError(
            status: 429, code: "idempotency_store_full",
            detail: "The stored answers of your earlier requests with an Idempotency-Key take \(bytes) bytes, the most "
                + "that is kept. Each is dropped two days after its request; send this one later, or without a key.",
            retryable: true, retryAfterSeconds: 600, fields: ["storedBytes": .number(bytes)])
    }

    /// Does a request once for its key, and answers what was stored from then on; without a key it is done each time.
    func once<Reply>(
        _ key: IdempotentRequest?, replay: (StoredOutcome) -> Reply,
        otherwise body: () async throws(NodeError) -> Reply
    ) async throws(NodeError) -> Reply {
        guard let key else { return try await body() }
        switch try await begin(key) {
        case .new: break
        case .replay(let outcome): return replay(outcome)
        case .inFlight: throw Self.stillRunning
        case .mismatch: throw Self.keyReused
        case .full(let bytes): throw Self.idempotencyFull(bytes)
        }
        defer { idempotency.end(key.scope) }
        return try await body()
    }

    private func begin(_ request: IdempotentRequest) async throws(NodeError) -> IdempotencyState {
        do throws(StoreError) {
            return try await idempotency.begin(request, agentBytesMax: configuration.outcomeBytesMax)
        } catch {
            throw NodeError(error)
        }
    }
}

extension NodeError {
    /// 409: the same was asked for before, and is being done.
    static func inFlight(_ detail: String) -> NodeError {
        NodeError(status: 409, code: "request_in_flight", detail: detail, retryable: true, retryAfterSeconds: 1)
    }
}
