import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func usage(_ query: UsageQuery) async throws(StoreError) -> Page<SkillUsage> {
        var conditions = query.conditions
        let counted = conditions
        if let place = try Cursor.parse(query.page.cursor, list: "usage")?.numbered() {
            conditions.add("(timestamp, id) < (?, ?)", place.key, place.id)
        }
        return try await read { [conditions, counted] db in
            let total = try db.count("SELECT count(*) FROM usages" + counted.sql, counted.values)
            let found = try db.rows(
                """
                SELECT id, purchase_id, skill_id, agent_id, endpoint, request_size, response_size, duration_ms, cpu_ms,
                    peak_memory, units, cost, currency, trial, verdict, timestamp
                FROM usages\(conditions.sql) ORDER BY timestamp DESC, id DESC LIMIT ?
                """,
                conditions.values + [query.page.limit + 1])
            return try Page(rows: found, limit: query.page.limit, total: total) { row in
                try row.usage()
            } cursor: { usage in
                Cursor(list: "usage", key: String(usage.timestamp.milliseconds), id: usage.id.uuid)
            }
        }
    }

    public func execution(_ id: SkillUsage.ID) async throws(StoreError) -> StoredExecution? {
        try await read { db in
            guard let row = try db.row("SELECT * FROM usages WHERE id = ?", [id.uuid]) else { return nil }
            return StoredExecution(
                usage: try row.usage(), sellerID: try row.id("seller_id"), report: try row.bytes("report"),
                receipt: try row.text("receipt"))
        }
    }

    public func receipts(
        of chain: ReceiptChain, after number: Int64, limit: Int
    ) async throws(StoreError) -> [String] {
        try await read { db in
            try db.rows(
                "SELECT receipt FROM usages WHERE chain = ? AND number > ? ORDER BY number LIMIT ?",
                [chain.uuid, number, max(0, limit)]
            ).map { try $0.text("receipt") }
        }
    }

    public func settled(among ids: [SkillUsage.ID]) async throws(StoreError) -> Set<SkillUsage.ID> {
        try await read { db in
            try Set(ids.filter { try db.row("SELECT 1 FROM usages WHERE id = ?", [$0.uuid]) != nil })
        }
    }

    public func totals() async throws(StoreError) -> MeteringTotals {
        try await read { db in
            MeteringTotals(
                agents: try db.count("SELECT count(*) FROM agents"),
                skills: try db.count("SELECT count(*) FROM skills"),
                purchases: try db.count("SELECT count(*) FROM purchases"),
                usages: try db.count("SELECT count(*) FROM usages"))
        }
    }
}

extension UsageQuery {
    fileprivate var conditions: Conditions {
        var conditions = Conditions()
        if let agentID { conditions.add("agent_id = ?", agentID.uuid) }
        if let skillID { conditions.add("skill_id = ?", skillID.uuid) }
        if let purchaseID { conditions.add("purchase_id = ?", purchaseID.uuid) }
        if let endpoint { conditions.add("endpoint = ?", endpoint) }
        if let verdict { conditions.add("verdict = ?", verdict) }
        if let from { conditions.add("timestamp >= ?", from.milliseconds) }
        if let to { conditions.add("timestamp < ?", to.milliseconds) }
        return conditions
    }
}
