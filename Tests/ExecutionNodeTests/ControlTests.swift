import ExecutionNode
import Fields
import Foundation
import MarketCore
import Metering
import NodeTestSupport
import Synchronization
import Testing

@Suite("Pauses, bans and farewells", .timeLimit(.minutes(2)))
struct ControlTests {
    private func pause(
        _ node: ExecutionNode, _ target: Pause.Target, cancelRunning: Bool = false
    ) async throws -> Int {
        try await node.pause(
            Pause(target, reason: "moving", retryAfterSeconds: 7, since: .now), cancelRunning: cancelRunning
        ).cancelled
    }

    @Test("a pause of executions refuses new calls with its reason, and survives a restart")
    func executions() async throws {
        let market = try await Market()
        _ = try await pause(market.fixture.node, .executions)
        do throws(NodeError) {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
            Issue.record("it ran")
        } catch {
            #expect(error.status == 503)
            #expect(error.code == "paused")
            #expect(error.retryAfterSeconds == 7)
            #expect(error.detail.contains("moving"))
        }
        // Buying is not running.
        _ = try await market.fixture.buy(market.skill, by: market.buyer)
        try await market.fixture.stop()

        let later = try await NodeFixture(runner: market.runner, directory: market.fixture.directory)
        await expectError(503, "paused") {
            _ = try await later.call(market.skill, by: market.buyer, token: market.token)
        }
        #expect(market.runner.started == 0)
        try await later.node.resume(.executions)
        #expect(try await later.call(market.skill, by: market.buyer, token: market.token).isOK)
        await expectError(404, "pause_not_found") { try await later.node.resume(.executions) }
        try await later.close()
    }

    @Test("each pause stops what it names and nothing else")
    func targets() async throws {
        let market = try await Market()
        let (node, fixture) = (market.fixture.node, market.fixture)
        let other = try await fixture.publish(NodeFixture.manifest(name: "other"), by: market.seller)
        let token = try await fixture.buy(other, by: market.buyer)
        // What is refused: call, call of another skill, purchase, publication.
        func refused() async -> [Bool] {
            var list: [Bool] = []
            for work in [
                { _ = try await fixture.call(market.skill, by: market.buyer, token: market.token) },
                { _ = try await fixture.call(other, by: market.buyer, token: token) },
                { _ = try await fixture.buy(market.skill, by: market.buyer) },
                {
                    try await fixture.publish(
                        NodeFixture.manifest(name: "s\(UUID().uuidString.prefix(8).lowercased())"), by: market.seller)
                },
            ] as [() async throws -> Void] {
                do {
                    try await work()
                    list.append(false)
                } catch {
                    #expect((error as? NodeError)?.code == "paused", "\(error)")
                    list.append(true)
                }
            }
            return list
        }
        for (target, expected) in [
            (.purchases, [false, false, true, false]), (.executions, [true, true, false, false]),
            (.publishing, [false, false, false, true]), (.skill(market.skill.id), [true, false, true, false]),
            (.agent(market.seller.id), [true, true, true, true]), (.agent(market.buyer.id), [true, true, true, false]),
            (.agent(.new()), [false, false, false, false]),
        ] as [(Pause.Target, [Bool])] {
            _ = try await pause(node, target)
            #expect(await refused() == expected, "\(target)")
            try await node.resume(target)
        }
        #expect(await refused() == [false, false, false, false])
        try await fixture.close()
    }

    @Test("what runs goes on under a pause, or is ended at no cost when that is asked for")
    func running() async throws {
        let market = try await Market()
        let fixture = market.fixture
        @Sendable func start(_ milliseconds: Int) -> Task<ExecuteReply, any Error> {
            Task {
                try await fixture.call(
                    market.skill, by: market.buyer, token: market.token, payload: ["sleep": .number(milliseconds)])
            }
        }
        let short = start(300)
        while market.runner.running < 1 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(try await pause(fixture.node, .executions) == 0)
        #expect(try await short.value.isOK)
        try await fixture.node.resume(.executions)

        let long = [start(600_000), start(600_000), start(600_000)]
        while market.runner.running < 3 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(try await pause(fixture.node, .skill(.new()), cancelRunning: true) == 0)
        #expect(try await pause(fixture.node, .skill(market.skill.id), cancelRunning: true) == 3)
        for task in long {
            let reply = try await task.value
            #expect(reply.outcome.status == 503)
            #expect(reply.json["code"]?.string == "cancelled")
            #expect(reply.json["usage"]?["cost"]?.string == "0")
        }
        #expect(try await fixture.balance(market.buyer) == "9.999")
        try await fixture.close()
    }

