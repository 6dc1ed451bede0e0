import Fields
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func upgrades(of purchase: Purchase.ID) async throws(StoreError) -> [Upgrade] {
        try await read { db in
            try db.rows("SELECT * FROM upgrades WHERE purchase_id = ? ORDER BY number LIMIT 500", [purchase.uuid])
                .map { try $0.upgrade() }
        }
    }

    public func upgrade(
        _ record: UpgradeRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase {
        let (before, after, upgrade) = (record.purchase, record.upgraded, record.upgrade)
        let booking = try Booking(record.transfers, of: upgrade.amount)
        return try await committer.write { db in
            // A period that was paid meanwhile has its share of the difference to pay as well.
            let changed = try db.run(
                """
                UPDATE purchases SET license_kind = ?, usage_limit = ?, pricing = ?, upgrades = upgrades + 1
                WHERE id = ? AND upgrades = ? AND periods_paid IS ? AND status = 'completed' AND revoked_reason IS NULL
                """,
                [
                    after.license.kind.rawValue, after.license.usageLimit, after.pricing.json.description,
                    before.id.uuid, before.upgrades, before.subscription?.periodsPaid,
                ])
            guard changed == 1 else { throw StoreError.conflict(field: "upgrade") }
            try db.run(
                """
                INSERT INTO upgrades (id, purchase_id, number, from_kind, from_limit, to_kind, to_limit, amount,
                    currency, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    upgrade.id.uuid, before.id.uuid, upgrade.number, upgrade.from.kind.rawValue,
                    upgrade.from.usageLimit, upgrade.to.kind.rawValue, upgrade.to.usageLimit, upgrade.amount.base,
                    upgrade.amount.currency.rawValue, upgrade.createdAt.milliseconds,
                ])
            if let payment = record.payment { try Self.insert(payment, by: before.buyerID, in: db) }
            try booking.write(in: db)
            let purchase = try Self.purchase(before.id, in: db)
            if let (request, response) = record.idempotency {
                try Self.insert(response(purchase), for: request, at: upgrade.createdAt, orKeep: false, in: db)
            }
            return purchase
        } onCommit: { _ in
            onCommit()
        }
    }
}
