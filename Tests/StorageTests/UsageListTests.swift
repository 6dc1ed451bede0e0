import Foundation
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("Usage lists")
struct UsageListTests {
    @Test("pages are complete, ordered and free of repetition, though records are added meanwhile")
    func pages() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        let purchase = try await fixture.bought(by: buyer)
        var expected: [SkillUsage] = []
        for index in 0..<57 {
            // Many share a millisecond.
            let usage = fixture.usage(
                purchase, cost: 0, at: Timestamp(milliseconds: 1_700_000_000_000 + Int64(index / 10)))
            expected.append(usage)
            try await fixture.settle(fixture.settlement(usage))
        }
        var found: [SkillUsage] = []
        var cursor: String?
        repeat {
            let page = try await fixture.store.usage(
                UsageQuery(agentID: buyer.id, page: PageRequest(limit: 10, cursor: cursor)))
            found += page.items
            cursor = page.nextCursor
            // Newer than everything: belongs to pages that were read already.
            try await fixture.settle(fixture.settlement(fixture.usage(purchase, cost: 0)))
        } while cursor != nil
        #expect(Set(found.map(\.id)) == Set(expected.map(\.id)))
        #expect(found.count == 57)
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.timestamp >= $1.timestamp })
    }

    @Test("a page that ends exactly at the end has no next cursor")
    func exactEnd() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        let purchase = try await fixture.bought(by: buyer)
        for _ in 0..<4 { try await fixture.settle(fixture.settlement(fixture.usage(purchase, cost: 0))) }
        let whole = try await fixture.store.usage(UsageQuery(agentID: buyer.id, page: PageRequest(limit: 4)))
        #expect(whole.items.count == 4 && whole.nextCursor == nil && whole.total == 4)
        let none = try await fixture.store.usage(UsageQuery(agentID: .new()))
        #expect(none.items.isEmpty && none.nextCursor == nil && none.total == 0)
    }

    @Test("filters narrow the list and its total")
    func filters() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 100_000)
        let other = try await fixture.buyer("other")
        let purchases = [try await fixture.bought(by: buyer), try await fixture.bought(by: buyer)]
        let othersPurchase = try await fixture.bought(by: other)
        for index in 0..<12 {
            let usage = fixture.usage(
                purchases[index % 2], cost: index % 3 == 0 ? 0 : 1_000, verdict: index % 3 == 0 ? "timeout" : "ok",
                at: Timestamp(milliseconds: Int64(index) * 1_000))
            try await fixture.settle(fixture.settlement(usage, countsUse: index % 3 != 0))
        }
        try await fixture.settle(fixture.settlement(fixture.usage(othersPurchase, cost: 0)))

        func total(_ change: (inout UsageQuery) -> Void) async throws -> Int64 {
            var query = UsageQuery(agentID: buyer.id)
            change(&query)
            let page = try await fixture.store.usage(query)
            #expect(Int64(page.items.count) == page.total)
            return page.total
        }
        #expect(try await total { _ in } == 12)
        #expect(try await total { $0.agentID = nil } == 13)
        #expect(try await total { $0.purchaseID = purchases[0].id } == 6)
        #expect(try await total { $0.skillID = fixture.skill.id } == 12)
        #expect(try await total { $0.skillID = .new() } == 0)
        #expect(try await total { $0.verdict = "timeout" } == 4)
        #expect(try await total { $0.from = Timestamp(milliseconds: 3_000) } == 9)
        #expect(try await total { $0.to = Timestamp(milliseconds: 3_000) } == 3)
        let window: (inout UsageQuery) -> Void = {
            $0.from = Timestamp(milliseconds: 2_000)
            $0.to = Timestamp(milliseconds: 5_000)
            $0.verdict = "ok"
        }
        #expect(try await total(window) == 2)
    }

    @Test(
        "a cursor that no list gave out is refused",
        arguments: ["", "x", "AAAA", "!!", "dXNhZ2U", String(repeating: "A", count: 2_000)])
    func foreignCursor(text: String) async throws {
        let fixture = try await StoreFixture()
        await #expect(throws: StoreError.invalidCursor) {
            try await fixture.store.usage(UsageQuery(agentID: nil, page: PageRequest(cursor: text)))
        }
        await #expect(throws: StoreError.invalidCursor) {
            try await fixture.store.skills(SkillQuery(page: PageRequest(cursor: text)))
        }
        await #expect(throws: StoreError.invalidCursor) {
            try await fixture.store.agents(search: nil, page: PageRequest(cursor: text))
        }
        let agents = Cursor(list: "agents", key: "x").text
        await #expect(throws: StoreError.invalidCursor) {
            try await fixture.store.usage(UsageQuery(agentID: nil, page: PageRequest(cursor: agents)))
        }
    }
}
