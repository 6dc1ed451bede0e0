import Fields
import MarketCore
import Metering
import NodeTestSupport
import Testing

@testable import ExecutionNode

@Suite("Calls that are answered before they are run", .timeLimit(.minutes(1)))
struct LaterTests {
    private func begin(
        _ fixture: NodeFixture, _ skill: Skill, by agent: NodeFixture.Member, key: String? = nil,
        payload: JSONValue = ["sleep": 600_000]
    ) async throws -> String {
        let request = ExecuteRequest(
            caller: agent.id, skill: skill.name, endpoint: "/echo", payload: payload, idempotencyKey: key)
        guard case .taken(let id) = try await fixture.node.executeLater(request) else {
            Issue.record("the call was answered at once")
            return ""
        }
        return id.description
    }

    private func wait(_ fixture: NodeFixture, _ id: String, _ agent: NodeFixture.Member) async throws -> StoredExecution
    {
        while fixture.node.laterProgress(of: id, for: agent.id) != nil {
            try await Task.sleep(for: .milliseconds(2))
        }
        return try await fixture.node.execution(id, reader: agent.id)
    }

    /// One of these that does not wait for a place.
    private func running(_ fixture: NodeFixture, _ ids: [String], _ agent: NodeFixture.Member) async throws -> String {
        while true {
            for id in ids {
                if case .running = fixture.node.laterProgress(of: id, for: agent.id) { return id }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test("an agent has sixteen of them at once; one that is cancelled is booked at no cost and makes room")
    func bound() async throws {
        let fixture = try await NodeFixture { $0.runsMax = 4 }
        let owner = try await fixture.register("keeper")
        let skill = try await fixture.publish(by: owner)
        var ids: [String] = []
        for _ in 0..<LaterRuns.ofAgentMax { ids.append(try await begin(fixture, skill, by: owner)) }
        await expectError(429, "too_many_later_runs") { _ = try await begin(fixture, skill, by: owner) }
        let running = try await self.running(fixture, ids, owner)
        let other = try await fixture.register("other")
        await expectError(404, "execution_not_found") { try await fixture.node.cancel(running, by: other.id) }

        try await fixture.node.cancel(running, by: owner.id)
        let ended = try await fixture.node.execution(running, reader: owner.id)
        #expect(ended.usage.verdict == "cancelled")
        #expect(ended.usage.cost.isZero)
        await expectError(409, "execution_ended") { try await fixture.node.cancel(running, by: owner.id) }
        ids.append(try await begin(fixture, skill, by: owner))

        // One that waits for a place was never run: nothing is booked, and it is known why.
        let last = try #require(ids.last)
        try await fixture.node.cancel(last, by: owner.id)
        guard case .refused(let problem) = fixture.node.laterProgress(of: last, for: owner.id) else {
            Issue.record("it was run")
            return
        }
        #expect(problem.code == "cancelled")

        await fixture.node.stop()
        #expect(fixture.node.load.openHolds == 0)
        try await fixture.close()
    }

    @Test("the result is kept for the caller as the answer of its key is, and repeating the key gives the same")
    func result() async throws {
        let fixture = try await NodeFixture()
        let owner = try await fixture.register("keeper")
        let skill = try await fixture.publish(by: owner)
        for key in ["mine", nil] as [String?] {
            let id = try await begin(fixture, skill, by: owner, key: key, payload: ["text": "hi"])
            let execution = try await wait(fixture, id, owner)
            let report = try JSONValue(parsing: execution.report)
            let result = try await fixture.node.keptResult(of: execution, report: report)
            #expect(result == ["echo": ["text": "hi"]])
        }
        let repeated = ExecuteRequest(
            caller: owner.id, skill: skill.name, endpoint: "/echo", payload: ["text": "hi"], idempotencyKey: "mine")
        guard case .answered(let reply) = try await fixture.node.executeLater(repeated) else {
            Issue.record("it was run again")
            return
        }
        #expect(reply.isReplay)
        #expect(try await fixture.usages(owner).count == 2)
        try await fixture.close()
    }
}
