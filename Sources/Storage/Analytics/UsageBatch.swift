import Foundation
import GRDB
import MarketCore

/// Runs that were booked one after another, added to the sums by day.
struct UsageBatch {
    private struct Call: Hashable {
        let skill: Data
        let seller: Data
        let day: Int64
        let verdict: String
        let currency: String
    }

    private struct Place: Hashable {
        let skill: Data
        let seller: Data
        let day: Int64
    }

    private var calls: [Call: (count: Int64, paid: Int64, cost: Int64)] = [:]
    private var latencies: [Place: LatencyHistogram] = [:]
    private var buyers: [Place: Set<Data>] = [:]

    /// Adds the runs with places above `start`, up to `end`. What sellers run of their own is no business.
    static func add(after start: Int64, upTo end: Int64, in db: Database) throws {
        var batch = UsageBatch()
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT skill_id, seller_id, agent_id, timestamp, verdict, currency, cost, duration_ms FROM usages
                    WHERE rowid > ? AND rowid <= ? AND agent_id <> seller_id
                    """), arguments: [start, end])
        while let row = try rows.next() { batch.add(row) }
        try batch.write(in: db)
        try db.run("UPDATE usage_cursors SET place = ? WHERE name = 'analytics'", [end])
    }

    private mutating func add(_ row: Row) {
        let (skill, seller, buyer, time): (Data, Data, Data, Int64) = (row[0], row[1], row[2], row[3])
        let (verdict, currency, cost, duration): (String, String, Int64, Int64) = (row[4], row[5], row[6], row[7])
        let day = CalendarUnit.day.start(of: Timestamp(milliseconds: time)).milliseconds
        let place = Place(skill: skill, seller: seller, day: day)
        let key = Call(skill: skill, seller: seller, day: day, verdict: verdict, currency: currency)
        var sum = calls[key] ?? (0, 0, 0)
        sum.count += 1
        sum.paid += cost > 0 ? 1 : 0
        let (total, overflow) = sum.cost.addingReportingOverflow(cost)
        sum.cost = overflow ? .max : total
        calls[key] = sum
        buyers[place, default: []].insert(buyer)
        guard verdict == "ok" else { return }
        latencies[place, default: LatencyHistogram()].add(
            1, in: LatencyHistogram.bucket(ofMilliseconds: duration))
    }

    private func write(in db: Database) throws {
        for (call, sum) in calls {
            try db.run(
                """
                INSERT INTO skill_days VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (seller_id, day, skill_id, verdict, currency)
                    DO UPDATE SET calls = calls + excluded.calls, paid = paid + excluded.paid, cost = cost + excluded.cost
                """,
                [call.seller, call.day, call.skill, call.verdict, call.currency, sum.count, sum.paid, sum.cost])
        }
        for (place, histogram) in latencies {
            for (bucket, count) in histogram.counts {
                try db.run(
                    """
                    INSERT INTO latency_days VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (seller_id, day, skill_id, bucket) DO UPDATE SET calls = calls + excluded.calls
                    """, [place.seller, place.day, place.skill, bucket, count])
            }
        }
        for (place, buyers) in buyers {
            for buyer in buyers {
                try db.run(
                    "INSERT INTO buyer_days VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    [place.seller, place.day, place.skill, buyer])
            }
        }
    }
}
