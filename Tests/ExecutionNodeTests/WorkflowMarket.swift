import ExecutionNode
import Fields
import MarketCore
import Metering
import NodeTestSupport
import Storage
import Testing

/// A market with two sold skills, the author of workflows over them, and a buyer.
struct WorkflowMarket {
    static let stepPrice = "0.001"

    let runner: any SkillRunner
    let fixture: NodeFixture
    let seller: NodeFixture.Member
    let other: NodeFixture.Member
    let author: NodeFixture.Member
    let buyer: NodeFixture.Member

    init(
        runner: any SkillRunner = ScriptedRunner(), licenses: License.Kind? = .enterprise, authorCredit: String = "1",
        configure: (inout NodeConfiguration) -> Void = { _ in }
    ) async throws {
        self.runner = runner
        fixture = try await NodeFixture(runner: runner, configure: configure)
        seller = try await fixture.register("seller")
        other = try await fixture.register("other")
        author = try await fixture.register("author")
        buyer = try await fixture.register("buyer")
        try await fixture.credit(author, authorCredit)
        try await fixture.credit(buyer, "10")
        let alpha = try await fixture.publish(
            NodeFixture.manifest(name: "alpha", endpoint: "idempotent = true"), by: seller)
        let beta = try await fixture.publish(
            NodeFixture.manifest(
                name: "beta", pricing: "type = \"usage\"\nprice = \"0.0007\"\ncurrency = \"USDC\""), by: other)
        guard let licenses else { return }
        _ = try await fixture.buy(alpha, by: author, kind: licenses)
        _ = try await fixture.buy(beta, by: author, kind: licenses)
    }

    /// A workflow of these steps; its answer is all that they gave.
    static func manifest(
        _ steps: String, version: String = "1.0.0", price: String = "0.01", payer: String = "author",
        output: String? = nil, workflow: String = "", more: String = ""
    ) -> String {
        """
        name = "flow"
        version = "\(version)"
        description = "Calls others"
        category = "automation"
        runtime = "workflow"
        [pricing]
        type = "usage"
        price = "\(price)"
        currency = "USDC"
        [[endpoints]]
        path = "/echo"
        [workflow]
        payer = "\(payer)"
        output = \(output ?? "{ \"$from\" = \"/input\" }")
        \(workflow)
        \(steps)
        \(more)
        """
    }

    /// One step whose payload is a member of the workflow's.
    static func step(_ id: String, _ skill: String = "alpha", more: String = "") -> String {
        """
        [[steps]]
        id = "\(id)"
        skill = "\(skill)"
        endpoint = "/echo"
        input = { "$from" = "/input/\(id)" }
        \(more)

        """
    }

    func publish(_ manifest: String) async throws -> Skill { try await fixture.publish(manifest, by: author) }

    func balances() async throws -> [String] {
        var balances: [String] = []
        for member in [seller, other, author, buyer] { balances.append(try await fixture.balance(member)) }
        return balances
    }

    func platform() async throws -> String {
        try await fixture.store.platformBalances().first { $0.currency == .usdc }?.decimal ?? "0"
    }

    func steps(of reply: ExecuteReply, reader: NodeFixture.Member) async throws -> [JSONValue] {
        let id = try #require(reply.json["usage"]?["id"]?.string)
        let execution = try await fixture.node.execution(id, reader: reader.id)
        return try await fixture.node.workflowPlace(of: execution, reader: reader.id).steps?.array ?? []
    }

    func close() async throws {
        let load = fixture.node.load
        #expect((load.openHolds, load.waiting, load.unbooked) == (0, 0, 0))
        #expect(load.freeSlots == 64)
        let check = try await fixture.node.ledger().check
        #expect(check.isSound, "\(check.faults)")
        try await fixture.close()
    }
}
