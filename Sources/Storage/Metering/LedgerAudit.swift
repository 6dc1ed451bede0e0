import Foundation
import GRDB
import MarketCore
import Metering

/// Recomputes from the entries what the store keeps. Each part works within one consistent state, and parts may run at once.
struct LedgerAudit {
    enum Part: CaseIterable {
        /// Entries, balances, and what they were booked for.
        case money
        /// References between rows, sums of usage, and receipts.
        case records
    }

    /// What one part found.
    struct Finding: Sendable {
        var faults: [LedgerCheck.Fault] = []
        var sums: [LedgerCheck.Sums] = []
        var accounts: Int64 = 0
        var transfers: Int64 = 0
        var usages: Int64 = 0
    }

    private let db: Database
    private var faults: [LedgerCheck.Fault] = []

    /// Pages that cannot be read; sums over such mean nothing.
    static func checkFile(_ db: Database) throws -> [LedgerCheck.Fault] {
        try FileAudit.pages(db, max: LedgerCheck.faultsMax).map {
            LedgerCheck.Fault(place: $0.place, detail: $0.detail)
        }
    }

    static func check(_ db: Database, _ part: Part) throws -> Finding {
        var audit = LedgerAudit(db: db)
        var finding = Finding()
        switch part {
        case .money:
            try audit.checkTransfers()
            try audit.checkBalances()
            try audit.checkCharges()
            try audit.checkOrphans()
            try audit.checkRefunds()
            try audit.checkUpgrades()
            try audit.checkParties()
            try audit.checkWorkflows()
            try audit.checkLicences()
            finding.sums = try audit.sums()
            finding.accounts = try db.count("SELECT count(*) FROM accounts")
            finding.transfers = try db.count("SELECT count(*) FROM transfers")
        case .records:
            try audit.checkReferences()
            try audit.checkTotals()
            for check in AnalyticsAudit.checks { try audit.faults(check) }
            try audit.checkChains()
            finding.usages = try db.count("SELECT count(*) FROM usages")
        }
        finding.faults = audit.faults
        return finding
    }

    private init(db: Database) {
        self.db = db
    }

    private mutating func fault(_ place: String, _ detail: String) {
        guard faults.count < LedgerCheck.faultsMax else { return }
        faults.append(LedgerCheck.Fault(place: place, detail: detail))
    }

    /// Runs a query that selects what is wrong, as rows of a place and a detail.
    private mutating func faults(_ sql: String) throws {
        for row in try db.rows(sql + " LIMIT \(LedgerCheck.faultsMax)", []) {
            fault(try row.text("place"), try row.text("detail"))
        }
    }

    private mutating func checkReferences() throws {
        for (place, detail) in try FileAudit.references(db, max: LedgerCheck.faultsMax) { fault(place, detail) }
    }

    private mutating func checkTransfers() throws {
        try faults(
            """
            SELECT 'transfer ' || lower(hex(t.id)) AS place,
                'it moves ' || t.amount || ' base units of ' || t.currency || ' between an account of '
                    || ifnull(d.currency, 'no') || ' and one of ' || ifnull(c.currency, 'no') || ' currency' AS detail
            FROM transfers AS t LEFT JOIN accounts AS d ON d.id = t.debit LEFT JOIN accounts AS c ON c.id = t.credit
            WHERE d.currency IS NOT t.currency OR c.currency IS NOT t.currency OR t.amount <= 0 OR t.debit = t.credit
            """)
    }

    private mutating func checkBalances() throws {
        try faults(
            """
            SELECT 'account ' || a.kind || iif(a.owner = x'', '', ':' || lower(hex(a.owner))) || ':' || a.currency
                    AS place,
                'the balance is ' || a.balance || ' but the entries add up to ' || ifnull(s.total, 0) AS detail
            FROM accounts AS a LEFT JOIN (
                SELECT account, sum(amount) AS total FROM (
                    SELECT credit AS account, amount FROM transfers
                    UNION ALL SELECT debit, -amount FROM transfers
                ) GROUP BY account
            ) AS s ON s.account = a.id
            WHERE a.balance <> ifnull(s.total, 0)
            """)
        try faults(
            """
            SELECT 'account ' || kind || ':' || lower(hex(owner)) || ':' || currency AS place,
                'the balance is ' || balance || ', below zero' AS detail
            FROM accounts WHERE kind <> 'deposits' AND balance < 0
            """)
    }

