import Fields
import MarketCore
import Metering
import NodeTestSupport
import Sandbox
import Storage
import Testing

@testable import ExecutionNode

@Suite("Retries: what the node runs once more, and what that costs", .timeLimit(.minutes(2)))
struct RetryTests {
    private static let notBegun: JSONValue = ["verdict": "launch_failed", "begun": false, "reason": "launcher_died"]
    private static let lost: JSONValue = ["verdict": "launch_failed", "reason": "launcher_died"]
    private static let failed: JSONValue = ["verdict": "failed"]
    private static let ok: JSONValue = ["stdout": "7"]

    private func market(idempotent: Bool = false, wall: String = "10s") async throws -> Market {
        try await Market(
            manifest: NodeFixture.manifest(
                endpoint: "idempotent = \(idempotent)\n[limits]\nwall = \"\(wall)\""), usageLimit: 5)
    }

    private func call(
        _ market: Market, _ attempts: JSONValue..., key: String? = nil
    ) async throws(NodeError) -> ExecuteReply {
        try await market.fixture.call(
            market.skill, by: market.buyer, token: market.token, payload: ["attempts": .array(attempts)], key: key)
    }

    /// One record, with the cost and the report's verdicts; as many runs as `attempts`.
    private func expectRecord(
        _ market: Market, attempts: Int, cost: String, verdict: String, first: String? = nil
    ) async throws {
        #expect(market.runner.started == attempts)
        let usages = try await market.fixture.usages(market.buyer)
        #expect(usages.map(\.verdict) == [verdict])
        let usage = try #require(usages.first)
        #expect(usage.cost.decimal == cost)
        #expect(usage.durationMilliseconds == (attempts == 2 ? 5 : 3), "the time of all attempts")
        let execution = try await market.fixture.node.execution(usage.id.description, reader: market.buyer.id)
        let report = try JSONValue(parsing: execution.report)
        #expect(report["verdict"]?["kind"]?.string == verdict)
        #expect(report["attempts"]?.int64 == (attempts == 2 ? 2 : nil))
        #expect(report["firstVerdict"]?["kind"]?.string == first)
        let purchase = try #require(
            try await market.fixture.store.purchases(buyer: market.buyer.id, skill: nil).first)
        #expect(purchase.license.currentUsage == (cost == "0" ? 0 : 1))
        let load = market.fixture.node.load
        #expect((load.openHolds, load.waiting, load.freeSlots) == (0, 0, 64))
        #expect(try await market.fixture.node.ledger().check.isSound)
        try await market.fixture.close()
    }

    // MARK: The platform

    @Test("what the platform failed to start is started once more, booked once and charged once")
    func notBegun() async throws {
        let market = try await market()
        let reply = try await call(market, Self.notBegun, Self.ok)
        #expect(reply.outcome.status == 200)
        #expect(reply.json["result"] == 7)
        try await expectRecord(market, attempts: 2, cost: "0.001", verdict: "ok", first: "launch_failed")
    }

    @Test("what fails to start twice is answered 503, booked once and costs nothing")
    func notBegunTwice() async throws {
        let market = try await market()
        let reply = try await call(market, Self.notBegun, Self.notBegun, Self.ok)
        #expect(reply.outcome.status == 503)
        #expect(reply.json["code"]?.string == "launch_failed")
        try await expectRecord(market, attempts: 2, cost: "0", verdict: "launch_failed", first: "launch_failed")
    }

    @Test("a skill of which something may have been executed is not run again")
    func begun() async throws {
        let market = try await market()
        #expect(try await call(market, Self.lost, Self.ok).outcome.status == 503)
        try await expectRecord(market, attempts: 1, cost: "0", verdict: "launch_failed")
    }

    @Test("unless its endpoint is idempotent")
    func begunIdempotent() async throws {
        let market = try await market(idempotent: true)
        #expect(try await call(market, Self.lost, Self.ok).outcome.status == 200)
        try await expectRecord(market, attempts: 2, cost: "0.001", verdict: "ok", first: "launch_failed")
    }

    @Test(
        "a cause that lasts is not tried again",
        arguments: ["layer_missing", "entry_point_missing", "interpreter_missing", "skill_files", "request"])
    func lasting(reason: String) async throws {
        let market = try await market(idempotent: true)
        let attempt: JSONValue = ["verdict": "launch_failed", "begun": false, "reason": .string(reason)]
        #expect(try await call(market, attempt, Self.ok).outcome.status == 503)
        try await expectRecord(market, attempts: 1, cost: "0", verdict: "launch_failed")
    }

    // MARK: The skill

    @Test("a skill that failed is not run again")
    func failed() async throws {
        let market = try await market()
        #expect(try await call(market, Self.failed, Self.ok).outcome.status == 502)
        try await expectRecord(market, attempts: 1, cost: "0", verdict: "failed")
    }

    @Test("of an idempotent endpoint it is, once, and is charged once", arguments: ["failed", "signaled"])
    func failedIdempotent(verdict: String) async throws {
        let market = try await market(idempotent: true)
        #expect(try await call(market, ["verdict": .string(verdict)], Self.ok).outcome.status == 200)
        try await expectRecord(market, attempts: 2, cost: "0.001", verdict: "ok", first: verdict)
    }

    @Test("and what fails twice has the second failure's verdict, and costs nothing")
    func failedTwice() async throws {
        let market = try await market(idempotent: true)
        let reply = try await call(market, Self.failed, ["verdict": "signaled"], Self.ok)
        #expect(reply.json["code"]?.string == "signaled")
        try await expectRecord(market, attempts: 2, cost: "0", verdict: "signaled", first: "failed")
    }

    @Test(
        "a limit that was reached and a result that does not fit are not tried again",
        arguments: [
            "timeout", "cpu_limit", "memory_limit", "pids_limit", "output_limit", "file_size_limit", "syscall_denied",
            "cancelled",
        ])
    func limits(verdict: String) async throws {
        let market = try await market(idempotent: true)
        _ = try await call(market, ["verdict": .string(verdict)], Self.ok)
        try await expectRecord(market, attempts: 1, cost: "0", verdict: verdict)
    }

    @Test("nor is a result that is not what the skill declares")
    func invalidResponse() async throws {
        let market = try await market(idempotent: true)
        _ = try await call(market, ["stdout": "no json"], Self.ok)
        try await expectRecord(market, attempts: 1, cost: "0", verdict: "invalid_response")
    }

    // MARK: Time

    @Test("both attempts keep within the time limit, and there is no second with less than half of it left")
    func deadline() async throws {
        let early = try await market(idempotent: true, wall: "4s")
        #expect(
            try await call(early, ["verdict": "failed", "sleep": 500], Self.ok).outcome.status == 200)
        let walls = early.runner.wallMilliseconds
        #expect(walls.first == 4_000)
        #expect((2_000...3_500).contains(try #require(walls.last)))
        try await expectRecord(early, attempts: 2, cost: "0.001", verdict: "ok", first: "failed")

        let late = try await market(idempotent: true, wall: "400ms")
        for attempt in [
            ["verdict": "failed", "sleep": 250], ["verdict": "launch_failed", "begun": false, "sleep": 250],
        ]
            as [JSONValue]
        {
            #expect(try await call(late, attempt, Self.ok).outcome.status != 200)
        }
        #expect(late.runner.started == 2)
        #expect(try await late.fixture.usages(late.buyer).map(\.cost.base) == [0, 0])
        try await late.fixture.close()
    }

    @Test("a caller that is gone has no second attempt")
    func cancelled() async throws {
        let market = try await market(idempotent: true)
        let task = Task { try await call(market, Self.notBegun, Self.ok) }
        while market.runner.started == 0 { await Task.yield() }
        task.cancel()
        _ = try await task.value
        #expect(market.runner.started == 1)
        #expect(try await market.fixture.usages(market.buyer).map(\.verdict) == ["launch_failed"])
        #expect(market.fixture.node.load.openHolds == 0)
        try await market.fixture.close()
    }

    // MARK: Idempotency keys

    @Test("a key stores the outcome of the last attempt, and a replay runs nothing")
    func keys() async throws {
        let market = try await market(idempotent: true)
        let first = try await call(market, Self.failed, Self.ok, key: "k")
        let second = try await call(market, Self.failed, Self.ok, key: "k")
        #expect(first.outcome.status == 200)
        #expect(second.isReplay)
        #expect(second.outcome == first.outcome)
        try await expectRecord(market, attempts: 2, cost: "0.001", verdict: "ok", first: "failed")
    }
}
