import Foundation
import GRDB
import MarketCore
import Metering

@testable import Storage

extension StoreFixture {
    /// A store with something in every table that the check of the ledger reads: licences with limits, free runs and
    /// subscriptions, runs of several hours and months in two currencies, refunds of both kinds, and an owner's own runs.
    static func busy() async throws -> StoreFixture {
        let fixture = try await StoreFixture()
        for name in ["first", "second"] {
            let buyer = try await fixture.buyer(name, balance: 1_000_000)
            try await fixture.deposit(Money(base: 5_000, currency: .sol), to: buyer.id)
            try await fixture.use(fixture.bought(by: buyer, amount: 399, usageLimit: 20), runs: 9)
            try await fixture.use(fixture.bought(by: buyer), runs: 4)
            try await fixture.tryOut(buyer)
            try await fixture.subscribe(buyer)
            try await fixture.enlarge(buyer)
        }
        for _ in 0..<3 { try await fixture.settle(fixture.settlement(fixture.usage(nil, cost: 0), countsUse: false)) }
        try await fixture.sumUp()
        // Some runs are not in the sums by day yet: of a buyer that is, and of a new one.
        try await fixture.use(fixture.bought(by: fixture.buyer("third", balance: 1_000_000)), runs: 3)
        try await fixture.runWorkflow()
        _ = try await fixture.store.payOut(
            CashRequest(agentID: fixture.seller.id, amount: usdc(3), reference: "paid out"), onCommit: { _ in })
        return fixture
    }

    private func deposit(_ amount: Money, to agent: Agent.ID) async throws {
        let request = CashRequest(agentID: agent, amount: amount, reference: "\(amount) for \(agent)")
        _ = try await store.credit(request, onCommit: { _ in })
    }

    /// Runs of many costs, two hours and more apart; the first of them is given back in two parts.
    private func use(_ purchase: Purchase, runs: Int) async throws {
        for run in 0..<runs {
            let time = Self.now.advanced(byMilliseconds: Int64(run) * 3 * 86_400_000 / 8)
            let billed = run % 4 != 3
            let usage = usage(
                purchase, id: .new(at: time), cost: billed ? [1_000, 1, 41][run % 3] : 0,
                verdict: billed ? "ok" : "memory_exceeded", at: time)
            try await settle(settlement(usage, countsUse: billed))
            guard run == 0 else { continue }
            try await giveBack(400, of: usage.cost, before: 0, .usage(usage.id), purchase)
            try await giveBack(600, of: usage.cost, before: 400, .usage(usage.id), purchase)
        }
    }

    private func giveBack(
        _ amount: Int64, of paid: Money, before: Int64, _ target: Refund.Target, _ purchase: Purchase,
        endsLicense: Bool = false
    ) async throws {
        let refund = try Refund(
            id: .new(), target: target, purchaseID: purchase.id, buyerID: purchase.buyerID,
            sellerID: purchase.sellerID, amount: Money(base: amount, currency: paid.currency), of: paid,
            before: Money(base: before, currency: paid.currency), returnsFee: true, reason: "it was late",
            createdAt: .now)
        let payment: Payment.ID? = if endsLicense, case .payment(let id) = target { id } else { nil }
        _ = try await store.refund(RefundRecord([refund], endsAfter: payment), onCommit: {})
    }

