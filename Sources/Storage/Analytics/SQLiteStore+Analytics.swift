import Foundation
import GRDB
public import MarketCore

extension SQLiteStore: AnalyticsStore {
    /// Runs that one write adds, so that the settles behind it do not wait long.
    private static let batchMax: Int64 = 2000

    public func refreshAnalytics() async throws(StoreError) {
        while true {
            let isBehind = try await read { db in
                try db.count("SELECT place FROM usage_cursors WHERE name = 'analytics'")
                    < db.count("SELECT max(rowid) FROM usages")
            }
            guard isBehind else { return }
            try await committer.write { db in
                let place = try db.count("SELECT place FROM usage_cursors WHERE name = 'analytics'")
                let end = min(try db.count("SELECT max(rowid) FROM usages"), place + Self.batchMax)
                try UsageBatch.add(after: place, upTo: end, in: db)
            }
        }
    }

    /// Sums that lack the last runs are better than none, as on a full disk.
    private func catchUp() async {
        try? await refreshAnalytics()
    }

    public func sales(_ query: SalesQuery) async throws(StoreError) -> [SalesReport] {
        await catchUp()
        return try await read { db in try Self.sales(query, in: db) }
    }

    private static func sales(_ query: SalesQuery, in db: Database) throws -> [SalesReport] {
        let conditions = query.conditions
        let group: String? =
            switch query.grouping {
            case .total: nil
            case .skill: "skill_id"
            case .day: "day"
            }
        func rows(_ table: String, _ keys: String?, _ columns: String) throws -> [Row] {
            let grouped = [group, keys].compactMap { $0 }.joined(separator: ", ")
            return try db.rows(
                """
                SELECT \([group, keys].compactMap { $0 }.map { "\($0), " }.joined())\(columns)
                FROM \(table)\(conditions.sql)\(grouped.isEmpty ? "" : " GROUP BY \(grouped)")
                """, conditions.values)
        }
        var reports: [Data: SalesReport] = [:]
        func report(_ row: Row, _ change: (inout SalesReport) throws -> Void) throws {
            switch query.grouping {
            case .total:
                try change(&reports[Data(), default: SalesReport(skillID: query.skillID)])
            case .skill:
                let skill: Skill.ID = try row.id("skill_id")
                try change(&reports[skill.bytes, default: SalesReport(skillID: skill)])
            case .day:
                let day = try row.time("day")
                try change(
                    &reports[
                        Data(String(day.milliseconds).utf8), default: SalesReport(skillID: query.skillID, day: day)])
            }
        }
        for row in try rows("skill_days", "verdict, currency", "sum(calls) AS calls, sum(cost) AS cost") {
            try report(row) { report in
                report.callsByVerdict[try row.text("verdict"), default: 0] += try row.integer("calls")
                let currency: Currency = try row.word("currency")
                report.revenue[currency, default: .init(currency: currency)].runs += try row.integer("cost")
            }
        }
        for row in try rows("sale_days", "currency", "sum(amount) AS amount, sum(refunded) AS refunded") {
            try report(row) { report in
                let currency: Currency = try row.word("currency")
                report.revenue[currency, default: .init(currency: currency)].licenses += try row.integer("amount")
                report.revenue[currency, default: .init(currency: currency)].refunded += try row.integer("refunded")
            }
        }
        for row in try rows("latency_days", "bucket", "sum(calls) AS calls") {
            try report(row) { report in
                report.latency.add(try row.integer("calls"), in: try row.integer("bucket"))
            }
        }
        for row in try rows("buyer_days", nil, "count(DISTINCT buyer_id) AS buyers") {
            let buyers = try row.integer("buyers")
            guard buyers > 0 else { continue }
            try report(row) { $0.buyers = buyers }
        }
        switch query.grouping {
        case .total: return [reports.values.first ?? SalesReport(skillID: query.skillID)]
        case .day: return reports.values.sorted { ($0.day?.milliseconds ?? 0) > ($1.day?.milliseconds ?? 0) }
        case .skill:
            return Array(
                reports.sorted { ($0.value.calls, $0.key.hexadecimal) > ($1.value.calls, $1.key.hexadecimal) }
                    .map(\.value).prefix(SalesQuery.skillsMax))
        }
    }

    public func retention(_ query: SalesQuery) async throws(StoreError) -> Retention {
        await catchUp()
        return try await read { db in
            var former = query
            former.to = query.from
            former.from = Timestamp(milliseconds: 2 * query.from.milliseconds - query.to.milliseconds)
            let buyers = "SELECT DISTINCT buyer_id FROM buyer_days"
            let (before, now) = (former.conditions, query.conditions)
            let row = try db.row(
                """
                SELECT count(*) AS former, ifnull(sum(buyer_id IN (\(buyers)\(now.sql))), 0) AS returned
                FROM (\(buyers)\(before.sql))
                """, now.values + before.values)
            return Retention(
                former: try row?.integer("former") ?? 0, returned: try row?.integer("returned") ?? 0)
        }
    }

    public func market(
        by unit: CalendarUnit, from: Timestamp, to: Timestamp
    ) async throws(StoreError) -> [MarketReport] {
        await catchUp()
        return try await read { db in
            var reports: [Timestamp: MarketReport] = [:]
            let range: [Bound] = [from.milliseconds, to.milliseconds]
            func report(_ row: Row, _ change: (inout MarketReport) throws -> Void) throws {
                let start = unit.start(of: try row.time("day"))
                try change(&reports[start, default: MarketReport(start: start)])
            }
            for row in try db.rows("SELECT * FROM market_days WHERE day >= ? AND day < ?", range) {
                try report(row) { report in
                    report.newAgents += try row.integer("agents")
                    report.newSkills += try row.integer("skills")
                    report.purchases += try row.integer("purchases")
                }
            }
            let days = "day >= ? AND day < ? GROUP BY day, currency"
            for row in try db.rows(
                """
                SELECT day, currency, sum(calls) AS calls, sum(paid) AS paid, sum(cost) AS cost FROM skill_days
                WHERE \(days)
                """, range)
            {
                try report(row) { report in
                    report.runs += try row.integer("calls")
                    let currency: Currency = try row.word("currency")
                    report.volumes[currency, default: .init(currency: currency)].transactions += try row.integer("paid")
                    report.volumes[currency, default: .init(currency: currency)].amount += try row.integer("cost")
                }
            }
            for row in try db.rows(
                """
                SELECT day, currency, sum(payments) AS payments, sum(amount) AS amount, sum(refunded) AS refunded
                FROM sale_days WHERE \(days)
                """, range)
            {
                try report(row) { report in
                    let currency: Currency = try row.word("currency")
                    var volume = report.volumes[currency] ?? .init(currency: currency)
                    volume.transactions += try row.integer("payments")
                    volume.amount += try row.integer("amount")
                    volume.refunded += try row.integer("refunded")
                    report.volumes[currency] = volume
                }
            }
            return reports.values.sorted { $0.start > $1.start }
        }
    }
}

extension SalesQuery {
    fileprivate var conditions: Conditions {
        var conditions = Conditions()
        conditions.add("seller_id = ?", sellerID.uuid)
        conditions.add("day >= ?", from.milliseconds)
        conditions.add("day < ?", to.milliseconds)
        if let skillID { conditions.add("skill_id = ?", skillID.uuid) }
        return conditions
    }
}

extension Data {
    fileprivate var hexadecimal: String { map { String($0, radix: 16) }.joined(separator: " ") }
}
