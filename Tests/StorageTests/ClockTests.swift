import Foundation
import MarketCore
import Metering
import Testing

@testable import Storage

/// The wall clock may be set back, stand still for a second (a leap second) or leap. Nothing that is stored depends on
/// an order of its times.
@Suite("A wall clock that goes back, stands still or leaps", .timeLimit(.minutes(1)))
struct ClockTests {
    /// A second that comes twice, an hour back, and a day ahead.
    private static let times = ([0, 999, 0, 0, 999, -3_600_000, -3_599_000, 86_400_000, 1_000, 1_000] as [Int64])
        .map { StoreFixture.now.advanced(byMilliseconds: $0) }

    @Test("receipts stay one chain, the ledger stays sound, and the list of runs stays complete")
    func runs() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 100_000)
        let purchase = try await fixture.bought(by: buyer)
        var receipts: [String] = []
        var settled: Set<SkillUsage.ID> = []
        for time in Self.times {
            let usage = fixture.usage(purchase, id: .new(at: time), at: time)
            receipts.append(try await fixture.settle(fixture.settlement(usage)).receipt)
            settled.insert(usage.id)
        }
        #expect(settled.count == Self.times.count)
        let claims = try fixture.verifier.verify(chain: receipts)
        #expect(claims.map(\.number) == Array(1...Int64(Self.times.count)))
        #expect(try await fixture.store.verifyLedger().faults == [])

        for limit in 1...4 {
            var found: [SkillUsage] = []
            var cursor: String?
            repeat {
                let page = try await fixture.store.usage(
                    UsageQuery(agentID: buyer.id, page: PageRequest(limit: limit, cursor: cursor)))
                found += page.items
                cursor = page.nextCursor
            } while cursor != nil
            #expect(found.count == Self.times.count, "pages of \(limit)")
            #expect(Set(found.map(\.id)) == settled, "pages of \(limit)")
        }
    }

    @Test("lists of what was made in the same moment, or before what was there already, stay complete")
    func skills() async throws {
        let fixture = try await StoreFixture()
        var names: Set = ["emailer"]
        for (index, time) in Self.times.enumerated() {
            let skill = try StoreFixture.skill("skill-\(index)", of: fixture.seller.id, createdAt: time)
            try await fixture.store.insert(skill: skill)
            names.insert(skill.name)
        }
        for sort in SkillQuery.Sort.allCases {
            var found: [String] = []
            var cursor: String?
            repeat {
                let page = try await fixture.store.skills(
                    SkillQuery(sort: sort, page: PageRequest(limit: 2, cursor: cursor)))
                found += page.items.map(\.name)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(found.count == names.count, "\(sort)")
            #expect(Set(found) == names, "\(sort)")
        }
    }

    @Test("a clock that was ahead and is set right drops no answer that is stored from then on")
    func outcomes() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 100_000)
        let purchase = try await fixture.bought(by: buyer)
        let right = StoreFixture.now
        let ahead = right.advanced(byMilliseconds: 30 * 86_400_000)
        let origin = ContinuousClock.now
        let registry = IdempotencyRegistry(store: fixture.store)
        try await registry.prune(now: ahead, instant: origin)

        let request = try fixture.request(buyer.id, "key")
        let usage = fixture.usage(purchase, at: right)
        try await fixture.settle(fixture.settlement(usage, idempotency: request))
        for minute in 1...180 {
            let passed = Int64(minute) * 60_000
            let now = right.advanced(byMilliseconds: passed)
            try await registry.prune(now: now, instant: origin + .milliseconds(passed))
        }
        #expect(try await fixture.store.lookUp(request.scope).recorded != nil)
        // The next start goes on from there.
        let next = IdempotencyRegistry(store: fixture.store)
        try await next.prune(now: right.advanced(byMilliseconds: 86_400_000), instant: origin)
        #expect(try await fixture.store.lookUp(request.scope).recorded != nil)
    }
}
