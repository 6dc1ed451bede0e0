import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    public func purchase(id: Purchase.ID) async throws(StoreError) -> Purchase? {
        try await read { db in try db.row("SELECT * FROM purchases WHERE id = ?", [id.uuid])?.purchase() }
    }

    public func purchases(buyer: Agent.ID, skill: Skill.ID?) async throws(StoreError) -> [Purchase] {
        try await read { db in
            var conditions = Conditions()
            conditions.add("buyer_id = ?", buyer.uuid)
            if let skill { conditions.add("skill_id = ?", skill.uuid) }
            return try db.rows(
                "SELECT * FROM purchases\(conditions.sql) ORDER BY created_at DESC, id DESC", conditions.values
            ).map { try $0.purchase() }
        }
    }

    public func revoke(purchase: Purchase.ID, reason: String) async throws(StoreError) -> Purchase {
        try await committer.write { db in
            try db.run(
                """
                UPDATE purchases SET revoked_reason = ?, revocation_epoch = revocation_epoch + 1
                WHERE id = ? AND revoked_reason IS NULL
                """,
                [reason, purchase.uuid])
            guard let row = try db.row("SELECT * FROM purchases WHERE id = ?", [purchase.uuid]) else {
                throw StoreError.missing("purchase")
            }
            return try row.purchase()
        }
    }
}
