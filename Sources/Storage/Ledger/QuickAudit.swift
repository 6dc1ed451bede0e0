import GRDB
import Metering

/// Decides in one pass over each table whether ``LedgerAudit`` would find anything. It keeps no entry and no run, only
/// ``KnownRows``, ``ReceiptChains`` and ``Fingerprint``s, and finds no place of a fault: whatever is not as this code writes
/// it ends the pass, and the exact way decides.
///
/// What it decides by is at least what the exact way asks for. Entries: each charge and refund has just the entries of
/// ``LedgerRules``, which implies amounts, fees, parties, currencies, and that nothing was booked for something that is not
/// there. For that identifiers must be different; ``checkIdentifiers(_:)`` and the order of the tables see to it.
struct QuickAudit {
    private var known: KnownRows
    private var entries = ExpectedEntries()
    private var sums = UsageSums()
    private var days = RunDays()
    private var chains = ReceiptChains()
    /// Runs that cost without taking a use, less the shares of workflows that do.
    private var shares = Fingerprint()
    private let hash = KeyedHash(factors: 0)
    private var transfers: Int64 = 0
    private var usages: Int64 = 0

    /// Reads one consistent state. Nil when something is odd.
    static func check(_ db: Database) throws -> LedgerCheck? {
        do {
            var audit = QuickAudit(known: try KnownRows(db))
            return try audit.check(db)
        } catch is Oddity {
            return nil
        }
    }

    private init(known: KnownRows) {
        self.known = known
    }

    private mutating func check(_ db: Database) throws -> LedgerCheck {
        try checkReferences(db)
        try addTransfers(db)
        try addUsages(db)
        try checkIdentifiers(db)
        try addPayments(db)
        try addRefunds(db)
        try addTotals(db)
        try addDays(db)
        guard known.isBalanced, entries.isMet, sums.areMet, days.areMet, shares.isZero else { throw Oddity() }
        let (balances, faults) = try LedgerAudit.checkPurchases(db)
        guard faults.isEmpty else { throw Oddity() }
        return LedgerCheck(
            accounts: Int64(known.accounts.count), transfers: transfers, usages: usages, sums: balances, faults: [])
    }

    private mutating func addTransfers(_ db: Database) throws {
        let sql = "SELECT kind, reference, debit, credit, amount, currency FROM transfers"
        try ScannedRow.each(db, sql) { row in
            guard let kind = try row.word(0).transferKind else { throw Oddity() }
            let (debit, credit, amount) = (try row.integer(2), try row.integer(3), try row.integer(4))
            try known.move(amount, in: try row.word(5), from: debit, to: credit)
            switch kind {
            case .credit: try known.checkCash(from: debit, to: credit)
            case .payout: try known.checkCash(from: credit, to: debit)
            default: entries.has(kind, for: try row.key(1), from: debit, to: credit, amount: amount)
            }
            transfers += 1
        }
    }

    private mutating func addUsages(_ db: Database) throws {
        let last = try Int64.fetchOne(db, sql: "SELECT place FROM usage_cursors WHERE name = 'analytics'") ?? .max
        // Rows in the order in which they were written; then each receipt comes after the one before it.
        let sql = """
            SELECT id, purchase_id, skill_id, agent_id, seller_id, currency, verdict, timestamp, counts_use, trial, chain,
                number, receipt_hash, receipt, units, cost, duration_ms, cpu_ms, request_size, response_size, rowid
            FROM usages ORDER BY rowid
            """
        try ScannedRow.each(db, sql) { row in
            let key = UsageSums.Key(
                agent: try row.key(3), seller: try row.key(4), skill: try row.key(2), chain: try row.key(10),
                verdict: try row.bytes(6), currency: try row.word(5))
            guard known.skills.contains(key.skill), known.agents.contains(key.agent), known.agents.contains(key.seller)
            else { throw Oddity() }
            let (id, time, cost) = (try row.key(0), try row.integer(7), try row.integer(15))
            try addUse(row, id, cost: cost)
            try entries.expect(
                charge: cost, in: key.currency, (.usage, .usageFee), for: id, from: key.agent, to: key.seller, known)
            try sums.add(run: key, at: time) { $0 == 0 ? 1 : try row.integer(13 + Int32($0)) }
            if try key.agent != key.seller && row.integer(20) > last {
                let place = RunDays.Place(
                    seller: key.seller, skill: key.skill, buyer: key.agent, day: time - time % 86_400_000)
                try days.add(later: place, key.verdict, key.currency, cost: cost)
            }
            try chains.add(
                try row.bytes(13), number: try row.integer(11), hash: try row.bytes(12), to: key.chain)
            guard chains.count <= KnownRows.countMax else { throw Oddity() }
            usages += 1
        }
        let shared = """
            SELECT u.id FROM workflow_steps AS w JOIN usages AS u ON u.id = w.usage_id
            WHERE w.shared = 1 AND u.cost > 0 AND u.counts_use = 0
            """
        try ScannedRow.each(db, shared) { row in
            let id = try row.key(0)
            shares.remove(hash { $0.combine(id) })
        }
    }