    /// What each run and payment cost is what its entries moved, with the fee that the split demands, from whoever had it to
    /// whoever sold it and the platform.
    private mutating func checkCharges() throws {
        let payments = """
            SELECT y.id, y.amount, y.currency, p.buyer_id AS buyer, p.seller_id AS seller
            FROM payments AS y JOIN purchases AS p ON p.id = y.purchase_id WHERE y.kind =
            """
        let charges =
            [
                (
                    "usage", "SELECT id, cost AS amount, currency, agent_id AS buyer, seller_id AS seller FROM usages",
                    "usage"
                )
            ] + ["purchase", "renewal", "upgrade"].map { ("payment", payments + " '\($0)'", $0) }
        for (name, rows, kind) in charges {
            try faults(
                """
                SELECT '\(name) ' || lower(hex(u.id)) AS place,
                    u.amount || ' base units were charged, ' || ifnull(t.total, 0) || ' moved, '
                        || ifnull(t.fee, 0) || ' of them as fee'
                        || iif(u.amount = ifnull(t.total, 0), ', or between others than its buyer and seller', '')
                        AS detail
                FROM (\(rows)) AS u LEFT JOIN (\(Self.moved(kind))) AS t ON t.reference = u.id
                LEFT JOIN accounts AS buyer ON buyer.id = t.debit
                LEFT JOIN accounts AS seller ON seller.id = t.credit
                LEFT JOIN accounts AS platform ON platform.id = t.fee_credit
                WHERE u.amount <> ifnull(t.total, 0) OR ifnull(t.fee, 0) <> (u.amount + 39) / 40
                    OR t.currency <> u.currency OR t.isMixed OR buyer.owner <> u.buyer OR buyer.kind <> 'agent'
                    OR seller.owner <> u.seller OR seller.kind <> 'agent' OR platform.kind <> 'platform'
                """)
        }
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
    }

