import ExecutionNode
import Fields
import LicenseCheck
import MarketCore
import Metering
import NodeTestSupport
import Storage
import Testing

@Suite("Execute: calls that are not let through, each with nothing run and nothing booked", .timeLimit(.minutes(2)))
struct AdmissionTests {
    @Test("an API key is checked by its checksum before anything else")
    func keys() async throws {
        let market = try await Market()
        let node = market.fixture.node
        #expect(try node.authenticate(market.buyer.apiKey) == market.buyer.id)
        await expectError(401, "api_key_required") { _ = try node.authenticate(nil) }
        await expectError(401, "api_key_malformed") { _ = try node.authenticate("claw_live_short") }
        var wrong = market.buyer.apiKey
        wrong.replaceSubrange(wrong.index(before: wrong.endIndex)..., with: wrong.hasSuffix("0") ? "1" : "0")
        await expectError(401, "api_key_checksum") { _ = try node.authenticate(wrong) }
        await expectError(401, "api_key_unknown") { _ = try node.authenticate(APIKey.generate().text) }
        try await market.close()
    }

    @Test("a skill and an endpoint must exist; the error names the endpoints")
    func unknown() async throws {
        let market = try await Market()
        for name in ["nothing", "0190a0a0-0000-7000-8000-000000000000", "../etc", ""] {
            await expectError(404, "skill_not_found") {
                _ = try await market.fixture.node.execute(
                    ExecuteRequest(caller: market.buyer.id, skill: name, endpoint: "/echo", payload: [:]))
            }
        }
        await expectError(404, "endpoint_not_found") {
            _ = try await market.fixture.node.execute(
                ExecuteRequest(
                    caller: market.buyer.id, skill: market.skill.name, endpoint: "/ecko", payload: [:],
                    token: market.token))
        }
        try await market.close()
    }

    @Test("without a token, with another agent's, another skill's or a forged one, a call is refused")
    func tokens() async throws {
        let market = try await Market()
        let fixture = market.fixture
        await expectError(402, "purchase_required") { _ = try await fixture.call(market.skill, by: market.buyer) }

        let other = try await fixture.register("other")
        await expectError(403, "token_of_another_agent") {
            _ = try await fixture.call(market.skill, by: other, token: market.token)
        }
        let second = try await fixture.publish(NodeFixture.manifest(name: "second"), by: market.seller)
        await expectError(403, "token_for_another_skill") {
            _ = try await fixture.call(second, by: market.buyer, token: market.token)
        }
        for token in ["", "x", "a.b.c", market.token + "x", String(market.token.dropLast(4)) + "AAAA"] {
            await expectError(403, "token_invalid") {
                _ = try await fixture.call(market.skill, by: market.buyer, token: token)
            }
        }
        try await market.close()
    }

