import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func usageSummaries(_ query: UsageSummaryQuery) async throws(StoreError) -> Page<UsageSummary> {
        var conditions = Conditions()
        conditions.add("unit = ?", query.unit.rawValue)
        switch query.party {
        case .buyer(let id): conditions.add("agent_id = ?", id.uuid)
        case .seller(let id): conditions.add("seller_id = ?", id.uuid)
        }
        if let skillID = query.skillID { conditions.add("skill_id = ?", skillID.uuid) }
        if let from = query.from { conditions.add("start >= ?", from.milliseconds) }
        if let to = query.to { conditions.add("start < ?", to.milliseconds) }
        let counted = conditions
        if let cursor = try Cursor.parse(query.page.cursor, list: "sums") {
            let parts = cursor.key.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, let start = Int64(parts[0]), let id = cursor.id else { throw .invalidCursor }
            conditions.add(
                "(start, skill_id, verdict, currency) < (?, ?, ?, ?)", start, id, String(parts[1]), String(parts[2]))
        }
        return try await read { [conditions, counted] db in
            let groups = "GROUP BY start, skill_id, verdict, currency"
            let total = try db.count(
                "SELECT count(*) FROM (SELECT 1 FROM usage_totals\(counted.sql) \(groups))", counted.values)
            let found = try db.rows(
                """
                SELECT start, skill_id, verdict, currency, sum(calls) AS calls, sum(units) AS units, sum(cost) AS cost,
                    sum(duration_ms) AS duration_ms, sum(cpu_ms) AS cpu_ms, sum(request_bytes) AS request_bytes,
                    sum(response_bytes) AS response_bytes
                FROM usage_totals\(conditions.sql) \(groups)
                ORDER BY start DESC, skill_id DESC, verdict DESC, currency DESC LIMIT ?
                """, conditions.values + [query.page.limit + 1])
            return try Page(rows: found, limit: query.page.limit, total: total) { row in
                UsageSummary(
                    start: try row.time("start"), skillID: try row.id("skill_id"), verdict: try row.text("verdict"),
                    calls: try row.integer("calls"), units: try row.integer("units"), cost: try row.money("cost"),
                    durationMilliseconds: try row.integer("duration_ms"),
                    cpuTimeMilliseconds: try row.integer("cpu_ms"),
                    requestSize: try row.integer("request_bytes"), responseSize: try row.integer("response_bytes"))
            } cursor: { sum in
                Cursor(
                    list: "sums",
                    key: "\(sum.start.milliseconds) \(sum.verdict) \(sum.cost.currency.rawValue)", id: sum.skillID.uuid)
            }
        }
    }

    public func pruneReports(before time: Timestamp) async throws(StoreError) -> Int64 {
        var pruned: Int64 = 0
        while true {
            let count = try await committer.write { db in
                try db.run(
                    """
                    UPDATE usages SET report = x'7b7d' WHERE rowid IN (
                        SELECT rowid FROM usages WHERE length(report) > 2 AND timestamp < ? LIMIT ?)
                    """, [time.milliseconds, Self.prunedReportsMax])
            }
            pruned += Int64(count)
            if count < Self.prunedReportsMax { return pruned }
        }
    }

    /// Rows that one write changes, so that the settles behind it do not wait long.
    private static let prunedReportsMax = 500
}
