import ExecutionNode
import Fields
import Metering
import NodeTestSupport
import Testing

@Suite("Rate limits: what counts against which", .timeLimit(.minutes(2)))
struct RateTests {
    private static func few(_ burst: Int64) -> RateLimit { RateLimit(quota: 1, windowSeconds: 3600, burst: burst) }

    @Test("calls that one licence refuses leave the agent its calls under another")
    func allOrNothing() async throws {
        let market = try await Market {
            $0.licenseRate = Self.few(2)
            $0.agentRate = Self.few(4)
        }
        let other = try await market.fixture.publish(NodeFixture.manifest(name: "other"), by: market.seller)
        let token = try await market.fixture.buy(other, by: market.buyer)
        for _ in 0..<2 { _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token) }
        for _ in 0..<20 {
            let refused = await #expect(throws: NodeError.self) {
                _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
            }
            #expect(refused?.code == "rate_limited")
            #expect(refused?.rates.map(\.policy) == ["license", "agent"])
            #expect(refused?.rates.map(\.decision.remaining) == [0, 2])
        }
        for _ in 0..<2 { _ = try await market.fixture.call(other, by: market.buyer, token: token) }
        let refused = await #expect(throws: NodeError.self) {
            _ = try await market.fixture.call(other, by: market.buyer, token: token)
        }
        #expect(refused?.fields["policy"] == "agent")
        #expect(market.fixture.node.load.openHolds == 0)
        try await market.close(usages: 4)
    }

    @Test("of many calls at once neither limit lets one more through than it should")
    func storm() async throws {
        let market = try await Market {
            $0.licenseRate = Self.few(30)
            $0.agentRate = Self.few(50)
        }
        let other = try await market.fixture.publish(NodeFixture.manifest(name: "other"), by: market.seller)
        let token = try await market.fixture.buy(other, by: market.buyer)
        func storm(_ ours: Bool) async -> Int {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let call = try? await market.fixture.call(
                            ours ? market.skill : other, by: market.buyer, token: ours ? market.token : token)
                        return call != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
        }
        #expect(await storm(true) == 30)
        // The agent's other twenty are there, whatever was refused meanwhile.
        #expect(await storm(false) == 20)
        try await market.close(usages: 50)
    }

    @Test("a call that is refused for anything else counts against its agent, so that nobody may try for ever")
    func refusals() async throws {
        let market = try await Market { $0.agentRate = Self.few(3) }
        await expectError(402, "purchase_required") {
            _ = try await market.fixture.call(market.skill, by: market.buyer)
        }
        await expectError(403, "token_invalid") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: "x")
        }
        await expectError(404, "skill_not_found") {
            _ = try await market.fixture.node.execute(
                ExecuteRequest(caller: market.buyer.id, skill: "nothing", endpoint: "/echo", payload: [:]))
        }
        await expectError(429, "rate_limited") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
        }
        let reply = try await market.fixture.call(market.skill, by: market.seller)
        #expect(reply.rates.map(\.policy) == ["license", "agent"])
        #expect(market.runner.started == 1)
        try await market.fixture.close()
    }

    @Test("a replay counts against its agent and not against the licence; beyond the agent's limit it is refused")
    func replays() async throws {
        let market = try await Market {
            $0.licenseRate = Self.few(1)
            $0.agentRate = Self.few(4)
        }
        _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token, key: "k")
        for remaining in [2, 1, 0] as [Int64] {
            let replay = try await market.fixture.call(market.skill, by: market.buyer, token: market.token, key: "k")
            #expect(replay.isReplay)
            #expect(replay.rates.map(\.policy) == ["agent"])
            #expect(replay.rates.first?.decision.remaining == remaining)
        }
        await expectError(429, "rate_limited") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token, key: "k")
        }
        try await market.close(usages: 1)
    }
}
