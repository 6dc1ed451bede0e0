import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    public func apiKeys() async throws(StoreError) -> [StoredKey] {
        let now = Timestamp.now.milliseconds
        return try await read { db in
            try db.rows("SELECT * FROM api_keys WHERE revoked_at IS NULL OR revoked_at > ?", [now])
                .map { try $0.storedKey() }
        }
    }

    public func insert(key: StoredKey) async throws(StoreError) {
        try await committer.write { db in try Self.insert(key, in: db) }
    }

    public func revoke(key: StoredKey.ID, at time: Timestamp) async throws(StoreError) {
        try await committer.write { db in
            let changed = try db.run(
                "UPDATE api_keys SET revoked_at = min(ifnull(revoked_at, ?1), ?1) WHERE id = ?2",
                [time.milliseconds, key.uuid])
            guard changed == 1 else { throw StoreError.missing("key") }
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
            INSERT INTO api_keys (id, agent_id, sha256, prefix, created_at, last_used_at, revoked_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                key.id.uuid, key.agentID.uuid, Data(key.sha256), key.prefix, key.createdAt.milliseconds,
                key.lastUsedAt?.milliseconds, key.revokedAt?.milliseconds,
            ])
    }
}
