import Foundation
import GRDB
import MarketCore
import Testing

@testable import Storage

@Suite("Names, bans and pauses as they are stored", .timeLimit(.minutes(1)))
struct ControlTests {
    private func insert(_ name: String, into fixture: StoreFixture, at time: Timestamp = StoreFixture.now) async throws
        -> Agent
    {
        let agent = Agent(
            id: .new(), name: name, ownerWallet: "So11111111111111111111111111111111111111112", description: "",
            createdAt: time, updatedAt: time)
        try await fixture.store.insert(agent: agent, key: StoreFixture.key(of: agent.id))
        return agent
    }

    @Test("a name that looks like one that is taken is taken")
    func alike() async throws {
        let fixture = try await StoreFixture()
        _ = try await insert("acme tools", into: fixture)
        for name in ["acme tools", "Acme-Tools", "acmet00ls", "acme_too1s"] {
            await #expect(throws: StoreError.conflict(field: "name"), "\(name)") {
                _ = try await insert(name, into: fixture)
            }
        }
        _ = try await insert("acme tool", into: fixture)
    }

    @Test("the name of a deactivated agent is free after a year, that of a banned one never")
    func freed() async throws {
        let fixture = try await StoreFixture()
        let (now, year) = (StoreFixture.now, AgentName.reservedMilliseconds)
        let first = try await insert("acme", into: fixture)
        let second = try await insert("mallory", into: fixture)
        for agent in [first, second] {
            _ = try await fixture.store.change(.deactivate, of: agent.id, at: now, onCommit: { _ in })
        }
        _ = try await fixture.store.change(.ban(reason: "r"), of: second.id, at: now, onCommit: { _ in })
        await #expect(throws: StoreError.conflict(field: "name")) {
            _ = try await insert("acme", into: fixture, at: now.advanced(byMilliseconds: year - 1))
        }
        let later = now.advanced(byMilliseconds: year)
        let heir = try await insert("Acme", into: fixture, at: later)
        #expect(try await fixture.store.agent(named: "Acme")?.id == heir.id)
        #expect(try await fixture.store.agent(named: "acme") == nil)
        let former = try #require(try await fixture.store.agent(id: first.id))
        #expect(former.name == "former \(first.id)")
        await #expect(throws: StoreError.conflict(field: "name")) {
            _ = try await insert("mall0ry", into: fixture, at: later)
        }
    }

    @Test("the skills of who does not take part are in no list, and come back with their agent")
    func hidden() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        try await store.setFeatured([fixture.skill.id])
        func shown() async throws -> [Int] {
            [
                try await store.skills(SkillQuery()).items.count, try await store.featured().count,
                try await store.agents(search: nil, page: PageRequest()).items.count,
                Int(try await store.stats(of: fixture.seller.id).skills),
            ]
        }
        let steps: [(AgentChange, Agent.Status)] = [
            (.ban(reason: "r"), .banned), (.deactivate, .banned), (.unban, .deactivated), (.reactivate, .active),
        ]
        #expect(try await shown() == [1, 1, 1, 1])
        for (change, status) in steps {
            let agent = try await store.change(change, of: fixture.seller.id, at: .now, onCommit: { _ in })
            #expect(agent.status == status)
            #expect(try await store.inactiveAgents()[agent.id] == (status == .active ? nil : status))
            let expected = status == .active ? 1 : 0
            #expect(try await shown() == [expected, expected, expected, expected], "\(change)")
            #expect(try await store.agentCounts()[status] == 1)
        }
        await #expect(throws: StoreError.missing("agent")) {
            _ = try await store.change(.deactivate, of: .new(), at: .now, onCommit: { _ in })
        }
    }

    @Test("of agents from before that look alike both stay, and nobody else gets the name")
    func formerNames() async throws {
        let file = try FormerFile(upTo: "9 named keys") { db in
            for (id, name) in [(1, "acme"), (2, "Acme")] {
                try db.execute(
                    sql: "INSERT INTO agents VALUES (?, ?, 'wallet', '', NULL, 0, 0, 0, 0)",
                    arguments: [Data(repeating: UInt8(id), count: 16), name])
            }
        }
        let store = try SQLiteStore(path: file.path, signer: TestSigner())
        #expect(try await store.agents(search: nil, page: PageRequest()).items.map(\.name) == ["Acme", "acme"])
        let agent = StoreFixture.agent("a-c-m-e")
        await #expect(throws: StoreError.conflict(field: "name")) {
            try await store.insert(agent: agent, key: StoreFixture.key(of: agent.id))
        }
        try await store.close()
    }
}
