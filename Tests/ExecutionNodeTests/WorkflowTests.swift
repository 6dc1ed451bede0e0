import Fields
import MarketCore
import Metering
import NodeTestSupport
import Sandbox
import Storage
import Testing

@testable import ExecutionNode

@Suite("Workflows: what is called, and who pays what", .timeLimit(.minutes(2)))
struct WorkflowTests {
    private static let two = WorkflowMarket.step("a") + WorkflowMarket.step("b", "beta")

    private func call(
        _ market: WorkflowMarket, _ flow: Skill, _ payload: JSONValue, token: String?, key: String? = nil,
        maxCost: String? = nil
    ) async throws(NodeError) -> ExecuteReply {
        try await market.fixture.call(
            flow, by: market.buyer, token: token, payload: payload, maxCost: maxCost, key: key)
    }

    // MARK: Money

    @Test("the author pays the steps and gets the price; every base unit is where it belongs")
    func authorPays() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(
            WorkflowMarket.manifest(
                Self.two,
                output: "{ first = { \"$from\" = \"/steps/a/result/echo\" }, x = { \"$text\" = \"{/input/b/n}!\" } }"))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let reply = try await call(market, flow, ["a": ["n": 1], "b": ["n": 2]], token: token)
        #expect(reply.json["result"] == ["first": ["n": 1], "x": "2!"])
        #expect(reply.json["usage"]?["cost"] == "0.01")
        // alpha costs 1000 base units, 25 of them fee; beta 700, 18 of them fee; the workflow 10000, 250 of them fee.
        #expect(try await market.balances() == ["0.000975", "0.000682", "1.00805", "9.99"])
        #expect(try await market.platform() == "0.000293")
        let steps = try await market.steps(of: reply, reader: market.buyer)
        #expect(steps.map { $0["paidBy"] } == ["author", "author"])
        #expect(steps.allSatisfy { $0["cost"] == nil }, "what the author pays is no matter of the buyer's")
        #expect(try await market.fixture.usages(market.author).map(\.cost.base).sorted() == [700, 1000])
        #expect(try await market.fixture.usages(market.buyer).count == 1)
        try await market.close()
    }

    @Test("the buyer's price is shared among the sellers of the steps, and the author gets the rest")
    func buyerPays() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(WorkflowMarket.manifest(Self.two, payer: "buyer"))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let reply = try await call(market, flow, ["a": 1, "b": 2], token: token)
        #expect(reply.isOK)
        // 10000 = 1000 + 700 + 8300; the fee of 8300 is 208.
        #expect(reply.json["usage"]?["cost"] == "0.0083")
        #expect(try await market.balances() == ["0.000975", "0.000682", "1.008092", "9.99"])
        #expect(try await market.platform() == "0.000251")
        let steps = try await market.steps(of: reply, reader: market.buyer)
        #expect(steps.compactMap { $0["cost"]?.string }.sorted() == ["0.0007", "0.001"])
        #expect(Set(try await market.fixture.usages(market.buyer).map(\.cost.base)) == [1000, 700, 8300])
        #expect(try await market.fixture.usages(market.author).isEmpty)
        let purchase = try #require(
            try await market.fixture.store.purchases(buyer: market.buyer.id, skill: flow.id).first)
        #expect(purchase.license.currentUsage == 1, "the steps are no uses of the workflow's licence")
        try await market.close()
    }

    @Test("when a step fails, the buyer has paid only for the steps that went well", arguments: ["author", "buyer"])
    func partialFailure(payer: String) async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(
            WorkflowMarket.manifest(
                WorkflowMarket.step("a") + WorkflowMarket.step("b", "beta", more: "after = [\"a\"]"), payer: payer))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let reply = try await call(market, flow, ["a": 1, "b": ["verdict": "timeout"]], token: token, key: "k")
        #expect(reply.outcome.status == 504)
        #expect(reply.json["code"] == "timeout")
        #expect(reply.json["step"] == "b")
        #expect(reply.json["detail"]?.string?.contains("step b (beta) ended with timeout") == true)
        #expect(reply.json["usage"]?["cost"] == "0")
        #expect(
            try await market.balances()
                == (payer == "author" ? ["0.000975", "0", "0.999", "10"] : ["0.000975", "0", "1", "9.999"]))
        let again = try await call(market, flow, ["a": 1, "b": ["verdict": "timeout"]], token: token, key: "k")
        #expect(again.isReplay)
        #expect(again.json["usage"] == reply.json["usage"])
        try await market.close()
    }

    @Test("an owner's own run and a free one share no price: the author pays the steps")
    func ownerRuns() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(WorkflowMarket.manifest(Self.two, payer: "buyer"))
        let reply = try await market.fixture.call(flow, by: market.author, payload: ["a": 1, "b": 2])
        #expect(reply.isOK)
        #expect(reply.json["usage"]?["cost"] == "0")
        #expect(try await market.balances() == ["0.000975", "0.000682", "0.9983", "10"])
        try await market.close()
    }

    @Test("a licence under which a run costs nothing has the author pay the steps")
    func oneTime() async throws {
        let market = try await WorkflowMarket()
        let manifest = WorkflowMarket.manifest(Self.two)
            .replacing("type = \"usage\"\nprice = \"0.01\"", with: "type = \"one-time\"\nprice = \"1\"")
        let flow = try await market.publish(manifest)
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let reply = try await call(market, flow, ["a": 1, "b": 2], token: token)
        #expect(reply.isOK)
        #expect(try await market.balances() == ["0.000975", "0.000682", "1.9733", "9"])
        try await market.close()
    }

    @Test("the author's balance bounds what can begin, and the buyer is not told what it is")
    func authorIsPoor() async throws {
        let market = try await WorkflowMarket(authorCredit: "0.0015")
        let flow = try await market.publish(WorkflowMarket.manifest(Self.two))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let error = await #expect(throws: NodeError.self) {
            try await call(market, flow, ["a": 1, "b": 2], token: token)
        }
        #expect(error?.status == 503)
        #expect(error?.code == "workflow_unfunded")
        #expect(error?.json.description.contains("0.0015") == false)
        #expect(try await market.balances() == ["0", "0", "0.0015", "10"])
        try await market.close()
    }

    @Test("a buyer who cannot pay the whole begins nothing")
    func buyerIsPoor() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(WorkflowMarket.manifest(Self.two, price: "11", payer: "buyer"))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let error = await #expect(throws: NodeError.self) {
            try await call(market, flow, ["a": 1, "b": 2], token: token)
        }
        #expect(error?.code == "insufficient_balance")
        let capped = await #expect(throws: NodeError.self) {
            try await call(market, flow, ["a": 1, "b": 2], token: token, maxCost: "1")
        }
        #expect(capped?.code == "max_cost_exceeded")
        #expect(try await market.balances() == ["0", "0", "1", "10"])
        try await market.close()
    }

    @Test(
        "neither balances nor use limits of author's licences are exceeded by runs at once",
        arguments: ["author", "buyer"])
    func concurrent(payer: String) async throws {
        let market = try await WorkflowMarket(licenses: nil, authorCredit: "0.005")
        let alpha = try await market.fixture.node.skill("alpha")
        _ = try await market.fixture.buy(alpha, by: market.author, usageLimit: payer == "author" ? 3 : nil)
        let flow = try await market.publish(
            WorkflowMarket.manifest(WorkflowMarket.step("a"), price: "1.5", payer: payer))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let outcomes = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<24 {
                group.addTask {
                    do throws(NodeError) {
                        return try await call(market, flow, ["a": ["sleep": 20]], token: token).outcome.status
                    } catch {
                        return error.status
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        // The buyer pays six of them; the licence allows three, and the author's balance five at once.
        #expect(outcomes[200] ?? 0 <= (payer == "author" ? 3 : 6))
        #expect(outcomes[200] ?? 0 >= 1)
        let ran = outcomes[200] ?? 0
        #expect(
            try await market.fixture.store.balance(of: market.buyer.id, in: .usdc).base == 10_000_000 - ran * 1_500_000)
        try await market.close()
    }

    @Test("a step's share is refunded by its own seller")
    func refundOfAShare() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(WorkflowMarket.manifest(Self.two, payer: "buyer"))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        _ = try await call(market, flow, ["a": 1, "b": 2], token: token)
        let share = try #require(
            try await market.fixture.usages(market.buyer).first { $0.cost.base == 1000 })
        await #expect(throws: NodeError.self) {
            try await market.fixture.node.refundExecution(
                share.id.description, RefundRequest(reason: "no"), by: .seller(market.author.id))
        }
        _ = try await market.fixture.node.refundExecution(
            share.id.description, RefundRequest(amount: "0.0005", reason: "slow"), by: .seller(market.seller.id))
        #expect(try await market.balances() == ["0.000475", "0.000682", "1.008092", "9.9905"])
        try await market.fixture.credit(market.seller, "1")
        _ = try await market.fixture.node.refundExecution(
            share.id.description, RefundRequest(reason: "all of it"), by: .operator)
        #expect(try await market.fixture.balance(market.buyer) == "9.991")
        try await market.close()
    }

    @Test("neither a revoked workflow runs, nor one whose step's version was revoked", arguments: ["flow", "alpha"])
    func revoked(name: String) async throws {
        let runner = ScriptedRunner()
        let market = try await WorkflowMarket(runner: runner)
        let flow = try await market.publish(WorkflowMarket.manifest(Self.two, payer: "buyer"))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        #expect(try await call(market, flow, ["a": 1, "b": 2], token: token).isOK)
        let before = (runner.started, try await market.balances())
        _ = try await market.fixture.node.revoke("1.0.0", of: name, reason: "leaks its input", for: nil)
        let error = await #expect(throws: NodeError.self) {
            try await call(market, flow, ["a": 1, "b": 2], token: token)
        }
        #expect(error?.code == "version_revoked")
        #expect(error?.status == 410)
        #expect(runner.started == before.0)
        #expect(try await market.balances() == before.1)
        try await market.close()
    }

    // MARK: Order

    @Test("branches run side by side up to the limit, and what waits runs after")
    func parallel() async throws {
        let runner = ScriptedRunner()
        let market = try await WorkflowMarket(runner: runner)
        let steps = (0..<6).map { WorkflowMarket.step("s\($0)") }.joined()
        let flow = try await market.publish(WorkflowMarket.manifest(steps, workflow: "parallel = 3", more: ""))
        let payload = JSONObject(
            uniqueKeys: (0..<6).map { ("s\($0)", ["sleep": 30] as JSONValue) })
        let reply = try await market.fixture.call(flow, by: market.author, payload: .object(payload))
        #expect(reply.isOK)
        #expect(runner.started == 6)
        #expect(runner.runningMax <= 3)
        try await market.close()
    }

    @Test("a step is left out when its condition does not hold, and a default stands in for its result")
    func conditions() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(
            WorkflowMarket.manifest(
                WorkflowMarket.step("a")
                    + WorkflowMarket.step("b", "beta", more: "when = { from = \"/steps/a/result/echo/n\", gt = 5 }"),
                output: "{ b = { \"$from\" = \"/steps/b/result/echo\", \"$default\" = \"none\" } }"))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let without = try await call(market, flow, ["a": ["n": 5], "b": 1], token: token)
        #expect(without.json["result"] == ["b": "none"])
        let steps = try await market.steps(of: without, reader: market.buyer)
        #expect(steps.last == ["step": "b", "fallback": false, "verdict": nil, "skipped": true])
        let with = try await call(market, flow, ["a": ["n": 6], "b": 1], token: token)
        #expect(with.json["result"] == ["b": 1])
        #expect(try await market.fixture.usages(market.author).count == 3)
        try await market.close()
    }

    @Test("a failed step's fallback stands in for it, and only what went well is paid")
    func fallback() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(
            WorkflowMarket.manifest(
                WorkflowMarket.step(
                    "a",
                    more: """
                        [steps.fallback]
                        skill = "beta"
                        endpoint = "/echo"
                        input = { instead = true }
                        """),
                payer: "buyer", output: "{ \"$from\" = \"/steps/a/result\" }"))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let reply = try await call(market, flow, ["a": ["verdict": "memory_limit"]], token: token)
        #expect(reply.json["result"] == ["echo": ["instead": true]])
        #expect(try await market.balances() == ["0", "0.000682", "1.009067", "9.99"])
        let steps = try await market.steps(of: reply, reader: market.buyer)
        #expect(steps.map { $0["verdict"]?["kind"] } == ["memory_limit", "ok"])
        let plain = try await call(market, flow, ["a": 1], token: token)
        #expect(plain.json["result"] == ["echo": 1])
        try await market.close()
    }

    @Test("what may be run again is, as often as the step says, under one record")
    func retries() async throws {
        let runner = ScriptedRunner()
        let market = try await WorkflowMarket(runner: runner)
        let flow = try await market.publish(
            WorkflowMarket.manifest(
                WorkflowMarket.step("a", more: "retries = 2") + WorkflowMarket.step("b", "beta", more: "retries = 3")))
        let failed: JSONValue = ["verdict": "failed"]
        let script: JSONValue = ["attempts": [failed, failed, 7]]
        // beta is not idempotent: its failure is final.
        let reply = try await market.fixture.call(flow, by: market.author, payload: ["a": script, "b": 1])
        #expect(reply.isOK)
        #expect(runner.started == 4)
        let refused = try await market.fixture.call(flow, by: market.author, payload: ["a": 1, "b": script])
        #expect(refused.json["step"] == "b")
        try await market.close()
    }

    @Test("a step's timeout, a payload that its skill refuses and a missing place each name the step")
    func faults() async throws {
        let runner = ScriptedRunner()
        let market = try await WorkflowMarket(runner: runner)
        let strict = try await market.fixture.publish(
            NodeFixture.manifest(
                name: "strict", endpoint: "input = { type = \"object\", required = [\"n\"] }"), by: market.author)
        _ = strict
        let flow = try await market.publish(
            WorkflowMarket.manifest(WorkflowMarket.step("a", "strict", more: "timeout = \"250ms\"")))
        let refused = try await market.fixture.call(flow, by: market.author, payload: ["a": ["m": 1]])
        #expect(refused.outcome.status == 502)
        #expect(refused.json["reason"] == "payload_invalid")
        #expect(refused.json["step"] == "a")
        let missing = try await market.fixture.call(flow, by: market.author, payload: ["b": 1])
        #expect(missing.json["code"] == "invalid_response")
        #expect(missing.json["reason"] == "reference_missing")
        #expect(missing.json["detail"]?.string?.contains("input of the step a") == true)
        #expect(runner.started == 0)
        #expect(try await market.fixture.call(flow, by: market.author, payload: ["a": ["n": 1]]).isOK)
        #expect(runner.wallMilliseconds.last ?? .max <= 250)
        try await market.close()
    }

    @Test("a result that is too large for a step is not paid")
    func tooLarge() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(WorkflowMarket.manifest(WorkflowMarket.step("a")))
        let text = String(repeating: "x", count: Workflow.resultBytesMax)
        let reply = try await market.fixture.call(
            flow, by: market.author, payload: ["a": ["stdout": .string("\"\(text)\"")]])
        #expect(reply.json["code"] == "output_limit")
        #expect(try await market.fixture.balance(market.author) == "1")
        try await market.close()
    }

    @Test("a caller that goes away cancels the steps, and none of those is paid")
    func cancelled() async throws {
        let runner = ScriptedRunner()
        let market = try await WorkflowMarket(runner: runner)
        let flow = try await market.publish(WorkflowMarket.manifest(Self.two, payer: "buyer"))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let task = Task {
            try await call(market, flow, ["a": ["sleep": 60_000], "b": ["sleep": 60_000]], token: token)
        }
        while runner.running < 2 { await Task.yield() }
        task.cancel()
        let reply = try await task.value
        #expect(reply.json["code"] == "cancelled")
        #expect(try await market.balances() == ["0", "0", "1", "10"])
        try await market.close()
    }
}

extension JSONObject {
    fileprivate init(uniqueKeys members: [(String, JSONValue)]) {
        self.init()
        for (key, value) in members { self[key] = value }
    }
}
