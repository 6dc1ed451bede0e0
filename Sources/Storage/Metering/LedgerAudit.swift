import Foundation
import GRDB
import MarketCore
import Metering

/// Recomputes from the entries what the store keeps, within one consistent state.
struct LedgerAudit {
    private let db: Database
    private var faults: [LedgerCheck.Fault] = []

    static func check(_ db: Database) throws -> LedgerCheck {
        var audit = LedgerAudit(db: db)
        try audit.checkFile()
        try audit.checkTransfers()
        try audit.checkBalances()
        try audit.checkCharges()
        try audit.checkLicences()
        try audit.checkChains()
        let sums = try audit.sums()
        return LedgerCheck(
            accounts: try db.count("SELECT count(*) FROM accounts"),
            transfers: try db.count("SELECT count(*) FROM transfers"),
            usages: try db.count("SELECT count(*) FROM usages"), sums: sums, faults: audit.faults)
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

    private mutating func checkFile() throws {
        for row in try db.rows("PRAGMA quick_check(10)", []) {
            let finding = String.fromDatabaseValue(row[0]) ?? ""
            if finding != "ok" { fault("file", finding) }
        }
        for row in try db.rows("PRAGMA foreign_key_check", []).prefix(LedgerCheck.faultsMax) {
            fault("table \(try row.text("table"))", "a row refers to a row of \(try row.text("parent")) that is gone")
        }
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

    /// What each run and purchase cost is what its entries moved, with the fee that the split demands.
    private mutating func checkCharges() throws {
        let charges = [("usages", "cost", "usage"), ("purchases", "amount", "purchase")]
        for (table, column, kind) in charges {
            try faults(
                """
                SELECT '\(kind) ' || lower(hex(u.id)) AS place,
                    \(column) || ' base units were charged, ' || ifnull(t.total, 0) || ' moved, '
                        || ifnull(t.fee, 0) || ' of them as fee' AS detail
                FROM \(table) AS u LEFT JOIN (
                    SELECT reference, sum(amount) AS total, sum(iif(kind = '\(kind)_fee', amount, 0)) AS fee,
                        max(currency) AS currency
                    FROM transfers WHERE kind IN ('\(kind)', '\(kind)_fee') GROUP BY reference
                ) AS t ON t.reference = u.id
                WHERE u.\(column) <> ifnull(t.total, 0) OR ifnull(t.fee, 0) <> (u.\(column) + 39) / 40
                    OR t.currency <> u.currency
                """)
            try faults(
                """
                SELECT 'transfer ' || lower(hex(t.id)) AS place, 'it pays a \(kind) that does not exist' AS detail
                FROM transfers AS t LEFT JOIN \(table) AS u ON u.id = t.reference
                WHERE t.kind IN ('\(kind)', '\(kind)_fee') AND u.id IS NULL
                """)
        }
    }

    private mutating func checkLicences() throws {
        try faults(
            """
            SELECT 'purchase ' || lower(hex(p.id)) AS place,
                'its licence counts ' || p.current_usage || ' uses but has ' || ifnull(u.uses, 0) || ' records'
                    || ifnull(' and a usage limit of ' || p.usage_limit, '') AS detail
            FROM purchases AS p LEFT JOIN (
                SELECT purchase_id, count(*) AS uses FROM usages WHERE counts_use = 1 GROUP BY purchase_id
            ) AS u ON u.purchase_id = p.id
            WHERE p.current_usage <> ifnull(u.uses, 0) OR p.current_usage > p.usage_limit
            """)
    }

    /// Every receipt has the next number, is what its hash says, and names the one before. Signatures need the public
    /// key and are not checked here.
    private mutating func checkChains() throws {
        var chain: Data?
        var previous: (number: Int64, hash: BodyHash)?
        let rows = try Row.fetchCursor(
            db, sql: "SELECT id, chain, number, receipt_hash, receipt FROM usages ORDER BY chain, number")
        while let row = try rows.next() {
            let place = "usage \(try row.id("id") as SkillUsage.ID)"
            if chain != row["chain"] { previous = nil }
            chain = row["chain"]
            let number = try row.integer("number")
            let text = try row.text("receipt")
            let hash = BodyHash(of: text.utf8)
            if number != (previous?.number ?? 0) + 1 {
                fault(place, "its receipt has number \(number) after number \(previous?.number ?? 0)")
            }
            if try hash.bytes != row.bytes("receipt_hash") {
                fault(place, "its receipt is not the one that was stored")
            } else if !ReceiptDraft.claims(text, number: number, after: previous?.hash) {
                fault(place, "its receipt does not name the one before")
            }
            previous = (number, hash)
        }
    }

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
