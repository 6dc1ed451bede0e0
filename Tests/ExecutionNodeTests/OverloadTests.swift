import Fields
import MarketCore
import Metering
import NodeTestSupport
import Synchronization
import Testing

@testable import ExecutionNode

@Suite("Overload: who waits, for how long, and who is turned away", .timeLimit(.minutes(2)))
struct OverloadTests {
    private typealias Answer = Result<ExecuteReply, NodeError>

    /// Calls of one agent that go on until they are cancelled.
    private func flood(
        _ market: Market, by caller: NodeFixture.Member, count: Int, payload: JSONValue = ["sleep": 60_000]
    ) -> Task<[Answer], Never> {
        Task {
            await withTaskGroup(of: Answer.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        do throws(NodeError) {
                            return .success(
                                try await market.fixture.call(
                                    market.skill, by: caller, token: market.token, payload: payload))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
    }

    private func call(_ market: Market, waitSeconds: Int64?) async throws(NodeError) -> ExecuteReply {
        var request = ExecuteRequest(
            caller: market.buyer.id, skill: market.skill.name, endpoint: "/echo", payload: [:], token: market.token)
        request.waitSeconds = waitSeconds
        return try await market.fixture.node.execute(request)
    }

    private func until(_ condition: () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// Nothing is held, nobody waits, every slot is free, and the books agree.
    private func expectNothingLeft(_ market: Market, slots: Int) async throws {
        let load = market.fixture.node.load
        #expect((load.openHolds, load.waiting, load.freeSlots) == (0, 0, slots))
        #expect(try await market.fixture.node.ledger().check.isSound)
        try await market.fixture.close()
    }

    private func expectOverloaded(
        _ reason: String, _ work: () async throws(NodeError) -> Void
    ) async -> NodeError? {
        do throws(NodeError) {
            try await work()
            Issue.record("the call was let through")
            return nil
        } catch {
            #expect(error.status == 503)
            #expect(error.code == "overloaded")
            #expect(error.fields["reason"]?.string == reason)
            #expect(error.retryable)
            #expect(error.retryAfterSeconds != nil)
            return error
        }
    }

    // MARK: Fairness

    @Test("behind a thousand calls of one agent another's single call is served within the next round")
    func flooded() async throws {
        let market = try await Market { $0.runsMax = 1 }
        let node = market.fixture.node
        let flood = flood(market, by: market.buyer, count: 1000, payload: ["sleep": 25])
        // Of some the first may have ended.
        try await until { node.load.waiting > 950 }
        let before = market.runner.started
        let reply = try await market.fixture.call(market.skill, by: market.seller)
        #expect(reply.isOK)
        // The run under way, one whose turn it was, and what began while this one was booked and answered.
        #expect(market.runner.started - before <= 6)
        #expect(node.load.waiting > 900)
        flood.cancel()
        let codes = Set(await flood.value.compactMap { if case .failure(let error) = $0 { error.code } else { nil } })
        #expect(codes == ["cancelled"])
        try await expectNothingLeft(market, slots: 1)
    }

    @Test("one agent never has all slots: another's call begins at once")
    func slotForOthers() async throws {
        let market = try await Market { $0.runsMax = 4 }
        let flood = flood(market, by: market.buyer, count: 10)
        try await until { market.runner.running == 3 && market.fixture.node.load.waiting == 7 }
        #expect(market.fixture.node.load.freeSlots == 1)
        #expect(try await call(market, waitSeconds: nil, by: market.seller).isOK)
        #expect(market.runner.running == 3)
        flood.cancel()
        _ = await flood.value
        try await expectNothingLeft(market, slots: 4)
    }

    private func call(
        _ market: Market, waitSeconds: Int64?, by caller: NodeFixture.Member
    ) async throws(NodeError) -> ExecuteReply {
        var request = ExecuteRequest(caller: caller.id, skill: market.skill.name, endpoint: "/echo", payload: [:])
        request.waitSeconds = waitSeconds
        return try await market.fixture.node.execute(request)
    }

    @Test("an agent has a quarter of the waiting places; the others are for others")
    func waitingPlaces() async throws {
        let market = try await Market {
            $0.runsMax = 1
            $0.waitingMax = 8
        }
        let flood = flood(market, by: market.buyer, count: 3)
        try await until { market.fixture.node.load.waiting == 2 }
        let error = await expectOverloaded("agent") { () throws(NodeError) in
            _ = try await call(market, waitSeconds: nil)
        }
        #expect(error?.detail.hasPrefix("2 of your calls wait for a sandbox already") == true)
        let other = Task { try await call(market, waitSeconds: nil, by: market.seller) }
        try await until { market.fixture.node.load.waiting == 3 }
        flood.cancel()
        #expect(try await other.value.isOK)
        _ = await flood.value
        try await expectNothingLeft(market, slots: 1)
    }

    @Test("after the number of slots was lowered and raised again all that wait are served")
    func resized() async throws {
        let market = try await Market { $0.runsMax = 4 }
        let node = market.fixture.node
        let flood = flood(market, by: market.buyer, count: 40, payload: ["sleep": 20])
        try await until { market.runner.running == 3 }
        for count in [1, 2, 8, 1, 6] {
            var configuration = node.configuration
            configuration.runsMax = count
            node.reconfigure(configuration)
            try await Task.sleep(for: .milliseconds(30))
        }
        let answers = await flood.value
        #expect(answers.count { if case .success(let reply) = $0 { reply.isOK } else { false } } == 40)
        #expect(market.runner.runningMax <= 7)
        try await expectNothingLeft(market, slots: 6)
    }

    // MARK: Time

    @Test("a call that has waited as long as its caller or the node allows is refused; it never ran and holds nothing")
    func late() async throws {
        let market = try await Market {
            $0.runsMax = 1
            $0.waitSecondsMax = 2
        }
        let running = flood(market, by: market.buyer, count: 1)
        try await until { market.runner.running == 1 }
        for (wanted, seconds) in [(0, 0), (1, 1), (nil, 2), (1_000_000, 2)] as [(Int64?, Int64)] {
            let start = ContinuousClock.now
            let error = await expectOverloaded("wait") { () throws(NodeError) in
                _ = try await call(market, waitSeconds: wanted)
            }
            let waited = start.duration(to: .now)
            #expect(waited >= .seconds(seconds))
            #expect(waited < .seconds(seconds + 1))
            #expect(error?.detail.hasPrefix("No sandbox came free within \(seconds) s") == true)
            #expect(market.fixture.node.load.openHolds == 1)
        }
        #expect(market.runner.started == 1)
        running.cancel()
        _ = await running.value
        #expect(try await call(market, waitSeconds: 0).isOK, "a slot that is free needs no waiting")
        #expect(try await market.fixture.usages(market.buyer).count == 2)
        try await expectNothingLeft(market, slots: 1)
    }

    @Test("grants, deadlines and cancellations that meet leave every slot and hold as it was", arguments: 0..<3)
    func races(_: Int) async throws {
        let market = try await Market {
            $0.runsMax = 2
            $0.waitSecondsMax = 1
        }
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<300 {
                group.addTask {
                    let task = Task {
                        try await market.fixture.call(
                            market.skill, by: index % 3 == 0 ? market.seller : market.buyer,
                            token: index % 3 == 0 ? nil : market.token, payload: ["sleep": .number(index % 20)])
                    }
                    if index % 2 == 0 {
                        try? await Task.sleep(for: .milliseconds(index))
                        task.cancel()
                    }
                    _ = try? await task.value
                }
            }
        }
        #expect(market.runner.runningMax <= 2)
        try await expectNothingLeft(market, slots: 2)
    }

    // MARK: Memory

    private final class Host: Sendable {
        private let state = Mutex((isShort: false, readings: 0))
        var readings: Int { state.withLock { $0.readings } }
        func set(isShort: Bool) { state.withLock { $0.isShort = isShort } }
        func read() -> Bool {
            state.withLock { state in
                state.readings += 1
                return state.isShort
            }
        }
    }

    @Test("on a host that is short of memory nothing new is run, what runs goes on, and what waited is turned away")
    func memory() async throws {
        let host = Host()
        let market = try await Market {
            $0.runsMax = 1
            $0.memoryIsShort = host.read
        }
        let running = flood(market, by: market.buyer, count: 1, payload: ["sleep": 2_000])
        try await until { market.runner.running == 1 }
        let waiting = Task { try await call(market, waitSeconds: nil, by: market.seller) }
        try await until { market.fixture.node.load.waiting == 1 }
        host.set(isShort: true)
        try await Task.sleep(for: .milliseconds(1_050))
        _ = await expectOverloaded("memory") { () throws(NodeError) in _ = try await call(market, waitSeconds: nil) }
        #expect(throws: NodeError.self) { try market.fixture.node.requireHealth() }
        await #expect(throws: NodeError.self) {
            try await market.fixture.publish(
                NodeFixture.manifest(
                    version: "2.0.0", more: "tests = [{ endpoint = \"/echo\", payload = {} }]"), by: market.seller)
        }
        #expect(market.runner.started == 1)
        // The one that ran is answered; the one that waited finds no memory when its turn comes.
        let answers = await running.value
        #expect(answers.count { if case .success(let reply) = $0 { reply.isOK } else { false } } == 1)
        let refused = await #expect(throws: NodeError.self) { _ = try await waiting.value }
        #expect(refused?.fields["reason"] == "memory")
        host.set(isShort: false)
        try await Task.sleep(for: .milliseconds(1_050))
        let before = host.readings
        for _ in 0..<50 { #expect(try await call(market, waitSeconds: nil).isOK) }
        #expect(host.readings - before <= 3, "not with every call")
        #expect(market.runner.started == 51)
        try await expectNothingLeft(market, slots: 1)
    }

    @Test("the host is looked at once a second, by one of those who ask")
    func sampling() {
        let watch = MemoryWatch()
        let host = Host()
        let start = ContinuousClock.now
        for _ in 0..<10 { #expect(!watch.isShort(now: start, reading: host.read)) }
        host.set(isShort: true)
        #expect(!watch.isShort(now: start + .milliseconds(999), reading: host.read))
        #expect(watch.isShort(now: start + .seconds(1), reading: host.read))
        #expect(watch.isShort(now: start + .milliseconds(1_500), reading: host.read))
        #expect(host.readings == 2)
    }
}
