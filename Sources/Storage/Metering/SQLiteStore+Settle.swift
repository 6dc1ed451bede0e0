import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore: MeteringStore {
    public func settle(
        _ settlement: Settlement, onCommit: @escaping @Sendable (SettledRun) -> Void
    ) async throws(StoreError) -> SettledRun {
        let signer = signer
        return try await committer.write(always: true) { db in
            if let run = try Self.settledRun(of: settlement, in: db) { return run }
            return try Self.settle(settlement, signer, in: db)
        } onCommit: {
            onCommit($0)
        }
    }

    private static func settledRun(of settlement: Settlement, in db: Database) throws -> SettledRun? {
        guard let row = try db.row("SELECT * FROM usages WHERE id = ?", [settlement.usage.id.uuid]) else { return nil }
        let receipt = try row.text("receipt")
        let recorded = try settlement.idempotency.flatMap { try outcome(for: $0.scope, in: db) }
        return SettledRun(
            usage: try row.usage(), receipt: receipt, outcome: recorded?.outcome ?? settlement.response(receipt),
            alreadySettled: true)
    }

    private static func settle(
        _ settlement: Settlement, _ signer: any ReceiptSigner, in db: Database
    ) throws -> SettledRun {
        let usage = settlement.usage
        try requireSum(of: settlement.transfers, toBe: usage.cost)
        let receipt = try nextReceipt(for: settlement, signer, in: db)
        try insert(settlement, receipt, in: db)
        if settlement.countsUse {
            let changed = try db.run(
                "UPDATE purchases SET current_usage = current_usage + 1 WHERE id = ?", [usage.purchaseID?.uuid])
            guard changed == 1 else { throw StoreError.missing("purchase") }
        }
        for transfer in settlement.transfers { try book(transfer, in: db) }
        let outcome = settlement.response(receipt.compact)
        if let request = settlement.idempotency {
            // A run that took place is recorded even when its key has an answer already, which then stays.
            try insert(outcome, for: request, at: usage.timestamp, orKeep: true, in: db)
        }
        return SettledRun(usage: usage, receipt: receipt.compact, outcome: outcome, alreadySettled: false)
    }

    /// The receipt that follows the last one of the run's chain.
    private static func nextReceipt(
        for settlement: Settlement, _ signer: any ReceiptSigner, in db: Database
    ) throws -> Receipt {
        let last = try db.row(
            "SELECT number, receipt_hash FROM usages WHERE chain = ? ORDER BY number DESC LIMIT 1",
            [ReceiptChain(of: settlement.usage).uuid])
        let previous = try last.map { try $0.value("receipt_hash", BodyHash(bytes: try $0.bytes("receipt_hash"))) }
        let claims = ReceiptClaims(
            usage: settlement.usage, number: try (last?.integer("number") ?? 0) + 1, previous: previous,
            requestHash: settlement.requestHash, responseHash: settlement.responseHash)
        do {
            return try Receipt(signing: claims, with: signer)
        } catch {
            throw StoreError.unavailable("the receipt cannot be signed: \(error)")
        }
    }

    private static func insert(_ settlement: Settlement, _ receipt: Receipt, in db: Database) throws {
        let usage = settlement.usage
        try db.run(
            """
            INSERT INTO usages (id, purchase_id, skill_id, agent_id, seller_id, endpoint, request_size, response_size,
                duration_ms, cpu_ms, peak_memory, cost, currency, verdict, timestamp, counts_use, chain, number,
                receipt_hash, receipt, report)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                usage.id.uuid, usage.purchaseID?.uuid, usage.skillID.uuid, usage.agentID.uuid,
                settlement.sellerID.uuid, usage.endpoint, usage.requestSize, usage.responseSize,
                usage.durationMilliseconds, usage.cpuTimeMilliseconds, usage.peakMemoryBytes, usage.cost.base,
                usage.cost.currency.rawValue, usage.verdict, usage.timestamp.milliseconds,
                settlement.countsUse ? 1 : 0, receipt.claims.chain.uuid, receipt.claims.number,
                Data(receipt.hash.bytes), receipt.compact, Data(settlement.report),
            ])
    }
}

extension ReceiptChain {
    var uuid: UUID {
        switch self {
        case .purchase(let id): id.uuid
        case .owner(let id): id.uuid
        }
    }
}
