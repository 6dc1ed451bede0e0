import ExecutionNode
import Fields
import MarketCore
import Metering
import NodeTestSupport
import Storage
import Testing

@Suite("Holds: no limit is exceeded, whatever the concurrency", .timeLimit(.minutes(2)))
struct HoldTests {
    /// Statuses of `count` calls that are made at once, by how often each came.
    private func storm(
        _ fixture: NodeFixture, _ skill: Skill, _ buyer: NodeFixture.Member, _ token: String, count: Int
    ) async throws -> [String: Int] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<count {
                group.addTask {
                    do throws(NodeError) {
                        // A third of the runs fails; those must free what they held.
                        let payload: JSONValue = index % 3 == 0 ? ["verdict": "failed"] : ["sleep": 1]
                        let reply = try await fixture.call(skill, by: buyer, token: token, payload: payload)
                        return String(reply.outcome.status)
                    } catch {
                        return error.code
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test("a licence with a usage limit never gives more runs than that")
    func usageLimit() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        try await fixture.credit(buyer, "100")
        let token = try await fixture.buy(skill, by: buyer, usageLimit: 40)
        var ok = 0
        for _ in 0..<4 {
            let statuses = try await storm(fixture, skill, buyer, token, count: 100)
            ok += statuses["200"] ?? 0
            #expect(ok <= 40)
            #expect(Set(statuses.keys).isSubset(of: ["200", "502", "usage_limit_reached"]))
        }
        // A failing run may have held the last use while others were refused; what it freed is there.
        while ok < 40 {
            #expect(try await fixture.call(skill, by: buyer, token: token).outcome.status == 200)
            ok += 1
        }
        await expectError(402, "usage_limit_reached") { _ = try await fixture.call(skill, by: buyer, token: token) }
        let purchase = try #require(try await fixture.store.purchases(buyer: buyer.id, skill: nil).first)
        #expect(purchase.license.currentUsage == 40)
        #expect(try await fixture.balance(buyer) == "99.96")
        #expect(try await fixture.node.ledger().check.isSound)
        #expect(fixture.node.load.openHolds == 0)
        try await fixture.close()
    }

    @Test("a balance pays for exactly as many runs as it is worth, also while the buyer earns as a seller")
    func balance() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        let other = try await fixture.publish(NodeFixture.manifest(name: "other"), by: buyer)
        try await fixture.credit(buyer, "0.02")
        try await fixture.credit(seller, "0.04")
        let token = try await fixture.buy(skill, by: buyer)
        let sellersToken = try await fixture.buy(other, by: seller)
        async let first = storm(fixture, skill, buyer, token, count: 150)
        async let second = storm(fixture, other, seller, sellersToken, count: 150)
        for statuses in [try await first, try await second] {
            #expect(Set(statuses.keys).isSubset(of: ["200", "502", "insufficient_balance"]))
        }
        for member in [buyer, seller] {
            let balance = try await fixture.store.balance(of: member.id, in: .usdc)
            #expect(balance.base >= 0)
        }
        // Everything that entered is still there, fee included.
        let ledger = try await fixture.node.ledger()
        #expect(ledger.check.isSound)
        #expect(ledger.check.sums.map(\.totalBase) == [0])
        #expect(fixture.node.load.openHolds == 0)
        try await fixture.close()
    }

    @Test("of many purchases at once only those are made that the balance pays")
    func purchases() async throws {
        let pricing = "type = \"one-time\"\nprice = 3\ncurrency = \"USDC\""
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(NodeFixture.manifest(pricing: pricing), by: seller)
        try await fixture.credit(buyer, "10")
        let made = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { (try? await fixture.buy(skill, by: buyer)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 3)
        #expect(try await fixture.balance(buyer) == "1")
        #expect(try await fixture.balance(seller) == "8.775")
        #expect(try await fixture.node.skill(skill.name).downloadCount == 3)
        await expectError(402, "insufficient_balance") { _ = try await fixture.buy(skill, by: buyer) }
        let error = await #expect(throws: NodeError.self) { _ = try await fixture.buy(skill, by: buyer) }
        #expect(
            error?.detail == "The purchase costs 3 USDC but only 1 USDC is available; add credit and try again.")
        try await fixture.close()
    }
}