    @Test("a call that waits for its turn while the pause comes is refused, and keeps nothing back")
    func waiting() async throws {
        let market = try await Market { $0.runsMax = 1 }
        let fixture = market.fixture
        let first = Task {
            try await fixture.call(market.skill, by: market.buyer, token: market.token, payload: ["sleep": 300])
        }
        while market.runner.running < 1 { try await Task.sleep(for: .milliseconds(2)) }
        let second = Task { try await fixture.call(market.skill, by: market.buyer, token: market.token) }
        while fixture.node.load.waiting < 1 { try await Task.sleep(for: .milliseconds(2)) }
        _ = try await pause(fixture.node, .executions)
        #expect(try await first.value.isOK)
        await expectError(503, "paused") { _ = try await second.value }
        #expect(fixture.node.load.openHolds == 0)
        #expect(market.runner.started == 1)
        try await fixture.close()
    }

    private final class Flags: Sendable {
        let isBanned = Atomic<Bool>(false)
        /// Calls that began after the ban and ran all the same.
        let late = Atomic<Int>(0)
    }

    @Test("no call that begins after a ban runs, whatever goes on meanwhile; the books stay sound")
    func banConcurrently() async throws {
        let market = try await Market(credit: "100")
        let fixture = market.fixture
        let flags = Flags()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<200 {
                        let wasBanned = flags.isBanned.load(ordering: .acquiring)
                        do {
                            _ = try fixture.node.authenticate(market.buyer.apiKey)
                            _ = try await fixture.call(market.skill, by: market.buyer, token: market.token)
                            if wasBanned { flags.late.add(1, ordering: .relaxed) }
                        } catch let error as NodeError {
                            #expect(error.code == "agent_banned", "\(error)")
                        }
                    }
                }
            }
            group.addTask {
                while market.runner.started < 20 { await Task.yield() }
                _ = try await fixture.node.ban("buyer", reason: "r")
                flags.isBanned.store(true, ordering: .releasing)
            }
            try await group.waitForAll()
        }
        #expect(flags.late.load(ordering: .relaxed) == 0)
        #expect(market.runner.started < 1600)
        await expectError(403, "agent_banned") { _ = try fixture.node.authenticate(market.buyer.apiKey) }
        #expect(try await fixture.node.ledger().check.isSound)
        _ = try await fixture.node.unban("buyer")
        #expect(try await fixture.call(market.skill, by: market.buyer, token: market.token).isOK)
        try await fixture.close()
    }

    @Test("bans and unbans that come together leave memory and file in agreement")
    func banAndUnban() async throws {
        let fixture = try await NodeFixture()
        let agent = try await fixture.register("agent")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    if number.isMultiple(of: 2) {
                        _ = try await fixture.node.ban("agent", reason: "r")
                    } else {
                        _ = try await fixture.node.unban("agent")
                    }
                }
            }
            try await group.waitForAll()
        }
        let stored = try await fixture.node.agent("agent").status
        let admitted = (try? fixture.node.authenticate(agent.apiKey)) != nil
        #expect(admitted == (stored == .active))
        #expect(try await fixture.node.audit(AuditQuery(action: "agent")).total == 61)
        try await fixture.close()
    }

    @Test("a banned seller's skills are neither run nor sold; the ban survives a restart")
    func bannedSeller() async throws {
        let market = try await Market()
        _ = try await market.fixture.node.ban("seller", reason: "steals keys")
        await expectError(403, "seller_banned") {
            _ = try await market.fixture.call(market.skill, by: market.buyer, token: market.token)
        }
        await expectError(403, "seller_banned") { _ = try await market.fixture.buy(market.skill, by: market.buyer) }
        try await market.fixture.stop()
        let later = try await NodeFixture(runner: market.runner, directory: market.fixture.directory)
        await expectError(403, "agent_banned") { _ = try later.node.authenticate(market.seller.apiKey) }
        try await later.close()
    }

    @Test("who leaves sells no more, but who bought goes on, and no money is lost")
    func deactivation() async throws {
        let market = try await Market()
        let (fixture, node) = (market.fixture, market.fixture.node)
        #expect(try await fixture.call(market.skill, by: market.buyer, token: market.token).isOK)
        await expectError(409, "balance_left") { _ = try await node.deactivate("seller", by: market.seller.id) }
        await expectError(403, "not_the_agent") { _ = try await node.deactivate("seller", by: market.buyer.id) }
        let left = try await node.deactivate("seller", by: market.seller.id, leavesBalance: true)
        #expect(left.status == .deactivated)
        await expectError(403, "agent_deactivated") { _ = try node.authenticate(market.seller.apiKey) }
        #expect(try await node.skills(SkillQuery()).items.isEmpty)
        await expectError(409, "skill_not_for_sale") { _ = try await fixture.buy(market.skill, by: market.buyer) }
        #expect(try await fixture.call(market.skill, by: market.buyer, token: market.token).isOK)
        #expect(try await fixture.balance(market.seller) == "0.00195")
        #expect(try await node.ledger().check.isSound)

        _ = try await node.reactivate("seller")
        #expect(try node.authenticate(market.seller.apiKey) == market.seller.id)
        #expect(try await node.skills(SkillQuery()).items.count == 1)
        try await fixture.close()
    }

    @Test("an agent that left is paid out what it had, once per reference, and the log has it")
    func payout() async throws {
        let market = try await Market()
        let (fixture, node) = (market.fixture, market.fixture.node)
        #expect(try await fixture.call(market.skill, by: market.buyer, token: market.token).isOK)
        _ = try await node.deactivate("seller", by: market.seller.id, leavesBalance: true)
        func payOut(_ amount: String, _ reference: String, to agent: Agent.ID) async throws -> RecordedCash {
            try await node.payOut(
                CashRequest(
                    agentID: agent, amount: try Money(decimal: amount, currency: .usdc), reference: reference))
        }
        await expectError(409, "payout_too_large") { _ = try await payOut("1", "t-1", to: market.seller.id) }
        await expectError(404, "agent_not_found") { _ = try await payOut("1", "t-1", to: .new()) }
        #expect(try await payOut("0.000975", "t-1", to: market.seller.id).balance.isZero)
        #expect(try await payOut("0.000975", "t-1", to: market.seller.id).replayed)
        await expectError(409, "reference_reused") { _ = try await payOut("0.0009", "t-1", to: market.seller.id) }
        #expect(try await node.ledger().check.isSound)
        let entries = try await node.audit(AuditQuery(action: "payout")).items
        #expect(entries.map { $0.detail["reference"] } == ["t-1"])
        try await fixture.close()
    }

    @Test("an agent without money leaves at once")
    func leaving() async throws {
        let fixture = try await NodeFixture()
        let agent = try await fixture.register("agent")
        #expect(try await fixture.node.deactivate("agent", by: agent.id).status == .deactivated)
        await expectError(409, "name_taken") { _ = try await fixture.register("Agent") }
        try await fixture.close()
    }

    @Test("an agent changes what it says about itself, and a new wallet is an entry of its own")
    func update() async throws {
        let fixture = try await NodeFixture()
        let agent = try await fixture.register("agent")
        let wallet = "11111111111111111111111111111111"
        let changed = try await fixture.node.update(
            "agent", AgentUpdate(description: "New", avatar: "ipfs://x", ownerWallet: wallet), by: agent.id)
        #expect(changed.description == "New")
        #expect(try await fixture.node.agent("agent").ownerWallet == wallet)
        let entry = try #require(try await fixture.node.audit(AuditQuery()).items.first)
        #expect(entry.action.rawValue == "agent.wallet_changed")
        #expect(entry.detail["formerOwner"]?.string == NodeFixture.wallet)
        let bare = try await fixture.node.update("agent", AgentUpdate(avatar: ""), by: agent.id)
        #expect(bare.avatar == nil)
        #expect(bare.description == "New")
        await expectError(422, "invalid_field") {
            _ = try await fixture.node.update("agent", AgentUpdate(ownerWallet: "x"), by: agent.id)
        }
        try await fixture.close()
    }

    @Test("changes of an agent at the same time are all kept, and one of what it is no longer is refused")
    func updatesMeet() async throws {
        let fixture = try await NodeFixture()
        let agent = try await fixture.register("agent")
        let node = fixture.node
        for round in 0..<20 {
            async let description = node.update("agent", AgentUpdate(description: "\(round)"), by: agent.id)
            async let avatar = node.update("agent", AgentUpdate(avatar: "ipfs://\(round)"), by: agent.id)
            _ = try await (description, avatar)
            let stored = try await node.agent("agent")
            #expect(stored.description == "\(round)" && stored.avatar == "ipfs://\(round)")
        }
        let seen = try await node.agent("agent").revision.description
        let change = AgentUpdate(description: "Seen")
        _ = try await node.update("agent", change, if: .revisions([seen, "other"]), by: agent.id)
        await expectError(412, "agent_changed") {
            _ = try await node.update("agent", change, if: .revisions([seen]), by: agent.id)
        }
        try await fixture.close()
    }
}
