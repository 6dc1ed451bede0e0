import Foundation
import GRDB
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("A store whose disk takes no writes for a while", .timeLimit(.minutes(1)))
struct RefusedWriteTests {
    /// What SQLite itself can be told to act like, so that no mount is needed.
    enum Disk: String, CaseIterable {
        case full = "max_page_count = 1"
        case readOnly = "query_only = 1"

        var sound: String { self == .full ? "max_page_count = 1073741823" : "query_only = 0" }
    }

    @Test("writes are refused as unavailable, reads go on, and nothing is lost or half done", arguments: Disk.allCases)
    func refused(disk: Disk) async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 10_000_000)
        let purchase = try await fixture.bought(by: buyer)
        var settled: Set<SkillUsage.ID> = []
        func settle() async throws {
            let usage = fixture.usage(purchase)
            try await fixture.settle(fixture.settlement(usage))
            settled.insert(usage.id)
        }
        func set(_ pragma: String) async throws {
            try await fixture.store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA \(pragma)") }
        }
        try await settle()
        try await set(disk.rawValue)
        var failure: StoreError?
        for _ in 0..<2_000 where failure == nil {
            do { try await settle() } catch { failure = error as? StoreError }
        }
        guard case .unavailable? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        // A second one at the same time, and a write of another kind.
        await #expect(throws: StoreError.self) { try await settle() }
        await #expect(throws: StoreError.self) {
            for index in 0..<500 { _ = try await fixture.buyer("buyer-\(index)") }
        }
        let cost = Int64(settled.count) * StoreFixture.price.base
        #expect(
            try await fixture.store.balance(of: buyer.id, in: .usdc) == StoreFixture.usdc(10_000_000 - cost))
        #expect(try await fixture.store.verifyLedger().faults == [])

        try await set(disk.sound)
        try await settle()
        let check = try await fixture.store.verifyLedger()
        #expect(check.faults == [])
        #expect(check.usages == Int64(settled.count))
        let ids = Array(settled)
        #expect(try await fixture.store.settled(among: ids) == settled)
    }
}
