import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func record(
        _ record: PurchaseRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) {
        try await committer.write { db in
            try Self.requireSum(of: record.transfers, toBe: record.purchase.amount)
            try Self.insert(record.purchase, in: db)
            for transfer in record.transfers { try Self.book(transfer, in: db) }
            if let (request, outcome) = record.idempotency {
                try Self.insert(outcome, for: request, at: record.purchase.createdAt, orKeep: false, in: db)
            }
        } onCommit: {
            onCommit()
        }
    }

    public func credit(
        _ request: CreditRequest, onCommit: @escaping @Sendable (RecordedCredit) -> Void
    ) async throws(StoreError) -> RecordedCredit {
        let length = request.reference.utf8.count
        guard (1...CreditRequest.referenceBytesMax).contains(length) else {
            throw .refused("a credit's reference is 1 to \(CreditRequest.referenceBytesMax) bytes, not \(length)")
        }
        return try await committer.write { db in
            guard try db.row("SELECT 1 FROM agents WHERE id = ?", [request.agentID.uuid]) != nil else {
                throw StoreError.missing("agent")
            }
            let transfer: Transfer
            let earlier = try Self.bookedCredit(request, in: db)
            if let earlier {
                transfer = earlier
            } else {
                do throws(LedgerError) {
                    transfer = try LedgerRules.credit(
                        request.amount, to: request.agentID, reference: request.reference, at: request.createdAt)
                } catch {
                    throw StoreError.refused(error.description)
                }
                try Self.book(transfer, in: db)
            }
            let balance = try Self.balance(of: transfer.credit, in: db)
            return RecordedCredit(transfer: transfer, replayed: earlier != nil, balance: balance)
        } onCommit: {
            onCommit($0)
        }
    }

    /// Moves the money and writes the entry.
    static func book(_ transfer: Transfer, in db: Database) throws {
        let debit = try move(transfer.debit, by: -transfer.amount.base, in: db)
        let credit = try move(transfer.credit, by: transfer.amount.base, in: db)
        try db.run(
            """
            INSERT INTO transfers (id, debit, credit, amount, currency, kind, reference, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                transfer.id.uuid, debit, credit, transfer.amount.base, transfer.amount.currency.rawValue,
                transfer.kind.rawValue, try transfer.referenceBytes(), transfer.createdAt.milliseconds,
            ])
    }

    /// Changes a balance and returns the account's row. An account comes into being with its first entry.
    private static func move(_ account: Account, by base: Int64, in db: Database) throws -> Int64 {
        let row = try db.row(
            "UPDATE accounts SET balance = balance + ? WHERE kind = ? AND owner = ? AND currency = ? RETURNING id",
            [base, account.kind, account.owner, account.currency.rawValue])
        if let row { return try row.integer("id") }
        try db.run(
            "INSERT INTO accounts (kind, owner, currency, balance) VALUES (?, ?, ?, ?)",
            [account.kind, account.owner, account.currency.rawValue, base])
        return db.lastInsertedRowID
    }

    /// What was charged and what the entries move must be the same: the last line of defence against a wrong split.
    static func requireSum(of transfers: [Transfer], toBe expected: Money) throws {
        var sum: Int64 = 0
        for transfer in transfers {
            let (next, overflow) = sum.addingReportingOverflow(transfer.amount.base)
            guard !overflow, transfer.amount.currency == expected.currency else {
                throw StoreError.refused(LedgerError.sumMismatch(expected: expected, base: sum).description)
            }
            sum = next
        }
        guard sum == expected.base else {
            throw StoreError.refused(LedgerError.sumMismatch(expected: expected, base: sum).description)
        }
    }

    private static func insert(_ purchase: Purchase, in db: Database) throws {
        try db.run(
            """
            INSERT INTO purchases (id, buyer_id, seller_id, skill_id, amount, currency, tx_hash, license_kind,
                expires_at, usage_limit, current_usage, status, revocation_epoch, revoked_reason, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                purchase.id.uuid, purchase.buyerID.uuid, purchase.sellerID.uuid, purchase.skillID.uuid,
                purchase.amount.base, purchase.amount.currency.rawValue, purchase.transactionHash,
                purchase.license.kind.rawValue, purchase.license.expiresAt?.milliseconds,
                purchase.license.usageLimit, purchase.license.currentUsage, purchase.status.rawValue,
                purchase.revocationEpoch, purchase.revokedReason, purchase.createdAt.milliseconds,
            ])
        guard purchase.status == .completed else { return }
        try db.run("UPDATE skills SET download_count = download_count + 1 WHERE id = ?", [purchase.skillID.uuid])
        try db.run("UPDATE agents SET total_sales = total_sales + 1 WHERE id = ?", [purchase.sellerID.uuid])
    }

    private static func bookedCredit(_ request: CreditRequest, in db: Database) throws -> Transfer? {
        let row = try db.row(
            """
            SELECT t.id, t.amount, t.currency, t.created_at, a.owner FROM transfers AS t
            JOIN accounts AS a ON a.id = t.credit WHERE t.reference = ? AND t.kind = 'credit'
            """,
            [Data(request.reference.utf8)])
        guard let row else { return nil }
        let agentID: Agent.ID = try row.id("owner")
        guard agentID == request.agentID, try row.money("amount") == request.amount else {
            throw StoreError.conflict(field: "reference")
        }
        return try Transfer(
            id: try row.id("id"), debit: .deposits(request.amount.currency),
            credit: .agent(agentID, request.amount.currency), amount: request.amount, kind: .credit,
            reference: request.reference, createdAt: try row.time("created_at"))
    }
}

extension Account {
    /// How an account's owner is stored: the agent's identifier, or nothing.
    var owner: Data {
        guard let id = agentID?.uuid.uuid else { return Data() }
        return withUnsafeBytes(of: id) { Data($0) }
    }
}

extension Transfer {
    /// The identifier of the run or purchase, or the text of a credit's reference.
    func referenceBytes() throws -> Data {
        guard kind != .credit else { return Data(reference.utf8) }
        guard let id = UUID(uuidString: reference)?.uuid else {
            throw StoreError.refused("the reference \(reference) of a transfer is not the identifier of a run")
        }
        return withUnsafeBytes(of: id) { Data($0) }
    }
}
