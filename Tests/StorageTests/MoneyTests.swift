import Foundation
import GRDB
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("Credits, purchases and the check of the ledger")
struct MoneyTests {
    @Test("a credit is booked once per reference, also when 32 callers send it at once")
    func creditOnce() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        let request = CashRequest(agentID: buyer.id, amount: StoreFixture.usdc(500), reference: "invoice 7 ✓")
        let credits = try await withThrowingTaskGroup(of: RecordedCash.self) { group in
            for _ in 0..<32 {
                group.addTask { try await fixture.store.credit(request, onCommit: { _ in }) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(credits.filter { !$0.replayed }.count == 1)
        #expect(Set(credits.map(\.transfer)).count == 1)
        #expect(credits.allSatisfy { $0.balance == StoreFixture.usdc(500) })
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(500))
    }

    @Test("the same reference for another amount, currency or agent is a conflict")
    func creditConflict() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        func credit(_ agent: Agent.ID, _ amount: Money, _ reference: String = "r") async throws {
            let request = CashRequest(agentID: agent, amount: amount, reference: reference)
            _ = try await fixture.store.credit(request, onCommit: { _ in })
        }
        try await credit(buyer.id, StoreFixture.usdc(500))
        let conflict = StoreError.conflict(field: "reference")
        await #expect(throws: conflict) { try await credit(buyer.id, StoreFixture.usdc(501)) }
        await #expect(throws: conflict) { try await credit(buyer.id, Money(base: 500, currency: .sol)) }
        await #expect(throws: conflict) { try await credit(fixture.seller.id, StoreFixture.usdc(500)) }
        await #expect(throws: StoreError.missing("agent")) { try await credit(.new(), StoreFixture.usdc(1), "x") }
        for amount in [0, -1] as [Int64] {
            await #expect(throws: StoreError.self) { try await credit(buyer.id, StoreFixture.usdc(amount), "y") }
        }
        for reference in ["", String(repeating: "r", count: 256)] {
            await #expect(throws: StoreError.self) {
                try await credit(buyer.id, StoreFixture.usdc(1), reference)
            }
        }
        #expect(try await fixture.store.verifyLedger().isSound)
    }

    @Test("a payout is booked once per reference, whatever deposit has the same one, and never below zero")
    func payouts() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 500)
        func payOut(_ base: Int64, _ reference: String) async throws -> RecordedCash {
            let request = CashRequest(agentID: buyer.id, amount: StoreFixture.usdc(base), reference: reference)
            return try await fixture.store.payOut(request, onCommit: { _ in })
        }
        let asked = CashRequest(agentID: buyer.id, amount: StoreFixture.usdc(300), reference: "deposit of buyer")
        #expect(try await fixture.store.payout(asked) == nil)
        let payouts = try await withThrowingTaskGroup(of: RecordedCash.self) { group in
            for _ in 0..<16 { group.addTask { try await fixture.store.payOut(asked, onCommit: { _ in }) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(payouts.filter { !$0.replayed }.count == 1)
        #expect(Set(payouts.map(\.transfer)).count == 1)
        #expect(payouts.allSatisfy { $0.balance == StoreFixture.usdc(200) && $0.transfer.kind == .payout })
        #expect(try await fixture.store.payout(asked)?.transfer == payouts[0].transfer)
        await #expect(throws: StoreError.conflict(field: "reference")) { try await payOut(299, "deposit of buyer") }
        await #expect(throws: StoreError.self) { try await payOut(201, "too much") }
        await #expect(throws: StoreError.self) { try await payOut(0, "nothing") }
        await #expect(throws: StoreError.self) { try await payOut(1, "") }
        #expect(try await payOut(200, "the rest").balance.isZero)
        let check = try await fixture.store.verifyLedger()
        #expect(check.isSound)
        #expect(check.sums.allSatisfy { $0.depositsBase == 0 })
    }

    @Test(
        "a deposit or payout that moves money between others than an agent and the outside is found",
        arguments: [
            "debit = (SELECT id FROM accounts WHERE kind = 'platform' AND currency = 'USDC')",
            "debit = credit, credit = debit",
        ])
    func cashBetweenOthers(change: String) async throws {
        let fixture = try await StoreFixture.busy()
        try await fixture.store.pool.write { db in
            try db.execute(
                sql: """
                    DROP TRIGGER transfers_never_change;
                    UPDATE transfers SET \(change) WHERE id = (
                        SELECT min(id) FROM transfers WHERE kind = 'credit' AND currency = 'USDC');
                    """)
        }
        #expect(try SQLiteStore.quickCheck(at: fixture.path) == nil)
        let check = try await fixture.store.verifyLedger()
        #expect(check.faults.contains { $0.detail.hasPrefix("a credit that moves money from ") }, "\(check.faults)")
    }

    @Test("a balance that would not fit 64 bits is refused, never rounded")
    func overflow() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        func credit(_ base: Int64, _ reference: String) async throws {
            let request = CashRequest(agentID: buyer.id, amount: StoreFixture.usdc(base), reference: reference)
            _ = try await fixture.store.credit(request, onCommit: { _ in })
        }
        try await credit(.max - 10, "a")
        await #expect(throws: StoreError.self) { try await credit(11, "b") }
        try await credit(10, "c")
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(.max))
        #expect(try await fixture.store.verifyLedger().isSound)
    }

    @Test("a purchase moves its price and raises the counters; without money nothing of it stays")
    func purchases() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 2_000)
        let purchase = try await fixture.bought(by: buyer, amount: 1_999)
        #expect(try await fixture.store.purchase(id: purchase.id) == purchase)
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(1))
        #expect(try await fixture.store.balance(of: fixture.seller.id, in: .usdc) == StoreFixture.usdc(1_949))
        #expect(try await fixture.store.skill(id: fixture.skill.id)?.downloadCount == 1)
        #expect(try await fixture.store.agent(id: fixture.seller.id)?.totalSales == 1)

        let unpaid = fixture.purchase(by: buyer, amount: 2)
        await #expect(throws: StoreError.refused("a balance is never below zero")) {
            try await fixture.store.record(PurchaseRecord(purchase: unpaid), onCommit: {})
        }
        #expect(try await fixture.store.purchase(id: unpaid.id) == nil)
        #expect(try await fixture.store.skill(id: fixture.skill.id)?.downloadCount == 1)
        await #expect(throws: StoreError.conflict(field: "id")) {
            try await fixture.store.record(
                PurchaseRecord(purchase: Purchase(copying: purchase, amount: StoreFixture.usdc(0))), onCommit: {})
        }
        let pending = fixture.purchase(by: buyer, status: .pending)
        try await fixture.store.record(PurchaseRecord(purchase: pending), onCommit: {})
        #expect(try await fixture.store.skill(id: fixture.skill.id)?.downloadCount == 1)
        #expect(try await fixture.store.purchases(buyer: buyer.id, skill: fixture.skill.id).count == 2)
        #expect(try await fixture.store.purchases(buyer: buyer.id, skill: .new()).isEmpty)
        #expect(try await fixture.store.purchases(buyer: buyer.id, skill: nil).map(\.id).first == pending.id)
        #expect(try await fixture.store.verifyLedger().isSound)
    }

    @Test("the second purchase of one idempotency key is a conflict and costs nothing")
    func purchaseKey() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 2_000)
        let request = try fixture.request(buyer.id, "k")
        let outcome = StoredOutcome(
            status: 201, headers: [.init(name: "location", value: "/x \"quoted\"")], body: Array("{}".utf8))
        let record = { try PurchaseRecord(purchase: fixture.purchase(by: buyer, amount: 100), idempotency: $0) }
        try await fixture.store.record(try record((request, outcome)), onCommit: {})
        await #expect(throws: StoreError.conflict(field: "idempotencyKey")) {
            try await fixture.store.record(try record((request, outcome)), onCommit: {})
        }
        #expect(try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(1_900))
        #expect(try await fixture.store.outcome(for: request.scope)?.outcome == outcome)
    }

    @Test("the check finds a fault and names its place, also from outside", arguments: Fault.all)
    func audit(fault: Fault) async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000)
        let purchase = try await fixture.bought(by: buyer, amount: 400)
        for _ in 0..<3 { try await fixture.settle(fixture.settlement(fixture.usage(purchase))) }
        #expect(try SQLiteStore.verifyLedger(at: fixture.path).isSound)
        try await fixture.store.pool.write { db in
            for table in ["transfers", "usages", "payments", "refunds", "upgrades"] {
                try db.execute(sql: "DROP TRIGGER \(table)_never_change")
                try db.execute(sql: "DROP TRIGGER \(table)_never_vanish")
            }
            try db.execute(sql: fault.sql)
        }
        let check = try SQLiteStore.verifyLedger(at: fixture.path)
        #expect(!check.isSound)
        #expect(check.faults.contains { $0.place.hasPrefix(fault.place) }, "\(check.faults)")
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        let sql: String
        let place: String
        var testDescription: String { sql }

        static let all = [
            Fault(sql: "UPDATE accounts SET balance = balance + 1 WHERE kind = 'platform'", place: "account platform"),
            Fault(sql: "UPDATE accounts SET balance = balance - 1 WHERE kind = 'deposits'", place: "currency USDC"),
            Fault(sql: "DELETE FROM transfers WHERE kind = 'usage_fee'", place: "usage "),
            Fault(sql: "DELETE FROM transfers WHERE kind = 'purchase'", place: "payment "),
            Fault(sql: "UPDATE transfers SET currency = 'SOL' WHERE kind = 'credit'", place: "transfer "),
            Fault(sql: "UPDATE transfers SET reference = randomblob(16) WHERE kind = 'usage'", place: "transfer "),
            Fault(sql: "UPDATE usages SET cost = cost + 1", place: "usage "),
            Fault(sql: "UPDATE transfers SET debit = credit, credit = debit WHERE kind = 'usage'", place: "usage "),
            Fault(sql: "UPDATE usage_totals SET calls = calls + 1 WHERE unit = 'day'", place: "usage of the day"),
            Fault(sql: "UPDATE usage_totals SET cost = cost + 1 WHERE unit = 'hour'", place: "usage of the hour"),
            Fault(sql: "DELETE FROM usage_totals WHERE unit = 'month'", place: "usage of the month"),
            Fault(sql: "DELETE FROM payments", place: "purchase "),
            Fault(sql: "UPDATE purchases SET status = 'refunded'", place: "purchase "),
            Fault(sql: "UPDATE purchases SET upgrades = 1", place: "purchase "),
            Fault(sql: "UPDATE payments SET kind = 'upgrade'", place: "payment "),
            Fault(
                sql: """
                    UPDATE purchases SET upgrades = 1;
                    INSERT INTO upgrades SELECT randomblob(16), id, 1, 'personal', NULL, 'enterprise', NULL, 5, 'USDC', 1
                    FROM purchases
                    """, place: "upgrade "),
            Fault(sql: "UPDATE usages SET counts_use = 0", place: "purchase "),
            Fault(sql: "UPDATE purchases SET current_usage = 2", place: "purchase "),
            Fault(sql: "DELETE FROM usages WHERE number = 2", place: "usage "),
            Fault(sql: "UPDATE usages SET receipt = receipt || 'A' WHERE number = 3", place: "usage "),
            Fault(sql: "PRAGMA foreign_keys = OFF; UPDATE usages SET number = 9 WHERE number = 3", place: "usage "),
        ]
    }

    @Test("the check from outside refuses what is no ledger")
    func auditForeign() async throws {
        let fixture = try await StoreFixture()
        #expect(throws: StoreError.unavailable("there is no file /nonexistent.db")) {
            try SQLiteStore.verifyLedger(at: "/nonexistent.db")
        }
        let empty = fixture.directory + "/empty.db"
        try Data().write(to: URL(fileURLWithPath: empty))
        #expect(throws: StoreError.self) { try SQLiteStore.verifyLedger(at: empty) }
        try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: empty))
        #expect(throws: StoreError.self) { try SQLiteStore.verifyLedger(at: empty) }
        // And works on a store that no process has open.
        try await fixture.store.close()
        #expect(try SQLiteStore.verifyLedger(at: fixture.path).isSound)
    }
}

extension Purchase {
    fileprivate init(copying other: Purchase, amount: Money) {
        self.init(
            id: other.id, buyerID: other.buyerID, sellerID: other.sellerID, skillID: other.skillID, amount: amount,
            pricing: other.pricing, license: other.license, status: other.status, createdAt: other.createdAt)
    }
}
