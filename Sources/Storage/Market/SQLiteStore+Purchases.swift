import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    public func purchase(id: Purchase.ID) async throws(StoreError) -> Purchase? {
        try await read { db in try db.row("SELECT * FROM purchases WHERE id = ?", [id.uuid])?.purchase() }
    }

    public func purchases(_ query: PurchaseQuery) async throws(StoreError) -> Page<Purchase> {
        var conditions = Conditions()
        switch query.party {
        case .buyer(let id): conditions.add("buyer_id = ?", id.uuid)
        case .seller(let id): conditions.add("seller_id = ?", id.uuid)
        }
        if let skillID = query.skillID { conditions.add("skill_id = ?", skillID.uuid) }
        if let status = query.status { conditions.add("status = ?", status.rawValue) }
        let counted = conditions
        if let place = try Cursor.parse(query.page.cursor, list: "purchases")?.numbered() {
            conditions.add("(created_at, id) < (?, ?)", place.key, place.id)
        }
        return try await read { [conditions, counted] db in
            let total = try db.count("SELECT count(*) FROM purchases" + counted.sql, counted.values)
            let found = try db.rows(
                "SELECT * FROM purchases\(conditions.sql) ORDER BY created_at DESC, id DESC LIMIT ?",
                conditions.values + [query.page.limit + 1])
            return try Page(rows: found, limit: query.page.limit, total: total) { row in
                try row.purchase()
            } cursor: { purchase in
                Cursor(list: "purchases", key: String(purchase.createdAt.milliseconds), id: purchase.id.uuid)
            }
        }
    }

    public func purchases(buyer: Agent.ID, skill: Skill.ID?) async throws(StoreError) -> [Purchase] {
        try await read { db in
            var conditions = Conditions()
            conditions.add("buyer_id = ?", buyer.uuid)
            if let skill { conditions.add("skill_id = ?", skill.uuid) }
            return try db.rows(
                "SELECT * FROM purchases\(conditions.sql) ORDER BY created_at DESC, id DESC LIMIT ?",
                conditions.values + [Self.newestMax]
            ).map { try $0.purchase() }
        }
    }

    /// Of one buyer; whoever bought the same more often is not asked about the oldest.
    private static let newestMax = 200

    public func hadTrial(_ buyer: Agent.ID, of skill: Skill.ID) async throws(StoreError) -> Bool {
        try await read { db in try Self.hadTrial(buyer, of: skill, in: db) }
    }

    public func revoke(purchase: Purchase.ID, reason: String) async throws(StoreError) -> Purchase {
        try await committer.write { db in
            try db.run(
                """
                UPDATE purchases SET revoked_reason = ?, revocation_epoch = revocation_epoch + 1, renews = 0
                WHERE id = ? AND revoked_reason IS NULL
                """,
                [reason, purchase.uuid])
            return try Self.purchase(purchase, in: db)
        }
    }
}
