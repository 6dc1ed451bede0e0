import ExecutionNode
import Fields
import MarketCore
import Metering
import NodeTestSupport
import Sandbox
import Storage
import Synchronization
import TestSupport
import Testing

/// Lets the store fail from the moment that so many runs have ended: what they did is lost, as when the process dies.
final class DyingRunner: SkillRunner {
    private let inner = ScriptedRunner()
    private let outage: StoreOutage
    private let left: Mutex<Int>

    /// - Parameter runs: that are still booked; nil never dies.
    init(_ outage: StoreOutage, after runs: Int?) {
        self.outage = outage
        left = Mutex(runs ?? .max)
    }

    var started: Int { inner.started }

    func run(_ request: RunRequest) async -> RunOutcome {
        let outcome = await inner.run(request)
        let dies = left.withLock { left in
            left -= 1
            return left < 0
        }
        if dies { outage.set(true) }
        return outcome
    }
}

@Suite("Workflows that a crash cuts off", .serialized, .timeLimit(.minutes(5)))
struct WorkflowResumeTests {
    /// A process that dies after so many runs, with what it was asked.
    private func die(
        after runs: Int?, in directory: String, _ body: (NodeFixture) async throws -> Void
    ) async throws -> Int {
        let outage = StoreOutage()
        let runner = DyingRunner(outage, after: runs)
        let life = try await NodeFixture(runner: runner, directory: directory, outage: outage) { configuration in
            configuration.bookingPace.patience = .milliseconds(20)
            configuration.bookingPace.firstWait = .milliseconds(5)
        }
        try await body(life)
        try await life.stop()
        return runner.started
    }

    private static let chain =
        WorkflowMarket.step("a") + WorkflowMarket.step("b", "beta", more: "after = [\"a\"]")
        + WorkflowMarket.step("c", more: "after = [\"b\"]")

    @Test(
        "the same request goes on with the settled steps, and nothing is run or charged twice",
        arguments: ["author", "buyer"])
    func resumes(payer: String) async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(
            WorkflowMarket.manifest(
                Self.chain, payer: payer,
                output: "{ a = { \"$from\" = \"/steps/a/result/echo\" }, c = { \"$from\" = \"/steps/c/result/echo\" } }"
            ))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        let buyer = market.buyer
        try await market.fixture.stop()
        let directory = market.fixture.directory
        let payload: JSONValue = ["a": 1, "b": 2, "c": 3]

