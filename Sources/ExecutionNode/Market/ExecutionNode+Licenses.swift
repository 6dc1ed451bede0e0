public import Fields
import LicenseCheck
public import MarketCore
import Metering

/// What buyer and seller may know and change of a purchase.
extension ExecutionNode {
    public func purchases(_ query: PurchaseQuery) async throws(NodeError) -> Page<Purchase> {
        try await inStore { () throws(StoreError) in try await store.purchases(query) }
    }

    /// One purchase with its upgrades, and with what was paid for it and given back.
    /// - Throws: ``NodeError`` 404, also when the reader is neither its buyer nor its seller.
    public func purchase(_ id: String, reader: Agent.ID) async throws(NodeError) -> JSONValue {
        let purchase = try await ownPurchase(id, of: reader)
        let (payments, upgrades, refunds) = try await inStore { () throws(StoreError) in
            (
                try await store.payments(of: purchase.id), try await store.upgrades(of: purchase.id),
                try await store.refunds(of: purchase.id)
            )
        }
        return [
            "purchase": purchase.json, "payments": .array(payments.map(\.json)),
            "upgrades": .array(upgrades.map(\.json)), "refunds": .array(refunds.map(\.json)),
        ]
    }

    /// Lets a subscription end with its paid time, or go on after all.
    /// - Throws: ``NodeError`` 409 when there is nothing to go on.
    public func setRenewal(_ id: String, buyer: Agent.ID, renews: Bool) async throws(NodeError) -> Purchase {
        let purchase = try await boughtPurchase(id, by: buyer)
        guard purchase.subscription != nil else {
            throw NodeError(
                status: 409, code: "no_subscription", detail: "This licence is no subscription; nothing is renewed.")
        }
        guard !renews || Self.goesOn(purchase, at: .now) else {
            throw NodeError(
                status: 409, code: "subscription_ended", detail: "This subscription has ended; buy the skill again.")
        }
        let changed = try await inStore { () throws(StoreError) in
            try await store.setRenewal(purchase.id, renews: renews)
        }
        licenses.invalidate(changed.id)
        return changed
    }

    static func goesOn(_ purchase: Purchase, at now: Timestamp) -> Bool {
        guard purchase.status == .completed, purchase.revokedReason == nil else { return false }
        return purchase.usableUntil.map { now < $0 } ?? true
    }

    /// A new token of a purchase, such as for a subscription whose token has the end of an earlier period.
    public func reissueToken(_ id: String, buyer: Agent.ID) async throws(NodeError) -> JSONValue {
        let purchase = try await boughtPurchase(id, by: buyer)
        guard Self.goesOn(purchase, at: .now) else {
            throw NodeError(
                status: 409, code: "license_ended", detail: "This licence has ended; buy the skill again.")
        }
        return ["purchase": purchase.json, "purchaseToken": .string(try token(for: purchase))]
    }

    func ownPurchase(_ id: String, of reader: Agent.ID) async throws(NodeError) -> Purchase {
        guard let identifier = Purchase.ID(id),
            let purchase = try await inStore({ () throws(StoreError) in try await store.purchase(id: identifier) }),
            purchase.buyerID == reader || purchase.sellerID == reader
        else { throw .notFound("purchase", id) }
        return purchase
    }

    func boughtPurchase(_ id: String, by buyer: Agent.ID) async throws(NodeError) -> Purchase {
        let purchase = try await ownPurchase(id, of: buyer)
        guard purchase.buyerID == buyer else {
            throw NodeError(status: 403, code: "not_the_buyer", detail: "Only who bought the licence may do this.")
        }
        return purchase
    }
}
