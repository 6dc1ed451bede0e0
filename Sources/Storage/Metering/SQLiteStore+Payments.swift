import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func payments(of purchase: Purchase.ID) async throws(StoreError) -> [Payment] {
        try await read { db in
            try db.rows("SELECT * FROM payments WHERE purchase_id = ? ORDER BY number", [purchase.uuid])
                .map { try $0.payment() }
        }
    }

    public func refunds(of purchase: Purchase.ID) async throws(StoreError) -> [Refund] {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM refunds WHERE purchase_id = ? ORDER BY created_at DESC, refunded_before DESC LIMIT 500
                """, [purchase.uuid]
            ).map { try $0.refund() }
        }
    }

    public func refunds(of target: Refund.Target) async throws(StoreError) -> [Refund] {
        try await read { db in
            try db.rows("SELECT * FROM refunds WHERE target = ? ORDER BY refunded_before", [target.stored.id])
                .map { try $0.refund() }
        }
    }

    public func dueRenewals(
        before time: Timestamp, after last: Purchase?, limit: Int
    ) async throws(StoreError) -> [Purchase] {
        var conditions = Conditions()
        conditions.add("renews = 1 AND expires_at < ?", time.milliseconds)
        if let last { conditions.add("(expires_at, id) > (?, ?)", last.license.expiresAt?.milliseconds, last.id.uuid) }
        return try await read { [conditions] db in
            try db.rows(
                "SELECT * FROM purchases\(conditions.sql) ORDER BY expires_at, id LIMIT ?", conditions.values + [limit]
            ).map { try $0.purchase() }
        }
    }

    public func setRenewal(_ purchase: Purchase.ID, renews: Bool) async throws(StoreError) -> Purchase {
        try await committer.write { db in
            try db.run(
                """
                UPDATE purchases SET renews = ?1 WHERE id = ?2 AND periods_paid IS NOT NULL
                    AND (?1 = 0 OR status = 'completed' AND revoked_reason IS NULL)
                """, [renews, purchase.uuid])
            return try Self.purchase(purchase, in: db)
        }
    }

    public func renew(
        _ renewal: RenewalRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase {
        let (purchase, payment) = (renewal.purchase, renewal.payment)
        let booking = try Booking(renewal.transfers, of: payment.amount)
        return try await committer.write { db in
            let changed = try db.run(
                """
                UPDATE purchases SET periods_paid = periods_paid + 1, expires_at = ?
                WHERE id = ? AND periods_paid = ? AND upgrades = ? AND renews = 1 AND status = 'completed'
                    AND revoked_reason IS NULL
                """,
                [
                    payment.period?.end.milliseconds, purchase.id.uuid, purchase.subscription?.periodsPaid,
                    purchase.upgrades,
                ])
            guard changed == 1 else { throw StoreError.conflict(field: "subscription") }
            try Self.insert(payment, by: purchase.buyerID, in: db)
            try booking.write(in: db)
            return try Self.purchase(purchase.id, in: db)
        } onCommit: { _ in
            onCommit()
        }
    }

    public func refund(
        _ record: RefundRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase {
        let booking = try Booking(record.transfers, of: record.amount)
        return try await committer.write { db in
            for refund in record.refunds { try Self.insert(refund, in: db) }
            try booking.write(in: db)
            if let payment = record.endsAfter {
                // What was paid meanwhile must not end with this.
                let last = try db.row(
                    "SELECT id FROM payments WHERE purchase_id = ? ORDER BY number DESC LIMIT 1",
                    [record.purchaseID.uuid])
                guard try last?.id("id") == payment else { throw StoreError.conflict(field: "refund") }
                try db.run(
                    """
                    UPDATE purchases SET status = 'refunded', renews = 0, revocation_epoch = revocation_epoch + 1
                    WHERE id = ? AND status = 'completed'
                    """, [record.purchaseID.uuid])
            }
            let purchase = try Self.purchase(record.purchaseID, in: db)
            if let (request, response) = record.idempotency {
                try Self.insert(
                    response(purchase), for: request, at: record.refunds[0].createdAt, orKeep: false, in: db)
            }
            return purchase
        } onCommit: { _ in
            onCommit()
        }
    }

    private static func insert(_ refund: Refund, in db: Database) throws {
        let (target, kind) = refund.target.stored
        // Another refund may have come first: its part must not be given back twice.
        let before = try db.count("SELECT sum(amount) FROM refunds WHERE target = ?", [target])
        guard before == refund.refundedBefore.base else { throw StoreError.conflict(field: "refund") }
        try db.run(
            """
            INSERT INTO refunds (id, target, target_kind, purchase_id, buyer_id, seller_id, amount, seller_part,
                fee_part, refunded_before, currency, reason, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                refund.id.uuid, target, kind, refund.purchaseID.uuid, refund.buyerID.uuid, refund.sellerID.uuid,
                refund.amount.base, refund.sellerPart.base, refund.feePart.base, refund.refundedBefore.base,
                refund.amount.currency.rawValue, refund.reason, refund.createdAt.milliseconds,
            ])
    }

    static func purchase(_ id: Purchase.ID, in db: Database) throws -> Purchase {
        guard let row = try db.row("SELECT * FROM purchases WHERE id = ?", [id.uuid]) else {
            throw StoreError.missing("purchase")
        }
        return try row.purchase()
    }
}

extension Refund.Target {
    fileprivate var stored: (id: UUID, kind: String) {
        switch self {
        case .payment(let id): (id.uuid, "payment")
        case .usage(let id): (id.uuid, "usage")
        }
    }
}
