import ExecutionNode
import Fields
import MarketCore
import Metering
import NodeTestSupport
import Storage
import Testing

@Suite("Idempotency: one key, one run, one answer", .timeLimit(.minutes(2)))
struct NodeIdempotencyTests {
    @Test("the same key and body get the stored answer, byte for byte, and nothing runs again")
    func replay() async throws {
        let runner = ScriptedRunner()
        let fixture = try await NodeFixture(runner: runner)
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        try await fixture.credit(buyer, "1")
        let token = try await fixture.buy(skill, by: buyer, usageLimit: 2)
        let first = try await fixture.call(skill, by: buyer, token: token, key: "k1")
        // Quoted it is the same key; without the token it is the same request: the answer exists.
        let second = try await fixture.call(skill, by: buyer, key: "\"k1\"")
        #expect(!first.isReplay)
        #expect(second.isReplay)
        #expect(second.outcome == first.outcome)
        #expect(runner.started == 1)
        #expect(try await fixture.balance(buyer) == "0.999")

        let failed = try await fixture.call(skill, by: buyer, token: token, payload: ["verdict": "failed"], key: "k2")
        let again = try await fixture.call(skill, by: buyer, token: token, payload: ["verdict": "failed"], key: "k2")
        #expect(again.isReplay)
        #expect(again.outcome == failed.outcome)
        #expect(failed.outcome.status == 502)
        #expect(runner.started == 2)
        try await fixture.close()
    }

