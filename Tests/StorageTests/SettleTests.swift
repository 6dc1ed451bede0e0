import Foundation
import GRDB
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("Settling")
struct SettleTests {
    @Test("one settle stores usage, money, use, receipt, report and outcome")
    func whole() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        let purchase = try await fixture.bought(by: buyer, usageLimit: 5)
        let request = try fixture.request(buyer.id, "k1")
        let usage = fixture.usage(purchase)
        let run = try await fixture.settle(fixture.settlement(usage, idempotency: request))

        #expect(!run.alreadySettled)
        #expect(run.usage == usage)
        #expect(run.outcome.body == Array(#"{"receipt":"\#(run.receipt)"}"#.utf8))
        let store = fixture.store
        #expect(try await store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(9_000))
        #expect(try await store.balance(of: fixture.seller.id, in: .usdc) == StoreFixture.usdc(975))
        #expect(try await store.platformBalances() == [StoreFixture.usdc(25)])
        #expect(try await store.balances(of: fixture.seller.id) == [StoreFixture.usdc(975)])
        #expect(try await store.balances(of: .new()).isEmpty)
        #expect(try await store.purchase(id: purchase.id)?.license.currentUsage == 1)
        let execution = try #require(try await store.execution(usage.id))
        #expect(execution.usage == usage)
        #expect(execution.sellerID == fixture.seller.id)
        #expect(execution.report == Array(#"{"layers":[]}"#.utf8))
        #expect(execution.receipt == run.receipt)
        #expect(try await store.execution(.new()) == nil)
        let recorded = try #require(try await store.outcome(for: request.scope))
        #expect(recorded.outcome == run.outcome)
        #expect(recorded.fingerprint == request.fingerprint)
        let check = try await store.verifyLedger()
        #expect(check.isSound)
        let sums = LedgerCheck.Sums(
            currency: .usdc, depositsBase: -10_000, agentsBase: 9_975, platformBase: 25)
        #expect(check.sums == [sums])
        #expect(check.transfers == 3)
    }

    @Test("settling the same run again stores nothing and returns the first answer")
    func idempotent() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        let purchase = try await fixture.bought(by: buyer, usageLimit: 5)
        let usage = fixture.usage(purchase)
        let request = try fixture.request(buyer.id, "k1")
        let settlement = try fixture.settlement(usage, idempotency: request)
        let runs = try await withThrowingTaskGroup(of: SettledRun.self) { group in
            for _ in 0..<64 { group.addTask { try await fixture.settle(settlement) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(runs.filter { !$0.alreadySettled }.count == 1)
        #expect(Set(runs.map(\.receipt)).count == 1)
        #expect(Set(runs.map(\.outcome)).count == 1)
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(9_000))
        #expect(try await fixture.store.purchase(id: purchase.id)?.license.currentUsage == 1)
        let check = try await fixture.store.verifyLedger()
        #expect(check.usages == 1 && check.isSound)
    }

    @Test("64 tasks settle at once: every run once, money conserved, one unbroken chain")
    func concurrent() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000_000)
        let purchase = try await fixture.bought(by: buyer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    for index in 0..<25 {
                        let billed = index % 5 != 0
                        let usage = fixture.usage(
                            purchase, cost: billed ? 1_001 : 0, verdict: billed ? "ok" : "timeout")
                        try await fixture.settle(fixture.settlement(usage, countsUse: billed))
                    }
                }
            }
            try await group.waitForAll()
        }
        let store = fixture.store
        #expect(try await store.balance(of: buyer.id, in: .usdc).base == 10_000_000 - 1_280 * 1_001)
        #expect(try await store.balance(of: fixture.seller.id, in: .usdc).base == 1_280 * 975)
        #expect(try await store.platformBalances() == [StoreFixture.usdc(1_280 * 26)])
        #expect(try await store.purchase(id: purchase.id)?.license.currentUsage == 1_280)
        var receipts: [String] = []
        while true {
            let next = try await store.receipts(
                of: .purchase(purchase.id), after: Int64(receipts.count), limit: 700)
            guard !next.isEmpty else { break }
            receipts += next
        }
        let claims = try fixture.verifier.verify(chain: receipts)
        #expect(claims.count == 1_600)
        #expect(Set(claims.map(\.usageID)).count == 1_600)
        let check = try await store.verifyLedger()
        #expect(check.faults == [])
        #expect(check.sums.map(\.totalBase) == [0])
    }

    @Test("an owner's own run has a chain of its own and costs nothing")
    func owner() async throws {
        let fixture = try await StoreFixture()
        for _ in 0..<3 {
            try await fixture.settle(fixture.settlement(fixture.usage(nil, cost: 0), countsUse: false))
        }
        let receipts = try await fixture.store.receipts(of: .owner(fixture.skill.id), after: 0, limit: 10)
        #expect(try fixture.verifier.verify(chain: receipts).count == 3)
        #expect(try await fixture.store.verifyLedger().isSound)
    }

    @Test("the store itself refuses what would break its rules, and stores nothing of it")
    func refusals() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 1_500)
        let limited = try await fixture.bought(by: buyer, usageLimit: 1)
        let settle = { (usage: SkillUsage, counts: Bool) in
            _ = try await fixture.settle(fixture.settlement(usage, countsUse: counts))
        }
        try await settle(fixture.usage(limited, cost: 0), true)
        let overLimit = StoreError.refused("a licence is used at most as often as its usage limit says")
        await #expect(throws: overLimit) { try await settle(fixture.usage(limited), true) }
        await #expect(throws: StoreError.refused("a balance is never below zero")) {
            try await settle(fixture.usage(limited, cost: 1_501), false)
        }
        await #expect(throws: StoreError.refused("a use is counted under a licence")) {
            try await settle(fixture.usage(nil, cost: 0), true)
        }
        let stranger = SkillUsage(
            id: .new(), purchaseID: nil, skillID: .new(), agentID: buyer.id, endpoint: "/", requestSize: 0,
            responseSize: 0, durationMilliseconds: 0, cpuTimeMilliseconds: 0, peakMemoryBytes: 0,
            cost: StoreFixture.usdc(0), verdict: "ok", timestamp: .now)
        await #expect(throws: StoreError.missing("record")) { try await settle(stranger, false) }
        let negative = SkillUsage(
            id: .new(), purchaseID: nil, skillID: fixture.skill.id, agentID: buyer.id, endpoint: "/", requestSize: -1,
            responseSize: 0, durationMilliseconds: 0, cpuTimeMilliseconds: 0, peakMemoryBytes: 0,
            cost: StoreFixture.usdc(0), verdict: "ok", timestamp: .now)
        await #expect(throws: StoreError.refused("sizes and times are never below zero")) {
            try await settle(negative, false)
        }
        let check = try await fixture.store.verifyLedger()
        #expect(check.faults == [])
        #expect(check.usages == 1)
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(1_500))
    }

    @Test(
        "money and records cannot be edited or deleted, not even by SQL",
        arguments: [
            "UPDATE transfers SET amount = 1", "DELETE FROM transfers", "UPDATE usages SET cost = 0",
            "DELETE FROM usages", "UPDATE skill_versions SET package = package", "UPDATE accounts SET balance = -1",
            "UPDATE purchases SET usage_limit = 0", "INSERT INTO accounts VALUES (99, 'agent', x'00', 'USDC', 1)",
            "INSERT INTO transfers SELECT randomblob(16), debit, credit, 0, currency, kind, x'01', 0 FROM transfers",
            "INSERT INTO transfers SELECT randomblob(16), debit, debit, 5, currency, kind, x'01', 0 FROM transfers",
            "INSERT INTO transfers SELECT randomblob(16), debit, credit, 'x', currency, kind, x'01', 0 FROM transfers",
            "INSERT INTO transfers SELECT randomblob(16), debit, credit, 1, currency, 'gift', x'01', 0 FROM transfers",
        ])
    func appendOnly(sql: String) async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        try await fixture.settle(fixture.settlement(fixture.usage(try await fixture.bought(by: buyer))))
        await #expect(throws: DatabaseError.self) {
            try await fixture.store.pool.write { db in try db.execute(sql: sql) }
        }
        #expect(try await fixture.store.verifyLedger().isSound)
    }

    @Test("an outcome that exists stays; old outcomes are pruned")
    func outcomes() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        let purchase = try await fixture.bought(by: buyer)
        let old = try fixture.request(buyer.id, "old")
        let first = try await fixture.settle(
            fixture.settlement(
                fixture.usage(purchase, cost: 0, at: Timestamp(milliseconds: 1_000)), idempotency: old))
        let second = try await fixture.settle(
            fixture.settlement(fixture.usage(purchase, cost: 0), idempotency: old))
        #expect(second.receipt != first.receipt)
        #expect(try await fixture.store.outcome(for: old.scope)?.outcome == first.outcome)
        let young = try fixture.request(buyer.id, "young")
        try await fixture.settle(fixture.settlement(fixture.usage(purchase, cost: 0), idempotency: young))

        let registry = IdempotencyRegistry(store: fixture.store)
        #expect(try await registry.begin(old) == .replay(first.outcome))
        #expect(try await registry.begin(try fixture.request(buyer.id, "old", body: "other")) == .mismatch)
        #expect(try await registry.prune() == 1)
        #expect(try await registry.begin(old) == .new)
        #expect(try await registry.begin(old) == .inFlight)
        #expect(try await registry.begin(try fixture.request(buyer.id, "old", body: "other")) == .mismatch)
        registry.end(old.scope)
        #expect(try await registry.begin(old) == .new)
        #expect(try await fixture.store.outcome(for: young.scope) != nil)
    }

    @Test("pruning takes all that is old and nothing else", arguments: [0, 1_999, 2_000, 4_001])
    func pruning(old: Int) async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.pool.write { db in
            for (prefix, count, time) in [("old", old, 1_000), ("young", 3, 5_000)] {
                try db.execute(
                    sql: """
                        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                        INSERT INTO outcomes SELECT x'00', 'r', ? || i, zeroblob(32), 200, '[]', x'', ? FROM n
                        WHERE i <= ?
                        """, arguments: [count, prefix, time, count])
            }
        }
        #expect(try await fixture.store.pruneOutcomes(before: Timestamp(milliseconds: 5_000)) == Int64(old))
        let left = try await fixture.store.pool.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM outcomes")
        }
        #expect(left == 3)
    }
}
