import Foundation
import MarketCore
import Metering
import TestSupport
import Testing

@testable import Storage

@Suite("Analytics", .timeLimit(.minutes(2)))
struct AnalyticsTests {
    private static let day: Int64 = 86_400_000
    private static let first = CalendarUnit.day.start(of: StoreFixture.now)

    private func time(_ day: Int64) -> Timestamp { Self.first.advanced(byMilliseconds: day * Self.day + 3_600_000) }

    private func query(
        _ fixture: StoreFixture, _ grouping: SalesQuery.Grouping, days: Range<Int64>
    ) -> SalesQuery {
        SalesQuery(
            sellerID: fixture.seller.id, grouping: grouping,
            from: Self.first.advanced(byMilliseconds: days.lowerBound * Self.day),
            to: Self.first.advanced(byMilliseconds: days.upperBound * Self.day))
    }

    @Test("calls, buyers, revenue, failures and retention are those of the days that were asked for")
    func sales() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        var purchases: [Purchase] = []
        for name in ["a", "b", "c"] {
            purchases.append(try await fixture.bought(by: try await fixture.buyer(name, balance: 100_000), amount: 40))
        }
        // Day 0: a and b; day 1: b twice and c, once in vain; the owner's own runs are no business.
        for (purchase, day, verdict) in [
            (0, 0, "ok"), (1, 0, "ok"), (1, 1, "ok"), (1, 1, "ok"), (2, 1, "timeout"),
        ] as [(Int, Int64, String)] {
            let usage = fixture.usage(
                purchases[purchase], cost: verdict == "ok" ? 1_000 : 0, verdict: verdict, at: time(day))
            try await fixture.settle(try fixture.settlement(usage, countsUse: verdict == "ok"))
        }
        try await fixture.settle(
            try fixture.settlement(fixture.usage(nil, cost: 0, at: time(1)), countsUse: false))

        let whole = try #require(try await store.sales(query(fixture, .total, days: 0..<2)).first)
        #expect(whole.callsByVerdict == ["ok": 4, "timeout": 1])
        #expect(whole.buyers == 3)
        #expect(whole.revenue[.usdc]?.runs == 4_000)
        #expect(whole.latency.total == 4 && whole.latency.percentile(50) == 5)
        let days = try await store.sales(query(fixture, .day, days: 0..<2))
        #expect(days.map(\.calls) == [3, 2])
        #expect(days.map(\.buyers) == [2, 2])
        #expect(days.first?.day == Self.first.advanced(byMilliseconds: Self.day))
        let skills = try await store.sales(query(fixture, .skill, days: 1..<2))
        #expect(skills.map(\.skillID) == [fixture.skill.id] && skills.first?.calls == 3)
        #expect(try await store.sales(query(fixture, .total, days: 5..<9)).first?.calls == 0)
        // Of a and b, who called on the first day, b came back.
        let retention = try await store.retention(query(fixture, .total, days: 1..<2))
        #expect(retention == Retention(former: 2, returned: 1))

        // Licences were bought today.
        let today = CalendarUnit.day.start(of: .now)
        var bought = query(fixture, .total, days: 0..<1)
        bought.from = today
        bought.to = today.advanced(byMilliseconds: 2 * Self.day)
        #expect(try await store.sales(bought).first?.revenue[.usdc]?.licenses == 120)

        let market = try await store.market(
            by: .day, from: Self.first, to: Self.first.advanced(byMilliseconds: 2 * Self.day))
        #expect(market.map(\.runs) == [3, 2])
        #expect(market.map(\.newAgents) == [0, 4])
        #expect(market.map(\.newSkills) == [0, 1])
        #expect(market.last?.volumes[.usdc]?.transactions == 2 && market.last?.volumes[.usdc]?.amount == 2_000)
        let months = try await store.market(by: .month, from: CalendarUnit.month.start(of: Self.first), to: .now)
        #expect(months.reduce(0) { $0 + $1.purchases } == 3)
        #expect(try await store.verifyLedger().isSound)
        try await store.close()
    }

    @Test(
        "sums that follow the runs in batches equal a recount, and a changed one is found",
        arguments: [3, 4] as [UInt64])
    func recount(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await StoreFixture()
        let market = try await PuppetMarket(fixture, members: 4, &random)
        for step in 0..<100 {
            try await market.act(&random)
            if step % 13 == 0 { try await fixture.store.refreshAnalytics() }
        }
        // Some runs are not in the sums yet; they are counted in.
        #expect(try await fixture.store.verifyLedger().faults.isEmpty)
        try await fixture.store.refreshAnalytics()
        #expect(try await fixture.store.verifyLedger().faults.isEmpty)
        for change in [
            "UPDATE skill_days SET calls = calls + 1", "DELETE FROM latency_days", "UPDATE sale_days SET amount = 7",
            "DELETE FROM buyer_days",
        ] {
            try await fixture.store.committer.write { db in
                try db.run("SAVEPOINT untouched", [])
                _ = try db.run(change, [])
                let finding = try LedgerAudit.check(db, .records)
                #expect(!finding.faults.isEmpty, "\(change)")
                try db.run("ROLLBACK TO untouched", [])
                _ = try db.run("RELEASE untouched", [])
            }
        }
        #expect(try await fixture.store.verifyLedger().faults.isEmpty)
        try await fixture.store.close()
    }
}
