import Fields
import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func record(
        _ record: PurchaseRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) {
        let booking = try Booking(record.transfers, of: record.purchase.amount)
        try await committer.write { db in
            try Self.insert(record.purchase, in: db)
            if let payment = record.payment { try Self.insert(payment, by: record.purchase.buyerID, in: db) }
            try booking.write(in: db)
            if let (request, outcome) = record.idempotency {
                try Self.insert(outcome, for: request, at: record.purchase.createdAt, orKeep: false, in: db)
            }
        } onCommit: {
            onCommit()
        }
    }

    public func credit(
        _ request: CashRequest, onCommit: @escaping @Sendable (RecordedCash) -> Void
    ) async throws(StoreError) -> RecordedCash {
        try await book(request, .credit, LedgerRules.credit, onCommit: onCommit) { db in
            try Self.finishTopUp(request, in: db)
        }
    }

    public func payOut(
        _ request: CashRequest, onCommit: @escaping @Sendable (RecordedCash) -> Void
    ) async throws(StoreError) -> RecordedCash {
        try await book(request, .payout, LedgerRules.payout, onCommit: onCommit) { _ in }
    }

    public func payout(_ request: CashRequest) async throws(StoreError) -> RecordedCash? {
        try await read { db in try Self.booked(request, .payout, in: db) }
    }

    private typealias CashRule =
        @Sendable (Money, Agent.ID, String, Timestamp) throws(LedgerError) -> Transfer

    private func book(
        _ request: CashRequest, _ kind: Transfer.Kind, _ rule: @escaping CashRule,
        onCommit: @escaping @Sendable (RecordedCash) -> Void, _ further: @escaping @Sendable (Database) throws -> Void
    ) async throws(StoreError) -> RecordedCash {
        let length = request.reference.utf8.count
        guard (1...CashRequest.referenceBytesMax).contains(length) else {
            throw .refused("a \(kind)'s reference is 1 to \(CashRequest.referenceBytesMax) bytes, not \(length)")
        }
        return try await committer.write { db in
            guard try db.row("SELECT 1 FROM agents WHERE id = ?", [request.agentID.uuid]) != nil else {
                throw StoreError.missing("agent")
            }
            if let earlier = try Self.booked(request, kind, in: db) { return earlier }
            let transfer: Transfer
            do throws(LedgerError) {
                transfer = try rule(request.amount, request.agentID, request.reference, request.createdAt)
            } catch {
                throw StoreError.refused(error.description)
            }
            try Booking([transfer], of: transfer.amount).write(in: db)
            try further(db)
            return RecordedCash(
                transfer: transfer, replayed: false,
                balance: try Self.balance(of: .agent(request.agentID, request.amount.currency), in: db))
        } onCommit: {
            onCommit($0)
        }
    }

    private static func insert(_ purchase: Purchase, in db: Database) throws {
        guard purchase.pricing.price.currency == purchase.amount.currency else {
            throw StoreError.refused("a licence is bought and used in one currency")
        }
        // Free runs are given once to each buyer of a skill.
        if purchase.trialLeft > 0 {
            guard try !hadTrial(purchase.buyerID, of: purchase.skillID, in: db) else {
                throw StoreError.conflict(field: "trialCalls")
            }
        }
        try db.run(
            """
            INSERT INTO purchases (id, buyer_id, seller_id, skill_id, amount, currency, pricing, tx_hash,
                license_kind, expires_at, usage_limit, current_usage, trial_calls, trial_left, periods_paid, renews,
                status, revocation_epoch, revoked_reason, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                purchase.id.uuid, purchase.buyerID.uuid, purchase.sellerID.uuid, purchase.skillID.uuid,
                purchase.amount.base, purchase.amount.currency.rawValue,
                purchase.pricing.json.description,
                purchase.transactionHash, purchase.license.kind.rawValue, purchase.license.expiresAt?.milliseconds,
                purchase.license.usageLimit, purchase.license.currentUsage, purchase.trialLeft, purchase.trialLeft,
                purchase.subscription?.periodsPaid, purchase.subscription?.renews ?? false, purchase.status.rawValue,
                purchase.revocationEpoch, purchase.revokedReason, purchase.createdAt.milliseconds,
            ])
        guard purchase.status == .completed else { return }
        try db.run("UPDATE skills SET download_count = download_count + 1 WHERE id = ?", [purchase.skillID.uuid])
        try db.run("UPDATE agents SET total_sales = total_sales + 1 WHERE id = ?", [purchase.sellerID.uuid])
    }

    static func hadTrial(_ buyer: Agent.ID, of skill: Skill.ID, in db: Database) throws -> Bool {
        try db.row(
            "SELECT 1 FROM purchases WHERE buyer_id = ? AND skill_id = ? AND trial_calls > 0", [buyer.uuid, skill.uuid])
            != nil
    }

    static func insert(_ payment: Payment, by buyer: Agent.ID, in db: Database) throws {
        try db.run(
            """
            INSERT INTO payments (id, purchase_id, buyer_id, kind, number, amount, currency, period_start, period_end,
                created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                payment.id.uuid, payment.purchaseID.uuid, buyer.uuid, payment.kind.rawValue, payment.number,
                payment.amount.base, payment.amount.currency.rawValue, payment.period?.start.milliseconds,
                payment.period?.end.milliseconds, payment.createdAt.milliseconds,
            ])
    }

    /// What the reference was booked for by this kind of entry; nil when it was not.
    private static func booked(
        _ request: CashRequest, _ kind: Transfer.Kind, in db: Database
    ) throws -> RecordedCash? {
        let account = Account.agent(request.agentID, request.amount.currency)
        let row = try db.row(
            """
            SELECT t.id, t.amount, t.currency, t.created_at, a.owner FROM transfers AS t
            JOIN accounts AS a ON a.id = iif(t.kind = 'credit', t.credit, t.debit)
            WHERE t.reference = ? AND t.kind = '\(kind.rawValue)'
            """,
            [Data(request.reference.utf8)])
        guard let row else { return nil }
        let agentID: Agent.ID = try row.id("owner")
        guard agentID == request.agentID, try row.money("amount") == request.amount else {
            throw StoreError.conflict(field: "reference")
        }
        let outside = Account.deposits(request.amount.currency)
        let (debit, credit) = kind == .credit ? (outside, account) : (account, outside)
        let transfer = try Transfer(
            id: try row.id("id"), debit: debit, credit: credit, amount: request.amount, kind: kind,
            reference: .text(request.reference), createdAt: try row.time("created_at"))
        return RecordedCash(transfer: transfer, replayed: true, balance: try balance(of: account, in: db))
    }
}