    private mutating func addUse(_ row: ScannedRow, _ id: RowKey, cost: Int64) throws {
        let (counts, trial) = (try row.integer(8), try row.integer(9))
        guard counts == 0 || counts == 1, trial == 0 || trial == 1, cost == 0 || trial == 0 else { throw Oddity() }
        if cost != 0, counts == 0 { shares.add(hash { $0.combine(id) }) }
        guard !row.isNull(1) else {
            guard counts == 0 else { throw Oddity() }
            return
        }
        try known.use(try row.key(1), counts: counts == 1, isTrial: trial == 1)
    }

    /// The index of the identifiers of runs holds as many as there are runs, all different.
    private func checkIdentifiers(_ db: Database) throws {
        var (count, last): (Int64, RowKey?) = (0, nil)
        try ScannedRow.each(db, "SELECT id FROM usages ORDER BY id") { row in
            let id = try row.key(0)
            if let last, last >= id { throw Oddity() }
            last = id
            count += 1
        }
        guard count == usages else { throw Oddity() }
    }

    private mutating func addPayments(_ db: Database) throws {
        var last: RowKey?
        let sql = "SELECT id, purchase_id, kind, amount, currency FROM payments ORDER BY id"
        try ScannedRow.each(db, sql) { row in
            let id = try row.key(0)
            if let last, last >= id { throw Oddity() }
            last = id
            guard let purchase = known.purchases[try row.key(1)] else { throw Oddity() }
            guard let kinds = try row.word(2).paymentKinds else { throw Oddity() }
            try entries.expect(
                charge: try row.integer(3), in: try row.word(4), kinds, for: id, from: purchase.buyer,
                to: purchase.seller, known)
        }
    }

    private mutating func addRefunds(_ db: Database) throws {
        var last: RowKey?
        let sql = "SELECT id, buyer_id, seller_id, amount, seller_part, fee_part, currency FROM refunds ORDER BY id"
        try ScannedRow.each(db, sql) { row in
            let id = try row.key(0)
            if let last, last >= id { throw Oddity() }
            last = id
            let (sellerPart, feePart) = (try row.integer(4), try row.integer(5))
            let (amount, isTooLarge) = sellerPart.addingReportingOverflow(feePart)
            guard try !isTooLarge && amount == row.integer(3) else { throw Oddity() }
            try entries.expect(
                refund: id, sellerPart: sellerPart, feePart: feePart, in: try row.word(6), from: try row.key(2),
                to: try row.key(1), known)
        }
    }

    private mutating func addTotals(_ db: Database) throws {
        let sql = """
            SELECT unit, start, agent_id, seller_id, skill_id, chain, verdict, currency, calls, units, cost, duration_ms,
                cpu_ms, request_bytes, response_bytes
            FROM usage_totals ORDER BY unit, agent_id, start, chain, verdict, currency, skill_id
            """
        try ScannedRow.each(db, sql) { row in
            let (unit, start) = (try row.word(0), try row.integer(1))
            let key = UsageSums.Key(
                agent: try row.key(2), seller: try row.key(3), skill: try row.key(4), chain: try row.key(5),
                verdict: try row.bytes(6), currency: try row.word(7))
            try sums.add(kept: key, unit, from: start) { try row.integer(8 + Int32($0)) }
            guard unit == .day, key.agent != key.seller else { return }
            let place = RunDays.Place(seller: key.seller, skill: key.skill, buyer: key.agent, day: start)
            days.add(
                counted: place, key.verdict, key.currency, calls: try row.integer(8), cost: try row.integer(10))
        }
    }

    private mutating func addDays(_ db: Database) throws {
        let calls = "SELECT seller_id, skill_id, day, verdict, currency, calls, cost FROM skill_days"
        try ScannedRow.each(db, calls) { row in
            let (seller, skill) = (try row.key(0), try row.key(1))
            try days.add(
                kept: RunDays.Place(seller: seller, skill: skill, buyer: seller, day: try row.integer(2)),
                try row.bytes(3), try row.word(4), calls: try row.integer(5), cost: try row.integer(6))
        }
        let buyers = """
            SELECT seller_id, skill_id, buyer_id, day FROM buyer_days ORDER BY seller_id, day, skill_id, buyer_id
            """
        try ScannedRow.each(db, buyers) { row in
            try days.add(
                keptBuyer: RunDays.Place(
                    seller: try row.key(0), skill: try row.key(1), buyer: try row.key(2), day: try row.integer(3)))
        }
    }

    /// Rows that refer to rows that are gone. Of the two large tables the passes over them find out.
    private func checkReferences(_ db: Database) throws {
        let followed: [String: Set<String>] = [
            "transfers": ["debit accounts id", "credit accounts id"],
            "usages": ["purchase_id purchases id", "skill_id skills id", "agent_id agents id", "seller_id agents id"],
        ]
        for table in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'") {
            if let followed = followed[table] {
                let found = try String.fetchAll(
                    db, sql: #"SELECT "from" || ' ' || "table" || ' ' || "to" FROM pragma_foreign_key_list(?)"#,
                    arguments: [table])
                guard Set(found) == followed else { throw Oddity() }
            } else {
                let isBroken = try db.count("SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check(?))", [table]) != 0
                guard !isBroken else { throw Oddity() }
            }
        }
    }
}