    @Test("a revoked purchase is refused at once, with the reason")
    func revoked() async throws {
        let market = try await Market()
        _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
        let purchase = try #require(
            try await market.fixture.store.purchases(buyer: market.buyer.id, skill: market.skill.id).first)
        let revoked = try await market.fixture.node.revoke(purchase.id, reason: "misuse")
        #expect(revoked.revokedReason == "misuse")
        await expectError(403, "purchase_revoked") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
        }
        let error = await #expect(throws: NodeError.self) {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
        }
        #expect(error?.detail == "The purchase was revoked: misuse.")
        await expectError(404, "purchase_not_found") {
            _ = try await market.fixture.node.revoke(.new(), reason: "misuse")
        }
        try await market.close(usages: 1)
    }

    @Test("a disk that is nearly full refuses calls, purchases, uploads and agents before anything is held or stored")
    func storageLow() async throws {
        let market = try await Market()
        let node = market.fixture.node
        var configuration = node.configuration
        configuration.freeBytesMin = .max
        node.reconfigure(configuration)
        let error = await #expect(throws: NodeError.self) {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
        }
        #expect(error?.status == 503)
        #expect(error?.code == "storage_low")
        #expect(error?.fields["freeBytes"]?.int64 ?? 0 > 0)
        await expectError(503, "storage_low") { _ = try await market.fixture.buy(market.skill, by: market.buyer) }
        await expectError(503, "storage_low") {
            try await market.fixture.publish(NodeFixture.manifest(version: "9.0.0"), by: market.seller)
        }
        await expectError(503, "storage_low") { _ = try await market.fixture.register("late") }
        #expect(throws: NodeError.self) { try node.requireHealth() }
        #expect(node.load.openHolds == 0)
        configuration.freeBytesMin = 0
        node.reconfigure(configuration)
        #expect(
            try await market.fixture.call(market.skill, by: market.buyer, token: market.token).outcome.status == 200)
        try await market.close(usages: 1)
    }

    @Test("an expired licence is refused with 402")
    func expired() async throws {
        let market = try await Market()
        let past = Timestamp.now.advanced(byMilliseconds: -1000)
        let purchase = Purchase(
            id: .new(), buyerID: market.buyer.id, sellerID: market.seller.id, skillID: market.skill.id,
            amount: .zero(.usdc), pricing: Pricing(kind: .free, price: .zero(.usdc)),
            license: License(kind: .personal, expiresAt: past),
            status: .completed, createdAt: past)
        try await market.fixture.store.record(try PurchaseRecord(purchase: purchase)) {}
        let token = try PurchaseToken(purchase).signed(with: market.fixture.keys.current)
        await expectError(402, "license_expired") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: token)
        }
        let answer = try await market.fixture.node.verify(market.skill.name, caller: market.buyer.id, token: token)
        #expect(answer["valid"] == false)
        #expect(answer["code"]?.string == "license_expired")
        let untold = try await market.fixture.node.verify(market.skill.name, caller: market.buyer.id, token: nil)
        #expect(untold["valid"] == true, "the other purchase of the buyer still holds")
        let other = try await market.fixture.register("other")
        let old = Purchase(
            id: .new(), buyerID: other.id, sellerID: market.seller.id, skillID: market.skill.id,
            amount: .zero(.usdc), pricing: Pricing(kind: .free, price: .zero(.usdc)),
            license: License(kind: .personal, expiresAt: past),
            status: .completed, createdAt: past)
        try await market.fixture.store.record(try PurchaseRecord(purchase: old)) {}
        let found = try await market.fixture.node.verify(market.skill.name, caller: other.id, token: nil)
        #expect(found["code"]?.string == "license_expired")
        let none = try await market.fixture.node.verify(
            market.skill.name, caller: try await market.fixture.register("nobody").id, token: nil)
        #expect(none["code"]?.string == "purchase_required")
        try await market.close()
    }

    @Test("a licence that is used up is refused with 402, and verify says so")
    func exhausted() async throws {
        let market = try await Market(usageLimit: 2)
        for _ in 0..<2 {
            let reply = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
            #expect(reply.outcome.status == 200)
        }
        await expectError(402, "usage_limit_reached") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
        }
        let answer = try await market.fixture.node.verify(
            market.skill.name, caller: market.buyer.id, token: market.token)
        #expect(answer["valid"] == false)
        #expect(answer["code"]?.string == "usage_limit_reached")
        let untold = try await market.fixture.node.verify(market.skill.name, caller: market.buyer.id, token: nil)
        #expect(untold["valid"] == false)
        #expect(untold["code"]?.string == "usage_limit_reached")
        try await market.close(usages: 2)
    }

    @Test("a balance below the price is refused with 402, naming both amounts")
    func poor() async throws {
        let market = try await Market(credit: "0.0009")
        do {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
            Issue.record("the call was let through")
        } catch {
            #expect(error.status == 402)
            #expect(error.code == "insufficient_balance")
            #expect(error.json["required"]?.string == "0.001")
            #expect(error.json["available"]?.string == "0.0009")
        }
        try await market.close()
    }

    @Test("a call that costs more than maxCost is refused; one that costs as much is not")
    func maxCost() async throws {
        let market = try await Market()
        await expectError(402, "max_cost_exceeded") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token, maxCost: "0.0009")
        }
        await expectError(422, "invalid_field") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token, maxCost: "-1")
        }
        let reply = try await market.fixture.call(
            market.skill, by: market.buyer, token: market.token, maxCost: "0.001")
        #expect(reply.outcome.status == 200)
        try await market.close(usages: 1)
    }

    @Test("a payload that does not fit the endpoint's schema is refused with the places")
    func schema() async throws {
        let input = """
            [endpoints.input]
            type = "object"
            required = ["text"]
            additionalProperties = false
            [endpoints.input.properties]
            text = { type = "string", maxLength = 5 }
            """
        let market = try await Market(manifest: NodeFixture.manifest(endpoint: input))
        for payload in [[:], ["text": 1], ["text": "123456"], ["text": "a", "more": 1], nil, "a"] as [JSONValue] {
            do {
                _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token, payload: payload)
                Issue.record("\(payload) was let through")
            } catch {
                #expect(error.status == 422)
                #expect(error.code == "payload_invalid")
                #expect(error.json["violations"]?.array?.isEmpty == false)
            }
        }
        try await market.close()
    }

    @Test("calls beyond the licence's rate get 429 with Retry-After, and take neither a use nor a slot")
    func rate() async throws {
        let market = try await Market(usageLimit: 4) {
            $0.licenseRate = RateLimit(quota: 1, windowSeconds: 60, burst: 3)
        }
        for _ in 0..<3 {
            let reply = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
            #expect(reply.rates.first?.policy == "license")
        }
        do {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
            Issue.record("the call was let through")
        } catch {
            #expect(error.status == 429)
            #expect(error.code == "rate_limited")
            #expect((1...60).contains(try #require(error.retryAfterSeconds)))
            #expect(
                error.detail.hasPrefix(
                    "The rate limit of this licence is 1 call in 60 seconds, at most 3 at once; try again in "))
            #expect(error.fields["policy"] == "license")
            #expect(error.rates.first?.decision.remaining == 0)
        }
        let load = market.fixture.node.load
        #expect(load.openHolds == 0)
        #expect(load.freeSlots == 64)
        try await market.close(usages: 3)
    }

    @Test("when as many calls wait as may, the next gets 503 and leaves no hold")
    func overloaded() async throws {
        let market = try await Market {
            $0.runsMax = 1
            $0.waitingMax = 1
        }
        let running = Task {
            try await market.fixture.call(market.skill, by: market.buyer, token: market.token, payload: ["sleep": 400])
        }
        while market.runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        let waiting = Task { try await market.fixture.call(market.skill, by: market.buyer, token: market.token) }
        while market.fixture.node.load.waiting == 0 { try await Task.sleep(for: .milliseconds(2)) }
        await expectError(503, "overloaded") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
        }
        #expect(market.fixture.node.load.openHolds == 2)
        #expect(try await running.value.outcome.status == 200)
        #expect(try await waiting.value.outcome.status == 200)
        #expect(market.runner.runningMax == 1)
        try await market.close(usages: 2)
    }

    @Test("a call that is cancelled while it waits for a slot leaves nothing")
    func cancelledWaiting() async throws {
        let market = try await Market { $0.runsMax = 1 }
        let running = Task {
            try await market.fixture.call(market.skill, by: market.buyer, token: market.token, payload: ["sleep": 300])
        }
        while market.runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        let waiting = Task { try await market.fixture.call(market.skill, by: market.buyer, token: market.token) }
        while market.fixture.node.load.waiting == 0 { try await Task.sleep(for: .milliseconds(2)) }
        waiting.cancel()
        await expectError(503, "cancelled") { _ = try await waiting.value }
        #expect(try await running.value.outcome.status == 200)
        let load = market.fixture.node.load
        #expect((load.openHolds, load.waiting, load.freeSlots) == (0, 0, 1))
        try await market.close(usages: 1)
    }

    @Test("a purchase that is revoked while its call waits for a slot is refused, and frees slot and hold")
    func revokedWhileWaiting() async throws {
        let market = try await Market { $0.runsMax = 1 }
        let fixture = market.fixture
        let running = Task {
            try await fixture.call(market.skill, by: market.buyer, token: market.token, payload: ["sleep": 400])
        }
        while market.runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        let waiting = Task { try await fixture.call(market.skill, by: market.buyer, token: market.token) }
        while fixture.node.load.waiting == 0 { try await Task.sleep(for: .milliseconds(2)) }
        let purchase = try #require(try await fixture.store.purchases(buyer: market.buyer.id, skill: nil).first)
        _ = try await fixture.node.revoke(purchase.id, reason: "misuse")
        await expectError(403, "purchase_revoked") { _ = try await waiting.value }
        #expect(try await running.value.outcome.status == 200)
        let load = fixture.node.load
        #expect((load.openHolds, load.waiting, load.freeSlots) == (0, 0, 1))
        try await market.close(usages: 1)
    }
}
