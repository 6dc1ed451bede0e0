import Foundation
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("Recovery after a crash")
struct RecoveryTests {
    @Sendable private func interrupted(_ hold: Hold, _ usage: SkillUsage, _ receipt: String) -> StoredOutcome {
        StoredOutcome(status: 503, body: Array(#"{"code":"interrupted","receipt":"\#(receipt)"}"#.utf8))
    }

    @Test("every open hold gets one record at cost 0, and recovering again changes nothing")
    func once() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 50_000)
        let purchase = try await fixture.bought(by: buyer, usageLimit: 10)
        let holds = try (0..<5).map { try fixture.hold(purchase, key: "key-\($0)") }
        do {
            let meter = try fixture.meter()
            for hold in holds { try await meter.reserve(hold) }
            _ = try await meter.settle(
                fixture.settlement(fixture.usage(purchase, id: holds[0].id), idempotency: holds[0].idempotency))
            meter.void(holds[1].id)
            // The process dies here: three runs were on their way.
        }
        let cut = Set(holds[2...].map(\.id))
        let after = try fixture.meter()
        let report = try await after.recover(responding: interrupted)
        #expect(Set(report.interrupted) == cut)
        #expect(report.failed.isEmpty)
        #expect(report.damagedLines == 0)

        for hold in holds[2...] {
            let execution = try #require(try await fixture.store.execution(hold.id))
            #expect(execution.usage.verdict == "launch_failed")
            #expect(execution.usage.cost.isZero)
            #expect(execution.usage.timestamp == hold.createdAt)
            let scope = try #require(hold.idempotency).scope
            #expect(try await fixture.store.outcome(for: scope)?.outcome.status == 503)
        }
        #expect(try await fixture.store.execution(holds[1].id) == nil)
        let answered = try #require(holds[0].idempotency)
        #expect(try await fixture.store.outcome(for: answered.scope)?.outcome.status == 200)

        for _ in 0..<2 {
            let again = try await fixture.meter().recover(responding: interrupted)
            #expect(again.interrupted.isEmpty)
        }
        let check = try await fixture.store.verifyLedger()
        #expect(check.faults == [])
        #expect(check.usages == 4)
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(49_000))
        #expect(try await fixture.store.purchase(id: purchase.id)?.license.currentUsage == 1)
        let receipts = try await fixture.store.receipts(of: .purchase(purchase.id), after: 0, limit: 100)
        #expect(try fixture.verifier.verify(chain: receipts).count == 4)
        // Nothing stays reserved: all ten uses but one are free.
        for _ in 0..<9 { try await after.reserve(fixture.hold(purchase)) }
        await #expect(throws: MeterError.self) { try await after.reserve(fixture.hold(purchase)) }
    }

    @Test("a recovery that is itself cut off is finished by the next")
    func partial() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000_000)
        let purchase = try await fixture.bought(by: buyer)
        let holds = try (0..<600).map { _ in try fixture.hold(purchase) }
        do {
            let meter = try fixture.meter()
            for hold in holds { try await meter.reserve(hold) }
        }
        // The first recovery got as far as some of the records before it died too.
        for hold in holds[..<100] {
            try await fixture.settle(
                fixture.settlement(
                    fixture.usage(purchase, id: hold.id, cost: 0, verdict: "launch_failed"), countsUse: false))
        }
        let report = try await fixture.meter().recover(responding: interrupted)
        #expect(Set(report.interrupted) == Set(holds[100...].map(\.id)))
        #expect(try await fixture.store.totals().usages == 600)
    }

    @Test("a hold that cannot be recorded is reported and does not keep the others from it")
    func unrecordable() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        let purchase = try await fixture.bought(by: buyer)
        let journal = try HoldJournal(path: fixture.directory + "/holds.journal")
        let gone = try fixture.hold(fixture.purchase(by: buyer))
        let good = try fixture.hold(purchase)
        try journal.open(gone)
        try journal.open(good)
        let report = try await fixture.meter().recover(responding: interrupted)
        #expect(report.interrupted == [good.id])
        #expect(report.failed.map(\.id) == [gone.id])
        #expect(try await fixture.meter().recover(responding: interrupted).failed.map(\.id) == [gone.id])
    }

    @Test("the answer of an old hold is kept from its recovery on")
    func oldHold() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        let purchase = try await fixture.bought(by: buyer)
        let young = try fixture.hold(purchase, key: "old")
        let hold = Hold(
            id: young.id, purchaseID: purchase.id, skillID: young.skillID, buyerID: young.buyerID,
            sellerID: young.sellerID, endpoint: young.endpoint, amount: young.amount, requestSize: 0,
            requestHash: young.requestHash, idempotency: young.idempotency,
            createdAt: Timestamp(milliseconds: 1_000))
        try HoldJournal(path: fixture.directory + "/holds.journal").open(hold)
        let report = try await fixture.meter().recover(responding: interrupted)
        #expect(report.interrupted == [hold.id])
        #expect(try await fixture.store.execution(hold.id)?.usage.timestamp == hold.createdAt)
        #expect(try await IdempotencyRegistry(store: fixture.store).prune() == 0)
        let scope = try #require(hold.idempotency).scope
        #expect(try await fixture.store.outcome(for: scope)?.outcome.status == 503)
    }
}
