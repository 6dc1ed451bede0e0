import Foundation
import GRDB
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("Durability")
struct DurabilityTests {
    @Test("the writer is in WAL mode with synchronous FULL and foreign keys, and the file is the owner's alone")
    func pragmas() async throws {
        let fixture = try await StoreFixture()
        let (synchronous, journal, foreignKeys) = try await fixture.store.pool.writeWithoutTransaction { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try Bool.fetchOne(db, sql: "PRAGMA foreign_keys")
            )
        }
        #expect(synchronous == 2)
        #expect(journal == "wal")
        #expect(foreignKeys == true)
        for suffix in ["", "-wal", "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: fixture.path + suffix)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("what was acknowledged is in the files at that moment")
    func image() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 100_000)
        let purchase = try await fixture.bought(by: buyer)
        var settled: Set<SkillUsage.ID> = []
        for _ in 0..<20 {
            settled.insert(try await fixture.settle(fixture.settlement(fixture.usage(purchase))).usage.id)
        }
        // As a crash leaves them: nothing is closed or checkpointed first.
        let copy = fixture.directory + "/copy.db"
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: fixture.path + suffix, toPath: copy + suffix)
        }
        let store = try SQLiteStore(path: copy, signer: fixture.signer)
        #expect(try await store.settled(among: Array(settled) + [.new()]) == settled)
        #expect(try await store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(80_000))
        #expect(try await store.verifyLedger().isSound)
    }

    @Test("a write is finished even when its task is cancelled")
    func cancellation() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 100_000)
        let purchase = try await fixture.bought(by: buyer)
        let usages = (0..<50).map { _ in fixture.usage(purchase) }
        let tasks = usages.map { usage in
            Task { try await fixture.settle(fixture.settlement(usage)) }
        }
        for task in tasks { task.cancel() }
        for task in tasks { _ = try await task.value }
        #expect(try await fixture.store.settled(among: usages.map(\.id)).count == 50)
    }

    @Test("one write that fails fails alone, among many in the same group")
    func isolation() async throws {
        let fixture = try await StoreFixture()
        let rich = try await fixture.buyer("rich", balance: 1_000_000)
        let poor = try await fixture.buyer("poor", balance: 500)
        let purchases = (try await fixture.bought(by: rich), try await fixture.bought(by: poor))
        let results = await withTaskGroup(of: (Bool, Bool).self) { group in
            for index in 0..<100 {
                group.addTask {
                    let isPoor = index % 10 == 3
                    let usage = fixture.usage(isPoor ? purchases.1 : purchases.0)
                    do {
                        try await fixture.settle(fixture.settlement(usage))
                        return (isPoor, true)
                    } catch {
                        #expect(error as? StoreError == .refused("a balance is never below zero"))
                        return (isPoor, false)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.allSatisfy { isPoor, succeeded in isPoor != succeeded })
        #expect(try await fixture.store.balance(of: rich.id, in: .usdc) == StoreFixture.usdc(910_000))
        #expect(try await fixture.store.balance(of: poor.id, in: .usdc) == StoreFixture.usdc(500))
        let check = try await fixture.store.verifyLedger()
        #expect(check.faults == [])
        #expect(check.usages == 90)
    }

    @Test("commits are reported in the order in which they took effect")
    func order() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 1_000_000)
        let purchase = try await fixture.bought(by: buyer)
        let (numbers, continuation) = AsyncStream.makeStream(of: Int64.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    _ = try await fixture.store.settle(fixture.settlement(fixture.usage(purchase))) { run in
                        if let receipt = try? fixture.verifier.verify(run.receipt) {
                            continuation.yield(receipt.claims.number)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        continuation.finish()
        let reported = await numbers.reduce(into: []) { $0.append($1) }
        #expect(reported == Array(1...200))
    }

    @Test("a full queue refuses what can wait, and a closed store everything")
    func bounds() async throws {
        let fixture = try await StoreFixture(queuedWritesMax: 0 + 1)
        let buyer = try await fixture.buyer(balance: 100_000)
        let purchase = try await fixture.bought(by: buyer)
        let results = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<300 {
                group.addTask {
                    let request = CashRequest(
                        agentID: buyer.id, amount: StoreFixture.usdc(1), reference: "r\(index)")
                    return (try? await fixture.store.credit(request, onCommit: { _ in })) != nil
                }
                group.addTask {
                    (try? await fixture.settle(fixture.settlement(fixture.usage(purchase, cost: 0)))) != nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.contains(false))
        #expect(try await fixture.store.totals().usages == 300)

        try await fixture.store.close()
        await #expect(throws: StoreError.unavailable("the store is closed")) {
            try await fixture.settle(fixture.settlement(fixture.usage(purchase)))
        }
        await #expect(throws: StoreError.self) { try await fixture.store.totals() }
    }

    @Test("a file opens again with everything in it")
    func reopen() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 5_000)
        let purchase = try await fixture.bought(by: buyer, usageLimit: 7)
        try await fixture.settle(fixture.settlement(fixture.usage(purchase)))
        try await fixture.store.close()
        let store = try SQLiteStore(path: fixture.path, signer: fixture.signer)
        #expect(try await store.purchase(id: purchase.id)?.license.currentUsage == 1)
        #expect(try await store.skill(named: "emailer") == fixture.skillAfterSale)
        #expect(try await store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(4_000))
    }

    @Test("files that are no store, or of a newer version, are refused with the reason")
    func foreignFiles() async throws {
        let fixture = try await StoreFixture()
        let text = fixture.directory + "/text.db"
        try Data(String(repeating: "not a database ", count: 100).utf8).write(to: URL(fileURLWithPath: text))
        #expect(throws: StoreError.self) { try SQLiteStore(path: text, signer: fixture.signer) }
        #expect(throws: StoreError.self) { try SQLiteStore(path: "/nonexistent/x.db", signer: fixture.signer) }
        try await fixture.store.pool.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 of the future')")
        }
        try await fixture.store.close()
        #expect(throws: StoreError.unavailable("the data directory was written by a newer version of clawrunner")) {
            try SQLiteStore(path: fixture.path, signer: fixture.signer)
        }
    }
}

extension StoreFixture {
    fileprivate var skillAfterSale: Skill {
        var skill = skill
        skill.downloadCount = 1
        return skill
    }
}
