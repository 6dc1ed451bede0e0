import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    public func secrets(of skill: Skill.ID) async throws(StoreError) -> [StoredSecret] {
        try await read { db in
            try db.rows("SELECT * FROM secrets WHERE skill_id = ? ORDER BY name", [skill.uuid]).map { row in
                StoredSecret(
                    skillID: try row.id("skill_id"), name: try row.text("name"), sealed: try row.bytes("sealed"),
                    updatedAt: try row.time("updated_at"))
            }
        }
    }

    public func set(secret: StoredSecret) async throws(StoreError) {
        try await committer.write { db in
            _ = try db.run(
                """
                INSERT INTO secrets (skill_id, name, sealed, updated_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (skill_id, name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at
                """,
                [secret.skillID.uuid, secret.name, Data(secret.sealed), secret.updatedAt.milliseconds])
        }
    }

    public func removeSecret(of skill: Skill.ID, named name: String) async throws(StoreError) {
        try await committer.write { db in
            let removed = try db.run("DELETE FROM secrets WHERE skill_id = ? AND name = ?", [skill.uuid, name])
            guard removed == 1 else { throw StoreError.missing("secret") }
        }
    }
}