    /// A licence with free runs, paid in the other currency and given back whole.
    private func tryOut(_ buyer: Agent) async throws {
        let price = Money(base: 1_234, currency: .sol)
        let purchase = Purchase(
            id: .new(), buyerID: buyer.id, sellerID: seller.id, skillID: skill.id, amount: price,
            pricing: Pricing(kind: .usage, price: price, trialCalls: 3), license: License(kind: .personal),
            trialLeft: 3, status: .completed, createdAt: .now)
        try await store.record(PurchaseRecord(purchase: purchase), onCommit: {})
        for isTrial in [true, true, false] {
            let usage = SkillUsage(
                id: .new(), purchaseID: purchase.id, skillID: skill.id, agentID: buyer.id, endpoint: "/send",
                requestSize: 1, responseSize: 2, durationMilliseconds: 3, cpuTimeMilliseconds: 4, peakMemoryBytes: 5,
                units: 7, cost: Money(base: isTrial ? 0 : 77, currency: .sol), isTrial: isTrial, verdict: "ok",
                timestamp: .now)
            try await settle(settlement(usage, isTrial: isTrial))
        }
        try await giveBack(
            1_234, of: price, before: 0, .payment(Payment.ID(purchase.id.uuid)), purchase, endsLicense: true)
    }

    /// A subscription that was renewed.
    private func subscribe(_ buyer: Agent) async throws {
        let price = Self.usdc(8_000)
        let period = BillingPeriod(anchor: Self.now, interval: .monthly, number: 0)
        let purchase = Purchase(
            id: .new(), buyerID: buyer.id, sellerID: seller.id, skillID: skill.id, amount: price,
            pricing: Pricing(kind: .subscription, price: price, interval: .monthly),
            license: License(kind: .personal, expiresAt: period.end), subscription: Subscription(),
            status: .completed, createdAt: Self.now)
        try await store.record(PurchaseRecord(purchase: purchase), onCommit: {})
        guard let renewal = try RenewalRecord(purchase, at: Self.now) else {
            throw StoreError.corrupt("a subscription has no renewal")
        }
        _ = try await store.renew(renewal, onCommit: {})
        try await giveBack(80, of: price, before: 0, .payment(renewal.payment.id), purchase)
        try await settle(settlement(usage(purchase, cost: 0)))
    }

    /// A licence that was made larger twice.
    private func enlarge(_ buyer: Agent) async throws {
        let prices = Pricing(
            kind: .oneTime, price: Self.usdc(100),
            licensePrices: [.commercial: Self.usdc(401), .enterprise: Self.usdc(1_000)])
        var purchase = Purchase(
            id: .new(), buyerID: buyer.id, sellerID: seller.id, skillID: skill.id, amount: Self.usdc(100),
            pricing: prices.forLicense(.personal), license: License(kind: .personal), status: .completed,
            createdAt: Self.now)
        try await store.record(PurchaseRecord(purchase: purchase), onCommit: {})
        for kind in [License.Kind.commercial, .enterprise] {
            let change = try LicenseUpgrade(of: purchase, to: kind, usageLimit: nil, at: prices, now: Self.now)
            purchase = try await store.upgrade(
                UpgradeRecord(change, of: purchase, id: .new(), at: Self.now), onCommit: {})
        }
    }

    private func sumUp() async throws {
        try await store.pool.write { db in
            try UsageBatch.add(after: 0, upTo: try db.count("SELECT max(rowid) FROM usages"), in: db)
        }
    }

    /// Two shares of a workflow's price, and an execution that went on with it.
    private func runWorkflow() async throws {
        let purchase = try await bought(by: buyer("fourth", balance: 1_000_000))
        let (whole, again) = (usage(purchase), usage(purchase))
        for usage in [whole, again] { try await settle(settlement(usage)) }
        let shares = [usage(purchase, cost: 300), usage(purchase, cost: 200)]
        for share in shares { try await settle(settlement(share, countsUse: false)) }
        try await store.pool.write { db in
            for (index, share) in shares.enumerated() {
                try db.run(
                    """
                    INSERT INTO workflow_steps (usage_id, run, step, fallback, version, shared, final)
                    VALUES (?, ?, ?, 0, '1.0.0', 1, 1)
                    """, [share.id.uuid, whole.id.uuid, "step \(index)"])
            }
            try db.run(
                "INSERT INTO workflow_attempts (execution, run) VALUES (?, ?)", [again.id.uuid, whole.id.uuid])
        }
    }
}
