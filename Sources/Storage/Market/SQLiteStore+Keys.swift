import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    public func apiKeys() async throws(StoreError) -> [StoredKey] {
        try await read { db in
            try db.rows("SELECT * FROM api_keys WHERE revoked = 0", []).map { try $0.storedKey() }
        }
    }

    public func apiKeys(of agent: Agent.ID) async throws(StoreError) -> [StoredKey] {
        try await read { db in
            try db.rows("SELECT * FROM api_keys WHERE agent_id = ? ORDER BY created_at DESC, id DESC", [agent.uuid])
                .map { try $0.storedKey() }
        }
    }

    public func insert(key: StoredKey, usableMax: Int, unusableMax: Int) async throws(StoreError) -> KeyInsertion {
        try await committer.write { db in
            let now = key.createdAt.milliseconds
            let usable = try db.count(
                "SELECT count(*) FROM api_keys WHERE agent_id = ?1 AND \(Self.isUsable)", [key.agentID.uuid, now])
            guard usable < usableMax else { return .full }
            try Self.insert(key, in: db)
            let dropped: [StoredKey.ID] = try db.rows(
                """
                SELECT id FROM api_keys WHERE agent_id = ?1 AND NOT (\(Self.isUsable))
                ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?3
                """, [key.agentID.uuid, now, unusableMax]
            ).map { try $0.id("id") }
            for id in dropped { try db.run("DELETE FROM api_keys WHERE id = ?", [id.uuid]) }
            return .added(dropped: dropped)
        }
    }

    public func revoke(
        key id: StoredKey.ID, of agent: Agent.ID, at time: Timestamp?, now: Timestamp
    ) async throws(StoreError) -> KeyRevocation {
        try await committer.write { db in
            let end = max(time ?? now, now)
            let others = try db.count(
                """
                SELECT count(*) FROM api_keys
                WHERE agent_id = ?1 AND id <> ?3 AND revoked_at IS NULL AND \(Self.isUsable)
                """, [agent.uuid, end.milliseconds, id.uuid])
            guard
                let row = try db.row(
                    """
                    SELECT *, \(Self.isUsable) AS usable FROM api_keys WHERE agent_id = ?1 AND id = ?3
                    """, [agent.uuid, now.milliseconds, id.uuid])
            else { throw StoreError.missing("key") }
            // A key that is refused already takes nothing away.
            guard try others > 0 || row.integer("usable") == 0 else { return .last }
            try db.run(
                """
                UPDATE api_keys SET revoked_at = min(ifnull(revoked_at, ?2), ?2), revoked = max(revoked, ?3)
                WHERE id = ?1
                """, [id.uuid, end.milliseconds, time == nil])
            guard let changed = try db.row("SELECT * FROM api_keys WHERE id = ?", [id.uuid]) else {
                throw StoreError.missing("key")
            }
            return .revoked(try changed.storedKey())
        }
    }

    public func endKeys(at now: Timestamp) async throws(StoreError) {
        // Most minutes there is none, and nothing to sync.
        let isDue = try await read { db in
            try db.row("SELECT 1 FROM api_keys WHERE revoked = 0 AND revoked_at <= ?", [now.milliseconds]) != nil
        }
        guard isDue else { return }
        _ = try await committer.write { db in
            try db.run("UPDATE api_keys SET revoked = 1 WHERE revoked = 0 AND revoked_at <= ?", [now.milliseconds])
        }
    }

    public func noteUse(of keys: [StoredKey.ID: Timestamp]) async throws(StoreError) {
        guard !keys.isEmpty else { return }
        try await committer.write { db in
            for (key, time) in keys {
                try db.run(
                    "UPDATE api_keys SET last_used_at = max(ifnull(last_used_at, ?1), ?1) WHERE id = ?2",
                    [time.milliseconds, key.uuid])
            }
        }
    }

    static func insert(_ key: StoredKey, in db: Database) throws {
        try db.run(
            """
            INSERT INTO api_keys (id, agent_id, name, sha256, prefix, created_at, expires_at, last_used_at, revoked_at,
                revoked, scopes, addresses, signing_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                key.id.uuid, key.agentID.uuid, key.name, Data(key.sha256), key.prefix, key.createdAt.milliseconds,
                key.expiresAt?.milliseconds, key.lastUsedAt?.milliseconds, key.revokedAt?.milliseconds, key.isRevoked,
                Int64(key.scopes.rawValue), key.addresses.map(\.description).joined(separator: " "),
                key.signingKey.map { Data($0) },
            ])
    }

    /// Whether a key is accepted at the time that is bound second.
    private static let isUsable =
        "(revoked = 0 AND ifnull(revoked_at > ?2, 1) AND ifnull(expires_at > ?2, 1))"
}
