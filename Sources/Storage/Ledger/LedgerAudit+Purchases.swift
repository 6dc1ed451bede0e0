import GRDB
import MarketCore
import Metering

// What purchases and workflows say of themselves, their payments and refunds, and what all balances add up to. There are fewer of these
// than of entries and runs, so ``QuickAudit`` asks the same.
extension LedgerAudit {
    static func checkPurchases(_ db: Database) throws -> (sums: [LedgerCheck.Sums], faults: [LedgerCheck.Fault]) {
        var audit = LedgerAudit(db: db)
        try audit.checkPurchases()
        try audit.checkUpgrades()
        try audit.checkWorkflows()
        for check in AnalyticsAudit.checksOfSales { try audit.faults(check) }
        return (try audit.sums(), audit.faults)
    }

    /// A purchase was paid as it says, no more is given back than was paid, and a refund is of its purchase's parties.
    mutating func checkPurchases() throws {
        try faults(
            """
            SELECT 'purchase ' || lower(hex(p.id)) AS place,
                'it says that ' || p.amount || ' base units were paid, its payment says ' || ifnull(y.amount, 0) AS detail
            FROM purchases AS p LEFT JOIN payments AS y ON y.id = p.id
            WHERE p.amount <> ifnull(y.amount, 0) OR y.currency <> p.currency
            """)
        try faults(
            """
            SELECT 'purchase ' || lower(hex(p.id)) AS place,
                'its subscription was paid for ' || p.periods_paid || ' periods but has ' || count(y.id) || ' payments'
                    AS detail
            FROM purchases AS p LEFT JOIN payments AS y ON y.purchase_id = p.id AND y.kind <> 'upgrade'
            WHERE p.periods_paid IS NOT NULL GROUP BY p.id HAVING count(y.id) <> p.periods_paid
            """)
        try faults(
            """
            SELECT kind || ' ' || lower(hex(target)) AS place,
                'of ' || ifnull(paid, 0) || ' base units ' || back || ' were given back, ' || fee
                    || ' of them from the platform' AS detail
            FROM (
                SELECT r.target, r.target_kind AS kind, sum(r.amount) AS back, sum(r.fee_part) AS fee,
                    ifnull(max(y.amount), max(u.cost)) AS paid
                FROM refunds AS r LEFT JOIN payments AS y ON r.target_kind = 'payment' AND y.id = r.target
                LEFT JOIN usages AS u ON r.target_kind = 'usage' AND u.id = r.target GROUP BY r.target
            ) WHERE paid IS NULL OR back > paid OR fee > (paid + 39) / 40 - (paid - back + 39) / 40
            """)
        try faults(
            """
            SELECT 'purchase ' || lower(hex(p.id)) AS place,
                'it is ' || p.status || ', but ' || y.back || ' of the ' || y.paid
                    || ' base units paid for its time were given back' AS detail
            FROM purchases AS p JOIN (
                SELECT y.purchase_id, y.period_end, sum(y.amount) AS paid, sum(ifnull(r.back, 0)) AS back
                FROM payments AS y
                LEFT JOIN (SELECT target, sum(amount) AS back FROM refunds GROUP BY target) AS r ON r.target = y.id
                GROUP BY y.purchase_id, y.period_end
            ) AS y ON y.purchase_id = p.id AND y.period_end IS p.expires_at
            WHERE (p.status = 'refunded') <> (y.back = y.paid)
            """)
        try faults(
            """
            SELECT 'purchase ' || lower(hex(p.id)) AS place,
                'it ends at ' || p.expires_at || ', but no payment is for the time until then' AS detail
            FROM purchases AS p WHERE p.expires_at IS NOT NULL
                AND EXISTS (SELECT 1 FROM payments WHERE purchase_id = p.id) AND p.expires_at IS NOT (
                    SELECT period_end FROM payments WHERE purchase_id = p.id ORDER BY number DESC LIMIT 1)
            """)
        try faults(
            """
            SELECT 'refund ' || lower(hex(r.id)) AS place, 'its buyer and seller are not those of the purchase' AS detail
            FROM refunds AS r JOIN purchases AS p ON p.id = r.purchase_id
            LEFT JOIN usages AS u ON r.target_kind = 'usage' AND u.id = r.target
            WHERE r.buyer_id <> p.buyer_id OR r.seller_id <> ifnull(u.seller_id, p.seller_id)
            """)
    }