        // It dies when the second step has run and is not booked.
        let first = try await die(after: 1, in: directory) { life in
            let error = await #expect(throws: NodeError.self) {
                try await life.call(flow, by: buyer, token: token, payload: payload, key: "k")
            }
            #expect(error?.code == "not_booked")
        }
        #expect(first == 2)

        let last = try await die(after: nil, in: directory) { life in
            #expect(life.node.load.openHolds == 0, "what the dead process held is free")
            let before = try await life.usages(buyer)
            let cut = try #require(before.first { $0.skillID == flow.id })
            #expect(cut.verdict == "launch_failed")
            #expect(cut.cost.isZero)
            let other = await #expect(throws: NodeError.self) {
                try await life.call(flow, by: buyer, token: token, payload: ["a": 9], key: "k")
            }
            #expect(other?.code == "idempotency_key_reused")
            let reply = try await life.call(flow, by: buyer, token: token, payload: payload, key: "k")
            #expect(reply.outcome.status == 200, "\(reply.json)")
            #expect(reply.json["result"] == ["a": 1, "c": 3])
            #expect(try await life.call(flow, by: buyer, token: token, payload: payload, key: "k").isReplay)
            let id = try #require(reply.json["usage"]?["id"]?.string.flatMap(SkillUsage.ID.init))
            let steps = try await life.store.steps(of: id)
            #expect(steps.filter { $0.usage.verdict == "ok" }.map(\.step) == ["a", "b", "c"])
            #expect(steps.filter { $0.usage.verdict != "ok" }.map(\.step) == ["b"], "the lost call has its record, too")
            #expect(steps.allSatisfy { $0.result == nil }, "results are dropped with the end")
            #expect(try await life.store.steps(of: cut.id).map(\.usage.id) == steps.map(\.usage.id))
            // a and c cost 1000 base units each, b 700.
            #expect(try await life.balance(buyer) == "9.99")
            #expect(try await life.balance(market.author) == (payer == "author" ? "1.00705" : "1.007117"))
            #expect(try await life.balance(market.seller) == "0.00195")
            #expect(try await life.balance(market.other) == "0.000682")
            let check = try await life.node.ledger().check
            #expect(check.isSound, "\(check.faults)")
            #expect(life.node.load.openHolds == 0)
        }
        #expect(last == 2, "the first step is not called again")
        NodeFixture.remove(directory)
    }

    @Test("what was cut off in one version does not go on in another")
    func otherVersion() async throws {
        let market = try await WorkflowMarket()
        let flow = try await market.publish(WorkflowMarket.manifest(Self.chain))
        let token = try await market.fixture.buy(flow, by: market.buyer)
        try await market.fixture.stop()
        let payload: JSONValue = ["a": 1, "b": 2, "c": 3]
        _ = try await die(after: 1, in: market.fixture.directory) { life in
            _ = try? await life.call(flow, by: market.buyer, token: token, payload: payload, key: "k")
        }
        _ = try await die(after: nil, in: market.fixture.directory) { life in
            try await life.publish(WorkflowMarket.manifest(Self.chain, version: "1.1.0"), by: market.author)
            let error = await #expect(throws: NodeError.self) {
                try await life.call(flow, by: market.buyer, token: token, payload: payload, key: "k")
            }
            #expect(error?.code == "workflow_version_changed")
            #expect(try await life.call(flow, by: market.buyer, token: token, payload: payload, key: "l").isOK)
            try await life.store.pruneWorkflows(before: Timestamp.now.advanced(byMilliseconds: 1000))
            #expect(try await life.call(flow, by: market.buyer, token: token, payload: payload, key: "k").isOK)
            #expect(try await life.node.ledger().check.isSound)
        }
        NodeFixture.remove(market.fixture.directory)
    }

    // MARK: Any workflow

    /// A workflow of some steps over two skills, each with what its call is to do.
    private static func random(
        _ random: inout SeededGenerator
    ) -> (steps: String, payload: JSONValue, count: Int) {
        let count = Int.random(in: 1...7, using: &random)
        let verdicts = ["failed", "timeout", "launch_failed"]
        var payload = JSONObject()
        var steps = ""
        for index in 0..<count {
            let earlier = (0..<index).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }.map { "\"s\($0)\"" }
            var more = "after = [\(earlier.joined(separator: ", "))]\n"
            if Int.random(in: 0..<5, using: &random) == 0 {
                more += "when = { from = \"/input/s\(index)/n\", gte = 5 }\n"
            }
            more += "retries = \(Int.random(in: 0...2, using: &random))\n"
            if Int.random(in: 0..<3, using: &random) == 0 {
                more += "[steps.fallback]\nskill = \"beta\"\nendpoint = \"/echo\"\ninput = { n = 1 }\n"
            }
            steps += WorkflowMarket.step("s\(index)", Bool.random(using: &random) ? "alpha" : "beta", more: more)
            var call: JSONObject = ["n": .number(Int.random(in: 0..<10, using: &random))]
            if Int.random(in: 0..<6, using: &random) == 0 {
                call["verdict"] = .string(verdicts.randomElement(using: &random) ?? "failed")
            }
            if Int.random(in: 0..<3, using: &random) == 0 { call["sleep"] = 1 }
            payload["s\(index)"] = .object(call)
        }
        return (steps, .object(payload), count)
    }

    @Test("any workflow, with any failures and crashes, moves what it says and nothing else")
    func anyWorkflow() async throws {
        var random = SeededGenerator(seed: UInt64.random(in: .min ... .max))
        let seed = random.seed
        for round in 0..<25 {
            let payer = Bool.random(using: &random) ? "buyer" : "author"
            let (steps, payload, _) = Self.random(&random)
            let market = try await WorkflowMarket()
            let parallel = Int.random(in: 1...4, using: &random)
            let flow = try await market.publish(
                WorkflowMarket.manifest(steps, price: "0.02", payer: payer, workflow: "parallel = \(parallel)"))
            let token = try await market.fixture.buy(flow, by: market.buyer)
            try await market.fixture.stop()
            let directory = market.fixture.directory
            var reply: ExecuteReply?
            var lives = 0
            while reply == nil, lives < 12 {
                let runs = lives < 10 ? Int.random(in: 0...4, using: &random) : nil
                _ = try await die(after: runs, in: directory) { life in
                    #expect(life.node.load.openHolds == 0, "seed \(seed), round \(round)")
                    reply = try? await life.call(flow, by: market.buyer, token: token, payload: payload, key: "k")
                }
                lives += 1
            }
            let answer = try #require(reply, "seed \(seed), round \(round)")
            _ = try await die(after: nil, in: directory) { life in
                let check = try await life.node.ledger().check
                #expect(check.isSound, "seed \(seed), round \(round): \(check.faults)")
                #expect(life.node.load.openHolds == 0)
                try await Self.checkMoney(life, market, flow, answer, payer, "seed \(seed), round \(round)")
            }
            NodeFixture.remove(directory)
        }
    }

    private static func checkMoney(
        _ life: NodeFixture, _ market: WorkflowMarket, _ flow: Skill, _ answer: ExecuteReply, _ payer: String,
        _ place: Comment
    ) async throws {
        let id = try #require(answer.json["usage"]?["id"]?.string.flatMap(SkillUsage.ID.init), place)
        let steps = try await life.store.steps(of: id)
        let paid = steps.filter { $0.usage.verdict == "ok" }
        #expect(Set(paid.map { "\($0.step) \($0.isFallback)" }).count == paid.count, "a step was paid twice; \(place)")
        #expect(steps.filter { $0.usage.verdict != "ok" }.allSatisfy { $0.usage.cost.isZero }, place)
        #expect(paid.allSatisfy { $0.isShared == (payer == "buyer") }, place)
        let cost = paid.reduce(Int64(0)) { $0 + $1.usage.cost.base }
        let price: Int64 = 20_000
        let own = answer.isOK ? price - (payer == "buyer" ? cost : 0) : 0
        let spent = own + (payer == "buyer" ? cost : 0)
        func base(_ member: NodeFixture.Member) async throws -> Int64 {
            try await life.store.balance(of: member.id, in: .usdc).base
        }
        #expect(try await base(market.buyer) == 10_000_000 - spent, place)
        let authored = 1_000_000 + own - (own + 39) / 40 - (payer == "author" ? cost : 0)
        #expect(try await base(market.author) == authored, place)
        var shares: [String: Int64] = [:]
        for step in paid {
            shares[step.skillName, default: 0] += step.usage.cost.base - (step.usage.cost.base + 39) / 40
        }
        #expect(try await base(market.seller) == shares["alpha"] ?? 0, place)
        #expect(try await base(market.other) == shares["beta"] ?? 0, place)
    }
}
