import Fields
import LicenseCheck
public import MarketCore

extension ExecutionNode {
    /// Keys of one agent that may be usable at once.
    public static let usableKeysMax = 20
    /// The longest time that a revoked key may go on working, in seconds: 30 days.
    public static let keyOverlapSecondsMax: Int64 = 30 * 86_400
    /// Revoked and expired keys of an agent that its list still shows.
    private static let unusableKeysMax = 80

    /// An agent's keys, newest first, with up to 80 that are revoked or expired. When a key was last used is at most
    /// about a minute old.
    public func apiKeys(of agent: Agent.ID) async throws(NodeError) -> [StoredKey] {
        try await inStore { () throws(StoreError) in try await store.apiKeys(of: agent) }
    }

    /// Makes a further key of an agent.
    /// - Parameter maker: the key that asks for it, whose scopes and addresses the new one does not exceed; nil for none.
    /// - Returns: the key as it is stored, and its text, which is shown this once.
    /// - Throws: ``NodeError`` 403 `scope_missing`, 409 `too_many_keys`, 422 when a field is wrong, 503 `storage_low`.
    public func addKey(
        _ request: KeyRequest, for agent: Agent.ID, by maker: StoredKey? = nil
    ) async throws(NodeError) -> (key: StoredKey, apiKey: String) {
        try requireSpace()
        let now = Timestamp.now
        do throws(FieldError) { try request.check(now: now, maker: maker) } catch { throw NodeError(error) }
        let scopes = request.scopes ?? maker?.scopes ?? .all
        if let maker { try Self.require(scopes, of: maker) }
        let key = APIKey.generate()
        let stored = StoredKey(
            id: .new(at: now), agentID: agent, name: request.name, sha256: key.sha256, prefix: key.prefix,
            createdAt: now, expiresAt: request.expiresAt ?? maker.flatMap { $0.scopes == .all ? nil : $0.expiresAt },
            scopes: scopes, addresses: request.addresses ?? maker?.addresses ?? [],
            signingKey: request.signingKey ?? maker?.signingKey)
        // Before it is stored, while nobody can know it: a revocation that comes at once then finds it.
        keys.insert(stored)
        let insertion: KeyInsertion
        do throws(NodeError) {
            insertion = try await inStore(recording: Self.made(stored)) { inserted in
                (inserted as? KeyInsertion) != .full
            } _: { () throws(StoreError) in
                try await store.insert(
                    key: stored, usableMax: Self.usableKeysMax, unusableMax: Self.unusableKeysMax)
            }
        } catch {
            keys.remove(stored.id)
            throw error
        }
        switch insertion {
        case .added(let dropped):
            for id in dropped { keys.remove(id) }
            return (stored, key.text)
        case .full:
            keys.remove(stored.id)
            throw NodeError(
                status: 409, code: "too_many_keys",
                detail: "The agent has \(Self.usableKeysMax) usable keys, the most that it may have; revoke one with "
                    + "DELETE /api/v1/keys/{id} first.",
                fields: ["keysMax": .number(Self.usableKeysMax)])
        }
    }

    /// - Throws: ``NodeError`` 403 `scope_missing`.
    package static func require(_ scopes: KeyScopes, of key: StoredKey) throws(NodeError) {
        guard let missing = scopes.subtracting(key.scopes).names.first else { return }
        throw NodeError(
            status: 403, code: "scope_missing",
            detail: "This API key has not the scope \(missing), which is needed here; use one that has it.",
            fields: ["scope": .string(missing), "scopes": .array(key.scopes.names.map(JSONValue.string))])
    }

    private static func made(_ key: StoredKey) -> AuditAct {
        AuditAct(
            .agent(key.agentID), .keyMade, .key(key.id),
            [
                "name": .optional(key.name), "prefix": .string(key.prefix),
                "expiresAt": .optional(key.expiresAt?.description),
                "scopes": .array(key.scopes.names.map(JSONValue.string)),
                "addresses": .array(key.addresses.map { .string($0.description) }),
                "publicKey": .optional(key.signingKey.map { Base64URL.encode($0) }),
            ])
    }

    /// Revokes a key of an agent: at once for good, or after an overlap in which a client changes to another.
    /// - Parameter maker: the key that asks for it; it revokes none with more scopes than its own. Nil for none.
    /// - Parameter afterSeconds: 0 to ``keyOverlapSecondsMax``; beyond that the nearest within.
    /// - Returns: the key as it is now. Revoking again only makes it end earlier.
    /// - Throws: ``NodeError`` 404, 409 `last_key`.
    public func revokeKey(
        _ id: StoredKey.ID, of agent: Agent.ID, by maker: StoredKey? = nil, afterSeconds: Int64 = 0
    ) async throws(NodeError) -> StoredKey {
        if let maker, maker.scopes != .all, let key = try await apiKeys(of: agent).first(where: { $0.id == id }) {
            try Self.require(key.scopes, of: maker)
        }
        let seconds = min(max(afterSeconds, 0), Self.keyOverlapSecondsMax)
        let now = Timestamp.now
        let end = seconds == 0 ? nil : now.advanced(byMilliseconds: seconds * 1000)
        let act = AuditAct(
            .agent(agent), .keyRevoked, .key(id), ["from": .string((end ?? now).description)])
        let revocation = try await inStore(recording: act) { revoked in
            (revoked as? KeyRevocation) != .last
        } _: { () throws(StoreError) in
            try await store.revoke(key: id, of: agent, at: end, now: now)
        }
        guard case .revoked(let key) = revocation else {
            throw NodeError(
                status: 409, code: "last_key",
                detail: "No usable key would be left, and nobody could make another; make one with POST /api/v1/keys "
                    + "first.")
        }
        keys.revoke(id, at: key.revokedAt ?? now, isFinal: key.isRevoked)
        return key
    }
}
