import Foundation
import MarketCore
import Metering
import TestSupport
import Testing

@testable import Storage

@Suite("Meter: holds with a store behind them")
struct MeterTests {
    /// What one call of a skill does between hold and settle.
    private func call(
        _ meter: Meter, _ fixture: StoreFixture, _ purchase: Purchase, billed: Bool = true, void: Bool = false
    ) async throws -> Bool {
        let hold = try fixture.hold(purchase)
        do throws(MeterError) {
            try await meter.reserve(hold)
        } catch {
            guard case .refused = error else { throw error }
            return false
        }
        if void {
            meter.void(hold.id)
            return false
        }
        await Task.yield()
        let usage = fixture.usage(
            purchase, id: hold.id, cost: billed ? 1_000 : 0, verdict: billed ? "ok" : "failed")
        _ = try await meter.settle(fixture.settlement(usage, countsUse: billed))
        return billed
    }

    @Test("64 callers and a usage limit of 1,000: exactly 1,000 runs are billed")
    func usageLimit() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000_000)
        let purchase = try await fixture.bought(by: buyer, usageLimit: 1_000)
        let meter = try fixture.meter()
        let billed = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    var count = 0
                    for _ in 0..<50 where try await call(meter, fixture, purchase) { count += 1 }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(billed == 1_000)
        #expect(meter.openHolds == 0)
        #expect(try await fixture.store.purchase(id: purchase.id)?.license.currentUsage == 1_000)
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc).base == 9_000_000)
        #expect(try await fixture.store.verifyLedger().faults == [])
    }

    @Test("a call is refused only when the limit is truly taken", arguments: 0..<5)
    func noSpuriousRefusal(round: Int) async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000_000)
        // As many callers as there are uses: none may be refused, whatever the order of commits and answers.
        let purchase = try await fixture.bought(by: buyer, usageLimit: 32 * 10)
        let meter = try fixture.meter()
        let billed = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    var count = 0
                    for _ in 0..<10 where try await call(meter, fixture, purchase) { count += 1 }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(billed == 320)
    }

    @Test("runs that earn and spend at once never make a balance negative", arguments: UInt64(0)..<4)
    func economy(seed: UInt64) async throws {
        let fixture = try await StoreFixture()
        // The seller buys too: its balance is fed by the others' runs while it spends.
        let buyers = [
            try await fixture.buyer("a", balance: 40_500), try await fixture.buyer("b", balance: 25_000),
        ]
        let purchases = [
            try await fixture.bought(by: buyers[0]), try await fixture.bought(by: buyers[1], usageLimit: 20),
        ]
        // A tiny book, so that entries are evicted and loaded again all the time.
        let meter = try fixture.meter(book: HoldBook(openHoldsMax: 64, idleEntriesMax: 1))
        let billed = try await withThrowingTaskGroup(of: [Int].self) { group in
            for worker in 0..<16 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 1_000 &+ UInt64(worker))
                    var counts = [0, 0]
                    for _ in 0..<20 {
                        let which = Int.random(in: 0...1, using: &random)
                        let kind = Int.random(in: 0..<10, using: &random)
                        if kind == 0 {
                            _ = try await meter.credit(
                                CashRequest(
                                    agentID: buyers[which].id, amount: StoreFixture.usdc(7),
                                    reference: "same for all \(which)"))
                        }
                        let success = try await call(
                            meter, fixture, purchases[which], billed: kind != 1, void: kind == 2)
                        if success { counts[which] += 1 }
                    }
                    return counts
                }
            }
            return try await group.reduce([0, 0]) { [$0[0] + $1[0], $0[1] + $1[1]] }
        }
        #expect(billed[0] <= 40 && billed[1] <= 20)
        let check = try await fixture.store.verifyLedger()
        #expect(check.faults == [])
        #expect(meter.openHolds == 0)
        let credited: (Int) async throws -> Int64 = { which in
            try await fixture.store.balance(of: buyers[which].id, in: .usdc).base + Int64(billed[which]) * 1_000
        }
        #expect([40_500, 40_507].contains(try await credited(0)))
        #expect([25_000, 25_007].contains(try await credited(1)))
        // What the book believes is what the store knows.
        for buyer in buyers {
            let balance = try await meter.balance(of: buyer.id, in: .usdc)
            #expect(balance.held.isZero)
        }
    }

    @Test("money that a hold could not take is free again after a void, and a credit counts at once")
    func creditFollows() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 1_000)
        let purchase = try await fixture.bought(by: buyer)
        let meter = try fixture.meter()
        let first = try fixture.hold(purchase)
        try await meter.reserve(first)
        #expect(
            try await meter.balance(of: buyer.id, in: .usdc) == (StoreFixture.usdc(1_000), StoreFixture.usdc(1_000)))
        let refusal = HoldRefusal.insufficientBalance(
            needed: StoreFixture.usdc(1_000), available: StoreFixture.usdc(0))
        await #expect(throws: MeterError.refused(refusal)) { try await meter.reserve(fixture.hold(purchase)) }
        _ = try await meter.credit(
            CashRequest(agentID: buyer.id, amount: StoreFixture.usdc(1_000), reference: "more"))
        let second = try fixture.hold(purchase)
        try await meter.reserve(second)
        meter.void(first.id)
        meter.void(first.id)
        meter.void(second.id)
        try await meter.reserve(fixture.hold(purchase, amount: 2_000))
    }

    @Test("what holds reserve is not paid out; a payout is sent again after all is gone, and no budget counts it")
    func payouts() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 1_500)
        let purchase = try await fixture.bought(by: buyer)
        let meter = try fixture.meter()
        _ = try await meter.setBudget(.agent(buyer.id), .day, .usdc, limit: StoreFixture.usdc(1_000))
        let hold = try fixture.hold(purchase)
        try await meter.reserve(hold)
        func payOut(_ base: Int64, _ reference: String) async throws -> RecordedCash {
            try await meter.payOut(
                CashRequest(agentID: buyer.id, amount: StoreFixture.usdc(base), reference: reference))
        }
        let refusal = HoldRefusal.insufficientBalance(
            needed: StoreFixture.usdc(501), available: StoreFixture.usdc(500))
        await #expect(throws: MeterError.refused(refusal)) { try await payOut(501, "a") }
        #expect(try await payOut(500, "a").balance == StoreFixture.usdc(1_000))
        let again = try await payOut(500, "a")
        #expect(again.replayed && again.balance == StoreFixture.usdc(1_000))
        meter.void(hold.id)
        #expect(try await payOut(1_000, "b").balance.isZero)
        #expect(try await payOut(1_000, "b").replayed)
        await #expect(throws: MeterError.store(.conflict(field: "reference"))) { try await payOut(1, "b") }
        #expect(meter.openHolds == 0)
        let left = try await meter.balance(of: buyer.id, in: .usdc)
        #expect(left.total.isZero && left.held.isZero)
        #expect(try await fixture.store.verifyLedger().isSound)
    }

    @Test("of a payout of all there is that many send at once none is told that there is too little", arguments: 0..<8)
    func repeatedPayout(round: Int) async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 1_000)
        let meter = try fixture.meter()
        let request = CashRequest(agentID: buyer.id, amount: StoreFixture.usdc(1_000), reference: "all")
        let answers = try await withThrowingTaskGroup(of: Bool?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(MeterError) {
                        return try await meter.payOut(request).replayed
                    } catch {
                        guard case .refused(.duplicate) = error else { throw error }
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.filter { $0 == false }.count == 1)
        #expect(try await meter.payOut(request).replayed)
        #expect(meter.openHolds == 0)
        let left = try await meter.balance(of: buyer.id, in: .usdc)
        #expect(left.total.isZero && left.held.isZero)
    }

    @Test("one payout that many send at once is paid once, with runs beside it")
    func concurrentPayouts() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        let purchase = try await fixture.bought(by: buyer)
        let meter = try fixture.meter()
        let paid = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<24 {
                group.addTask {
                    if number.isMultiple(of: 3) {
                        return try await call(meter, fixture, purchase, billed: true, void: false) ? 1_000 : 0
                    }
                    let request = CashRequest(
                        agentID: buyer.id, amount: StoreFixture.usdc(700), reference: "\(number % 2)")
                    do throws(MeterError) {
                        return try await meter.payOut(request).replayed ? 0 : 700
                    } catch {
                        switch error {
                        case .refused(.insufficientBalance), .refused(.duplicate): return 0
                        default: throw error
                        }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(meter.openHolds == 0)
        let balance = try await meter.balance(of: buyer.id, in: .usdc)
        #expect(balance.held.isZero)
        #expect(balance.total.base == Int64(10_000 - paid))
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == balance.total)
        #expect(try await fixture.store.verifyLedger().isSound)
    }

    @Test("a seller can spend what runs have earned it")
    func earnings() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        let purchase = try await fixture.bought(by: buyer)
        let meter = try fixture.meter()
        // The seller's account is in the book before the money comes.
        let tooMuch = fixture.purchase(by: fixture.seller, amount: 0)
        let claim = { (amount: Int64) in
            Hold(
                id: .new(), purchaseID: nil, skillID: fixture.skill.id, buyerID: fixture.seller.id,
                sellerID: buyer.id, endpoint: "/", amount: StoreFixture.usdc(amount), requestSize: 0,
                requestHash: BodyHash(of: []), createdAt: tooMuch.createdAt)
        }
        await #expect(throws: MeterError.self) { try await meter.reserve(claim(1)) }
        #expect(try await call(meter, fixture, purchase))
        await #expect(throws: MeterError.self) { try await meter.reserve(claim(976)) }
        try await meter.reserve(claim(975))
    }

    @Test("purchases compete for a balance like runs do")
    func purchases() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 5_500)
        let meter = try fixture.meter()
        let paid = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(MeterError) {
                        try await meter.purchase(
                            try! PurchaseRecord(purchase: fixture.purchase(by: buyer, amount: 1_000)))
                        return true
                    } catch {
                        guard case .refused(.insufficientBalance) = error else { throw error }
                        return false
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(paid.filter { $0 }.count == 5)
        #expect(meter.openHolds == 0)
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(500))
    }

    @Test("a settle that the store refuses leaves the hold open; unknown purchases and holds are refused")
    func failures() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        let purchase = try await fixture.bought(by: buyer)
        let meter = try fixture.meter()
        let unstored = fixture.purchase(by: buyer)
        await #expect(throws: MeterError.refused(.unknownPurchase(unstored.id))) {
            try await meter.reserve(fixture.hold(unstored))
        }
        let unheld = fixture.usage(purchase)
        await #expect(throws: MeterError.fault(.unknown(unheld.id.uuid))) {
            try await meter.settle(fixture.settlement(unheld))
        }
        let hold = try fixture.hold(purchase)
        try await meter.reserve(hold)
        let negative = SkillUsage(
            id: hold.id, purchaseID: purchase.id, skillID: fixture.skill.id, agentID: buyer.id, endpoint: "/",
            requestSize: -1, responseSize: 0, durationMilliseconds: 0, cpuTimeMilliseconds: 0, peakMemoryBytes: 0,
            cost: StoreFixture.usdc(1_000), verdict: "ok", timestamp: .now)
        await #expect(throws: MeterError.store(.refused("sizes and times are never below zero"))) {
            try await meter.settle(fixture.settlement(negative))
        }
        #expect(meter.openHolds == 1)
        let run = try await meter.settle(fixture.settlement(fixture.usage(purchase, id: hold.id)))
        #expect(!run.alreadySettled)
        #expect(meter.openHolds == 0)
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(9_000))
    }

    @Test("a settle that the store has already is finished with what was booked, not given back")
    func settledBefore() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 2_000)
        let purchase = try await fixture.bought(by: buyer, usageLimit: 2)
        let meter = try fixture.meter()
        let hold = try fixture.hold(purchase)
        try await meter.reserve(hold)
        // The commit took effect though its caller was told otherwise: the meter has not followed it.
        let settlement = try fixture.settlement(fixture.usage(purchase, id: hold.id))
        try await fixture.settle(settlement)
        let run = try await meter.settle(settlement)
        #expect(run.alreadySettled)
        #expect(run.countsUse)
        #expect(meter.openHolds == 0)
        let tooMuch = HoldRefusal.insufficientBalance(
            needed: StoreFixture.usdc(1_001), available: StoreFixture.usdc(1_000))
        await #expect(throws: MeterError.refused(tooMuch)) {
            try await meter.reserve(fixture.hold(purchase, amount: 1_001))
        }
        try await meter.reserve(fixture.hold(purchase, amount: 0))
        await #expect(throws: MeterError.refused(.usageLimitReached(limit: 2, used: 1, held: 1))) {
            try await meter.reserve(fixture.hold(purchase, amount: 0))
        }
    }
}
