import ExecutionNode
import MarketCore
import Metering
import NodeTestSupport
import Testing

/// A market with one skill, its seller, a buyer with money and a licence.
struct Market: Sendable {
    let runner = ScriptedRunner()
    let fixture: NodeFixture
    let seller: NodeFixture.Member
    let buyer: NodeFixture.Member
    let skill: Skill
    let token: String

    init(
        manifest: String = NodeFixture.manifest(), usageLimit: Int64? = nil, credit: String = "10",
        configure: (inout NodeConfiguration) -> Void = { _ in }
    ) async throws {
        fixture = try await NodeFixture(runner: runner, configure: configure)
        seller = try await fixture.register("seller")
        buyer = try await fixture.register("buyer")
        skill = try await fixture.publish(manifest, by: seller)
        try await fixture.credit(buyer, credit)
        token = try await fixture.buy(skill, by: buyer, usageLimit: usageLimit)
    }

    /// Closes the fixture once it is certain that no refused call left a trace.
    func close(usages: Int = 0) async throws {
        #expect(runner.started == usages)
        #expect(try await fixture.usages(buyer).count == usages)
        #expect(try await fixture.node.ledger().check.isSound)
        try await fixture.close()
    }
}
