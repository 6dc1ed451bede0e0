import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore: MeteringStore {
    public func settle(
        _ settlement: Settlement, onCommit: @escaping @Sendable (SettledRun) -> Void
    ) async throws(StoreError) -> SettledRun {
        // All but what depends on earlier writes is done here, beside the committer.
        let rows = try SettlementRows(settlement, signer: signer)
        return try await committer.write(always: true) { [committer] db in
            let run = try Self.settle(settlement, rows, in: db)
            if !run.alreadySettled { committer.tally.add(settlement, chain: rows.chain) }
            return run
        } onCommit: {
            onCommit($0)
        }
    }

    private static func settledRun(of settlement: Settlement, in db: Database) throws -> SettledRun {
        guard let row = try db.row("SELECT * FROM usages WHERE id = ?", [settlement.usage.id.uuid]) else {
            throw StoreError.corrupt("the record of run \(settlement.usage.id) is there and is not")
        }
        let receipt = try row.text("receipt")
        let recorded = try settlement.idempotency.flatMap { try outcome(for: $0.scope, in: db) }
        return SettledRun(
            usage: try row.usage(), receipt: receipt, outcome: recorded?.outcome ?? settlement.response(receipt),
            countsUse: try row.integer("counts_use") != 0, alreadySettled: true)
    }

    private static func settle(
        _ settlement: Settlement, _ rows: SettlementRows, in db: Database
    ) throws -> SettledRun {
        guard let receipt = try insertUsage(rows, in: db) else { return try settledRun(of: settlement, in: db) }
        let usage = settlement.usage
        if settlement.countsUse {
            let changed = try db.run(
                "UPDATE purchases SET current_usage = current_usage + 1, trial_left = trial_left - ? WHERE id = ?",
                [settlement.isTrial ? 1 : 0, usage.purchaseID?.uuid])
            guard changed == 1 else { throw StoreError.missing("purchase") }
        }
        try rows.booking.write(in: db)
        if let record = settlement.workflow { try write(record, of: usage, in: db) }
        let outcome = settlement.response(receipt)
        if let request = settlement.idempotency {
            let kept = try kept(outcome, settlement, request, receipt, in: db)
            // A run that took place is recorded even when its key has an answer already, which then stays.
            try insert(kept, for: request, at: settlement.answeredAt, orKeep: true, in: db)
        }
        return SettledRun(
            usage: usage, receipt: receipt, outcome: outcome, countsUse: settlement.countsUse, alreadySettled: false)
    }

    /// What the key is answered from now on: the answer itself where there is room for it.
    private static func kept(
        _ outcome: StoredOutcome, _ settlement: Settlement, _ request: IdempotentRequest, _ receipt: String,
        in db: Database
    ) throws -> StoredOutcome {
        guard let limit = settlement.outcomeLimit else { return outcome }
        let bytes = try outcomeBytes(of: request.scope.agentID, in: db)
        return bytes + Int64(outcome.body.count) <= limit.agentBytesMax ? outcome : limit.substitute(receipt)
    }

    /// Writes the record with the receipt that follows the last one of its chain; returns the receipt, or nil when the
    /// run has its record already.
    private static func insertUsage(_ rows: SettlementRows, in db: Database) throws -> String? {
        let last = try db.row(
            "SELECT number, receipt_hash FROM usages WHERE chain = ? ORDER BY number DESC LIMIT 1", [rows.chain])
        let previous = try last.map { try $0.value("receipt_hash", BodyHash(bytes: try $0.bytes("receipt_hash"))) }
        let number = try (last?.integer("number") ?? 0) + 1
        let receipt: String
        do {
            receipt = try rows.receipt.signed(number: number, previous: previous)
        } catch {
            throw StoreError.unavailable("the receipt cannot be signed: \(error)")
        }
        let hash = Data(BodyHash(of: receipt.utf8).bytes)
        let changed = try db.run(
            """
            INSERT INTO usages (id, purchase_id, skill_id, agent_id, seller_id, endpoint, request_size, response_size,
                duration_ms, cpu_ms, peak_memory, units, cost, currency, trial, verdict, timestamp, counts_use, chain,
                report, number, receipt_hash, receipt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            values: rows.usage + [number.databaseValue, hash.databaseValue, receipt.databaseValue])
        return changed == 1 ? receipt : nil
    }
}