    /// No more is given back than was paid, and seller and platform each give what they got of it.
    private mutating func checkRefunds() throws {
        try faults(
            """
            SELECT 'refund ' || lower(hex(r.id)) AS place,
                r.amount || ' base units are given back, ' || ifnull(t.total, 0) || ' moved, ' || ifnull(t.fee, 0)
                    || ' of them from the platform' AS detail
            FROM refunds AS r LEFT JOIN (\(Self.moved("refund"))) AS t ON t.reference = r.id
            WHERE r.amount <> ifnull(t.total, 0) OR r.fee_part <> ifnull(t.fee, 0) OR t.currency <> r.currency
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
    }

    /// A licence is what its last upgrade made of it, each goes on where the one before ended, and each has its payment.
    private mutating func checkUpgrades() throws {
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

    /// A refund's money comes from whoever sold and goes to whoever bought; a free run costs nothing.
    private mutating func checkParties() throws {
        try faults(
            """
            SELECT 'transfer ' || lower(hex(t.id)) AS place, 'it gives back money of others than its refund' AS detail
            FROM transfers AS t JOIN refunds AS r ON r.id = t.reference
            JOIN accounts AS d ON d.id = t.debit JOIN accounts AS c ON c.id = t.credit
            WHERE t.kind IN ('refund', 'refund_fee') AND (c.owner <> r.buyer_id OR c.kind <> 'agent'
                OR d.owner <> iif(t.kind = 'refund', r.seller_id, x'')
                OR d.kind <> iif(t.kind = 'refund', 'agent', 'platform'))
            """)
        try faults(
            """
            SELECT 'refund ' || lower(hex(r.id)) AS place, 'its buyer and seller are not those of the purchase' AS detail
            FROM refunds AS r JOIN purchases AS p ON p.id = r.purchase_id
            LEFT JOIN usages AS u ON r.target_kind = 'usage' AND u.id = r.target
            WHERE r.buyer_id <> p.buyer_id OR r.seller_id <> ifnull(u.seller_id, p.seller_id)
            """)
        try faults(
            """
            SELECT 'usage ' || lower(hex(id)) AS place, 'it cost ' || cost || ' base units as a free run' AS detail
            FROM usages WHERE cost > 0 AND (trial = 1 OR counts_use = 0 AND NOT EXISTS (
                SELECT 1 FROM workflow_steps AS w WHERE w.usage_id = usages.id AND w.shared = 1))
            """)
    }

    /// A step's share of a workflow's price is the buyer's who runs the workflow, under the same licence; what went on after
    /// a crash is of the same buyer and skill as what it went on with.
    private mutating func checkWorkflows() throws {
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

    /// What the entries of one kind and of its fee moved, and between whom, by what they were booked for.
    private static func moved(_ kind: String) -> String {
        """
        SELECT reference, sum(amount) AS total, sum(iif(kind = '\(kind)_fee', amount, 0)) AS fee,
            max(currency) AS currency, max(debit) AS debit, max(iif(kind = '\(kind)', credit, NULL)) AS credit,
            max(iif(kind = '\(kind)_fee', credit, NULL)) AS fee_credit,
            max(debit) <> min(debit) OR max(iif(kind = '\(kind)', credit, NULL)) <> min(iif(kind = '\(kind)', credit, NULL))
                AS isMixed
        FROM transfers WHERE kind IN ('\(kind)', '\(kind)_fee') GROUP BY reference
        """
    }

    private mutating func checkOrphans() throws {
        try faults(
            """
            SELECT 'transfer ' || lower(hex(id)) AS place, 'what it was booked for does not exist' AS detail
            FROM transfers AS t WHERE CASE
                WHEN kind IN ('usage', 'usage_fee') THEN NOT EXISTS (SELECT 1 FROM usages AS u WHERE u.id = t.reference)
                WHEN kind IN ('purchase', 'purchase_fee', 'renewal', 'renewal_fee', 'upgrade', 'upgrade_fee')
                    THEN NOT EXISTS (
                        SELECT 1 FROM payments AS y WHERE y.id = t.reference AND t.kind IN (y.kind, y.kind || '_fee'))
                WHEN kind IN ('refund', 'refund_fee')
                    THEN NOT EXISTS (SELECT 1 FROM refunds AS r WHERE r.id = t.reference)
                ELSE 0 END
            """)
    }

    private mutating func checkLicences() throws {
        try faults(
            """
            SELECT 'purchase ' || lower(hex(p.id)) AS place,
                'its licence counts ' || p.current_usage || ' uses but has ' || ifnull(u.uses, 0) || ' records'
                    || ifnull(' and a usage limit of ' || p.usage_limit, '') AS detail
            FROM purchases AS p LEFT JOIN (
                SELECT purchase_id, count(*) AS uses, sum(trial) AS trials FROM usages WHERE counts_use = 1
                GROUP BY purchase_id
            ) AS u ON u.purchase_id = p.id
            WHERE p.current_usage <> ifnull(u.uses, 0) OR p.current_usage > p.usage_limit
                OR p.trial_calls - p.trial_left <> ifnull(u.trials, 0)
            """)
    }

    /// The sums of usage are what a recount gives: the days and months by their hours, and the hours by the runs.
    private mutating func checkTotals() throws {
        let columns = "agent_id, seller_id, skill_id, chain, verdict, currency"
        let sums =
            "sum(calls), sum(units), sum(cost), sum(duration_ms), sum(cpu_ms), sum(request_bytes), sum(response_bytes)"
        let day = "start - ((start % 86400000) + 86400000) % 86400000"
        let month = "unixepoch(start / 1000, 'unixepoch', 'start of month') * 1000"
        let recounts = [
            (
                "hour",
                """
                SELECT timestamp - ((timestamp % 3600000) + 3600000) % 3600000 AS start, \(columns), count(*),
                    sum(units), sum(cost), sum(duration_ms), sum(cpu_ms), sum(request_size), sum(response_size)
                FROM usages GROUP BY 1, 2, 3, 4, 5, 6, 7
                """
            ),
            (
                "day",
                "SELECT \(day), \(columns), \(sums) FROM usage_totals WHERE unit = 'hour' GROUP BY 1, 2, 3, 4, 5, 6, 7"
            ),
            (
                "month",
                "SELECT \(month), \(columns), \(sums) FROM usage_totals WHERE unit = 'hour' GROUP BY 1, 2, 3, 4, 5, 6, 7"
            ),
        ]
        for (unit, recount) in recounts {
            let kept = """
                SELECT start, \(columns), calls, units, cost, duration_ms, cpu_ms, request_bytes, response_bytes
                FROM usage_totals WHERE unit = '\(unit)'
                """
            try faults(
                """
                SELECT 'usage of the \(unit) ' || start AS place,
                    'the sums of agent ' || lower(hex(agent_id)) || ' are not what a recount gives' AS detail
                FROM (
                    SELECT * FROM (SELECT * FROM (\(kept)) EXCEPT SELECT * FROM (\(recount)))
                    UNION SELECT * FROM (SELECT * FROM (\(recount)) EXCEPT SELECT * FROM (\(kept)))
                )
                """)
        }
    }

    /// Every receipt has the next number, is what its hash says, and names the one before. Signatures need the public
    /// key and are not checked here.
    private mutating func checkChains() throws {
        var chain: Data?
        var previous: (number: Int64, hash: BodyHash)?
        let rows = try Row.fetchCursor(
            db, sql: "SELECT chain, number, receipt_hash, receipt, id FROM usages ORDER BY chain, number")
        // By position, and without copies: this is read for every run there ever was.
        while let row = try rows.next() {
            let (number, stored): (Int64, Data) = (row[1], row[2])
            let isSameChain = try row.withUnsafeData(atIndex: 0) { $0 == chain }
            if !isSameChain {
                previous = nil
                chain = row[0]
            }
            let (hash, follows) = try row.withUnsafeData(atIndex: 3) { receipt -> (BodyHash, Bool) in
                let receipt = receipt ?? Data()
                return (BodyHash(of: receipt), ReceiptDraft.claims(receipt, number: number, after: previous?.hash))
            }
            if number != (previous?.number ?? 0) + 1 {
                fault(try place(row), "its receipt has number \(number) after number \(previous?.number ?? 0)")
            }
            if !stored.elementsEqual(hash.bytes) {
                fault(try place(row), "its receipt is not the one that was stored")
            } else if !follows {
                fault(try place(row), "its receipt does not name the one before")
            }
            previous = (number, hash)
        }
    }

    private func place(_ row: Row) throws -> String { "usage \(try row.id("id") as SkillUsage.ID)" }

    private mutating func sums() throws -> [LedgerCheck.Sums] {
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
}