    /// A licence is what its last upgrade made of it, each goes on where the one before ended, and each has its payment.
    mutating func checkUpgrades() throws {
        try faults(
            """
            SELECT 'purchase ' || lower(hex(p.id)) AS place,
                'it was upgraded ' || p.upgrades || ' times but has ' || count(u.id) || ' upgrades' AS detail
            FROM purchases AS p LEFT JOIN upgrades AS u ON u.purchase_id = p.id
            GROUP BY p.id HAVING count(u.id) <> p.upgrades OR max(u.number) IS NOT nullif(p.upgrades, 0)
            """)
        try faults(
            """
            SELECT 'upgrade ' || lower(hex(u.id)) AS place,
                'it does not make of the licence what the next one, or the licence itself, says' AS detail
            FROM upgrades AS u JOIN purchases AS p ON p.id = u.purchase_id
            LEFT JOIN upgrades AS n ON n.purchase_id = u.purchase_id AND n.number = u.number + 1
            WHERE u.to_kind IS NOT ifnull(n.from_kind, p.license_kind)
                OR u.to_limit IS NOT iif(n.id IS NULL, p.usage_limit, n.from_limit)
            """)
        try faults(
            """
            SELECT 'upgrade ' || lower(hex(u.id)) AS place,
                'it cost ' || u.amount || ' base units, its payment says ' || ifnull(y.amount, 0) AS detail
            FROM upgrades AS u LEFT JOIN payments AS y ON y.id = u.id AND y.kind = 'upgrade'
            WHERE u.amount <> ifnull(y.amount, 0) OR y.currency <> u.currency OR y.purchase_id <> u.purchase_id
            """)
        try faults(
            """
            SELECT 'payment ' || lower(hex(y.id)) AS place, 'what it upgraded does not exist' AS detail
            FROM payments AS y WHERE y.kind = 'upgrade' AND NOT EXISTS (SELECT 1 FROM upgrades AS u WHERE u.id = y.id)
            """)
    }

    mutating func sums() throws -> [LedgerCheck.Sums] {
        let rows = try db.rows(
            """
            SELECT currency, sum(iif(kind = 'deposits', balance, 0)) AS deposits,
                sum(iif(kind = 'agent', balance, 0)) AS agents, sum(iif(kind = 'platform', balance, 0)) AS platform
            FROM accounts GROUP BY currency ORDER BY currency
            """, [])
        return try rows.map { row in
            let sums = LedgerCheck.Sums(
                currency: try row.word("currency"), depositsBase: try row.integer("deposits"),
                agentsBase: try row.integer("agents"), platformBase: try row.integer("platform"))
            if sums.totalBase != 0 {
                let total = sums.totalBase.map(String.init) ?? "more than fits 64 bits"
                fault("currency \(sums.currency.rawValue)", "all balances add up to \(total), not to zero")
            }
            return sums
        }
    }

    /// A step's share of a workflow's price is the buyer's who runs the workflow, under the same licence; what went on after
    /// a crash is of the same buyer and skill as what it went on with.
    mutating func checkWorkflows() throws {
        try faults(
            """
            SELECT 'usage ' || lower(hex(u.id)) AS place, 'it is a share of a workflow of another buyer or licence' AS detail
            FROM workflow_steps AS w JOIN usages AS u ON u.id = w.usage_id JOIN usages AS p ON p.id = w.run
            WHERE w.shared = 1 AND (p.agent_id <> u.agent_id OR p.purchase_id IS NOT u.purchase_id)
            """)
        try faults(
            """
            SELECT 'usage ' || lower(hex(e.id)) AS place, 'it goes on with a workflow of another buyer or skill' AS detail
            FROM workflow_attempts AS a JOIN usages AS e ON e.id = a.execution JOIN usages AS p ON p.id = a.run
            WHERE e.agent_id <> p.agent_id OR e.skill_id <> p.skill_id
            """)
    }
}