    @Test("a stored answer is given also when the skill has lost the endpoint since")
    func replayOfRemovedEndpoint() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(by: seller)
        let first = try await fixture.call(skill, by: seller, key: "k")
        let changed = NodeFixture.manifest(version: "2.0.0").replacing("\"/echo\"", with: "\"/other\"")
        try await fixture.publish(changed, by: seller)
        let second = try await fixture.call(skill, by: seller, key: "k")
        #expect(second.isReplay)
        #expect(second.outcome == first.outcome)
        await expectError(404, "endpoint_not_found") { _ = try await fixture.call(skill, by: seller, key: "new") }
        try await fixture.close()
    }

    @Test("a result without room is answered once; its key says so from then on, with usage and receipt")
    func resultNotKept() async throws {
        let runner = ScriptedRunner()
        let fixture = try await NodeFixture(runner: runner) { $0.outcomeBytesMax = 8_192 }
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(by: seller)
        let payload: JSONValue = ["text": .string(String(repeating: "x", count: 10_000))]
        let first = try await fixture.call(skill, by: seller, payload: payload, key: "large")
        #expect(first.outcome.status == 200)
        let second = try await fixture.call(skill, by: seller, payload: payload, key: "large")
        #expect(second.isReplay)
        #expect(second.outcome.status == 410)
        #expect(second.json["code"]?.string == "result_not_kept")
        #expect(second.json["usage"] == first.json["usage"])
        #expect(second.json["receipt"] == first.json["receipt"])
        #expect(runner.started == 1)
        try await fixture.close()
    }

    @Test("an agent whose stored answers are full gets 429 before anything runs; replays and calls without keys go on")
    func full() async throws {
        let runner = ScriptedRunner()
        let fixture = try await NodeFixture(runner: runner) { $0.outcomeBytesMax = 8_192 }
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(by: seller)
        var keys = 0
        var refusal: NodeError?
        while refusal == nil, keys < 100 {
            do throws(NodeError) {
                _ = try await fixture.call(skill, by: seller, key: "key-\(keys)")
                keys += 1
            } catch {
                refusal = error
            }
        }
        #expect((2...16).contains(keys))
        #expect(refusal?.status == 429)
        #expect(refusal?.code == "idempotency_store_full")
        #expect(runner.started == keys)
        for key in 0..<keys { #expect(try await fixture.call(skill, by: seller, key: "key-\(key)").isReplay) }
        #expect(try await fixture.call(skill, by: seller).outcome.status == 200)
        let other = try await fixture.register("other")
        #expect(
            try await fixture.node.purchase(
                PurchaseRequest(buyer: other.id, skill: skill.name, idempotencyKey: "k")
            ).outcome.status == 201)
        await expectError(429, "idempotency_store_full") {
            _ = try await fixture.node.purchase(
                PurchaseRequest(buyer: seller.id, skill: skill.name, idempotencyKey: "k"))
        }
        #expect(fixture.node.load.openHolds == 0)
        // The refused key is free again once there is room.
        try await fixture.store.pruneOutcomes(before: .now.advanced(byMilliseconds: 1_000))
        #expect(try await fixture.call(skill, by: seller, key: "key-\(keys)").outcome.status == 200)
        try await fixture.close()
    }

    @Test("the same key with another body is 422, and another agent's same key is another key")
    func mismatch() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(by: seller)
        _ = try await fixture.call(skill, by: seller, payload: ["a": 1], key: "k")
        await expectError(422, "idempotency_key_reused") {
            _ = try await fixture.call(skill, by: seller, payload: ["a": 2], key: "k")
        }
        let buyer = try await fixture.register("buyer")
        let token = try await fixture.buy(skill, by: buyer)
        try await fixture.credit(buyer, "1")
        let reply = try await fixture.call(skill, by: buyer, token: token, payload: ["a": 2], key: "k")
        #expect(!reply.isReplay)
        try await fixture.close()
    }

    @Test("of many calls with one key at once one runs, the others get 409 or its answer")
    func inFlight() async throws {
        let runner = ScriptedRunner()
        let fixture = try await NodeFixture(runner: runner)
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(by: seller)
        let codes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    do throws(NodeError) {
                        return try await fixture.call(skill, by: seller, payload: ["sleep": 30], key: "k").isReplay
                            ? "replay" : "run"
                    } catch {
                        #expect(error.retryAfterSeconds == 1)
                        return error.code
                    }
                }
            }
            return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(codes["run"] == 1)
        #expect(runner.started == 1)
        #expect(Set(codes.keys).isSubset(of: ["run", "replay", "request_in_flight"]))
        try await fixture.close()
    }

    @Test("a call that was refused before it ran leaves its key free")
    func refused() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        let token = try await fixture.buy(skill, by: buyer)
        await expectError(402, "insufficient_balance") {
            _ = try await fixture.call(skill, by: buyer, token: token, key: "k")
        }
        try await fixture.credit(buyer, "1")
        let reply = try await fixture.call(skill, by: buyer, token: token, key: "k")
        #expect(reply.outcome.status == 200)
        #expect(!reply.isReplay)
        try await fixture.close()
    }

    @Test("a purchase with a key is made and paid once")
    func purchase() async throws {
        let pricing = "type = \"one-time\"\nprice = 3\ncurrency = \"USDC\""
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(NodeFixture.manifest(pricing: pricing), by: seller)
        try await fixture.credit(buyer, "10")
        let request = PurchaseRequest(buyer: buyer.id, skill: skill.name, idempotencyKey: "buy-1")
        let first = try await fixture.node.purchase(request)
        let second = try await fixture.node.purchase(request)
        #expect(first.outcome.status == 201)
        #expect(second.isReplay)
        #expect(second.outcome == first.outcome)
        #expect(try await fixture.balance(buyer) == "7")
        var other = request
        other.usageLimit = 5
        await expectError(422, "idempotency_key_reused") { _ = try await fixture.node.purchase(other) }
        try await fixture.close()
    }

    @Test("a key that is empty, too long or not visible ASCII is 400", arguments: ["", "\"\"", "a b", "ä", "\"open"])
    func badKeys(key: String) async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(by: seller)
        await expectError(400, "invalid_idempotency_key") {
            _ = try await fixture.call(skill, by: seller, key: key)
        }
        await expectError(400, "invalid_idempotency_key") {
            _ = try await fixture.call(skill, by: seller, key: String(repeating: "k", count: 256))
        }
        try await fixture.close()
    }
}
