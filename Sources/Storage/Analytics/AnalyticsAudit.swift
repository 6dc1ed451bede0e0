import GRDB

/// What the sums by day should be, for the check of the books: a query for each table that selects what is wrong, as rows of
/// a place and a detail. Runs that were booked since the sums were brought up to date are counted in.
enum AnalyticsAudit {
    static var checks: [String] { checksOfRuns + checksOfSales }

    /// What ``RunDays`` mostly spares.
    private static var checksOfRuns: [String] {
        [
            check(
                "calls", columns: "seller_id, day, skill_id, verdict, currency", sums: "sum(calls), sum(cost)",
                kept: """
                    SELECT seller_id, day, skill_id, verdict, currency, calls, cost FROM skill_days
                    UNION ALL SELECT seller_id, day, skill_id, verdict, currency, 1, cost FROM (\(later))
                    """,
                counted: """
                    SELECT seller_id, start AS day, skill_id, verdict, currency, calls, cost FROM usage_totals
                    WHERE unit = 'day' AND agent_id <> seller_id
                    """),
            check(
                "buyers", columns: "seller_id, day, skill_id, buyer_id", sums: "1",
                kept: """
                    SELECT seller_id, day, skill_id, buyer_id FROM buyer_days
                    UNION ALL SELECT seller_id, day, skill_id, agent_id FROM (\(later))
                    """,
                counted: """
                    SELECT seller_id, start AS day, skill_id, agent_id AS buyer_id FROM usage_totals
                    WHERE unit = 'day' AND agent_id <> seller_id
                    """),
        ]
    }

    static var checksOfSales: [String] {
        [
            check(
                "durations", columns: "seller_id, day, skill_id", sums: "sum(calls)",
                kept: "SELECT seller_id, day, skill_id, calls FROM latency_days",
                counted: "SELECT seller_id, day, skill_id, calls FROM skill_days WHERE verdict = 'ok'"),
            check(
                "sales", columns: "seller_id, day, skill_id, currency",
                sums: "sum(payments), sum(amount), sum(refunded)",
                kept: "SELECT * FROM sale_days",
                counted: """
                    SELECT p.seller_id, \(Migrations.day("y.created_at")) AS day, p.skill_id, y.currency, 1 AS payments,
                        y.amount, 0 AS refunded
                    FROM payments AS y JOIN purchases AS p ON p.id = y.purchase_id
                    UNION ALL
                    SELECT r.seller_id, \(Migrations.day("r.created_at")), p.skill_id, r.currency, 0, 0, r.amount
                    FROM refunds AS r JOIN purchases AS p ON p.id = r.purchase_id
                    """),
        ]
    }

    private static let later = """
        SELECT seller_id, agent_id, \(Migrations.day("timestamp")) AS day, skill_id, verdict, currency, cost FROM usages
        WHERE rowid > (SELECT place FROM usage_cursors WHERE name = 'analytics') AND agent_id <> seller_id
        """

    private static func check(
        _ name: String, columns: String, sums: String, kept: String, counted: String
    ) -> String {
        let (kept, counted) = (
            "SELECT \(columns), \(sums) FROM (\(kept)) GROUP BY \(columns)",
            "SELECT \(columns), \(sums) FROM (\(counted)) GROUP BY \(columns)"
        )
        return """
            SELECT '\(name) of the day ' || day AS place,
                'what is kept for seller ' || lower(hex(seller_id)) || ' is not what a recount gives' AS detail
            FROM (
                SELECT * FROM (SELECT * FROM (\(kept)) EXCEPT SELECT * FROM (\(counted)))
                UNION SELECT * FROM (SELECT * FROM (\(counted)) EXCEPT SELECT * FROM (\(kept)))
            )
            """
    }
}
