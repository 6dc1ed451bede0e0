import Foundation
import GRDB
import MarketCore
import Testing

@testable import Storage

@Suite("API keys in the store", .timeLimit(.minutes(1)))
struct KeyTests {
    private static let hour: Int64 = 3_600_000

    private static func key(of agent: Agent.ID, at time: Timestamp = .now, expiresAt: Timestamp? = nil) -> StoredKey {
        let plain = StoreFixture.key(of: agent)
        return StoredKey(
            id: plain.id, agentID: agent, name: "k", sha256: plain.sha256, prefix: plain.prefix, createdAt: time,
            expiresAt: expiresAt)
    }

    private static func add(
        _ key: StoredKey, to fixture: StoreFixture, usableMax: Int = 20, unusableMax: Int = 80
    ) async throws -> KeyInsertion {
        try await fixture.store.insert(key: key, usableMax: usableMax, unusableMax: unusableMax)
    }

    @Test("keys are unique, read back as they were, and remember their last use")
    func fields() async throws {
        let fixture = try await StoreFixture()
        let end = Timestamp.now.advanced(byMilliseconds: Self.hour)
        let plain = Self.key(of: fixture.seller.id, expiresAt: end)
        let key = StoredKey(
            id: plain.id, agentID: plain.agentID, name: plain.name, sha256: plain.sha256, prefix: plain.prefix,
            createdAt: plain.createdAt, expiresAt: end, scopes: [.read], signingKey: Array(repeating: 7, count: 32))
        #expect(try await Self.add(key, to: fixture) == .added(dropped: []))
        #expect(try await fixture.store.apiKeys(of: fixture.seller.id).first == key)
        #expect(try await fixture.store.apiKeys(of: fixture.seller.id).count == 2)
        #expect(try await fixture.store.apiKeys(of: .new()) == [])
        await #expect(throws: StoreError.conflict(field: "sha256")) {
            let same = StoredKey(id: .new(), agentID: key.agentID, sha256: key.sha256, prefix: "p", createdAt: .now)
            _ = try await Self.add(same, to: fixture)
        }
        await #expect(throws: StoreError.missing("record")) {
            _ = try await Self.add(StoreFixture.key(of: .new()), to: fixture)
        }
        try await fixture.store.noteUse(of: [key.id: Timestamp(milliseconds: 9), .new(): .now])
        try await fixture.store.noteUse(of: [key.id: Timestamp(milliseconds: 8)])
        try await fixture.store.noteUse(of: [:])
        #expect(try await fixture.store.apiKeys(of: fixture.seller.id)[0].lastUsedAt == Timestamp(milliseconds: 9))
    }

    @Test("an agent has so many usable keys and no more; of the others the oldest go")
    func bounds() async throws {
        let fixture = try await StoreFixture()
        let agent = fixture.seller.id
        let now = Timestamp.now
        for index in 1..<20 {
            let key = Self.key(of: agent, at: now.advanced(byMilliseconds: Int64(index)))
            #expect(try await Self.add(key, to: fixture) == .added(dropped: []))
        }
        let twentyFirst = Self.key(of: agent, at: now.advanced(byMilliseconds: 100))
        #expect(try await Self.add(twentyFirst, to: fixture) == .full)
        // Another agent's are another matter.
        let buyer = try await fixture.buyer()
        #expect(try await Self.add(Self.key(of: buyer.id), to: fixture) == .added(dropped: []))

        var dropped: Set<StoredKey.ID> = []
        var revoked: [StoredKey.ID] = []
        for index in 0..<10 {
            let moment = now.advanced(byMilliseconds: 1_000 + Int64(index))
            let newest = try await fixture.store.apiKeys(of: agent).first { !$0.isRevoked }
            let id = try #require(newest?.id)
            _ = try await fixture.store.revoke(key: id, of: agent, at: nil, now: moment)
            revoked.append(id)
            let insertion = try await Self.add(
                Self.key(of: agent, at: moment.advanced(byMilliseconds: 1)), to: fixture, unusableMax: 3)
            guard case .added(let ids) = insertion else {
                Issue.record("\(insertion)")
                return
            }
            dropped.formUnion(ids)
        }
        #expect(dropped == Set(revoked.dropLast(3)))
        #expect(try await fixture.store.apiKeys(of: agent).count == 23)
        #expect(try await fixture.store.apiKeys().filter { $0.agentID == agent }.count == 20)
    }

    @Test("the last key stays, whatever is revoked, planned or expired")
    func last() async throws {
        let fixture = try await StoreFixture()
        let agent = fixture.seller.id
        let store = fixture.store
        let now = Timestamp.now
        let later = now.advanced(byMilliseconds: Self.hour)
        let first = try #require(try await store.apiKeys(of: agent).first)
        #expect(try await store.revoke(key: first.id, of: agent, at: nil, now: now) == .last)
        #expect(try await store.revoke(key: first.id, of: agent, at: later, now: now) == .last)
        // One that has expired by then does not count.
        let brief = Self.key(of: agent, expiresAt: now.advanced(byMilliseconds: Self.hour / 2))
        _ = try await Self.add(brief, to: fixture)
        #expect(try await store.revoke(key: first.id, of: agent, at: later, now: now) == .last)
        // Nor one that is to end, though it works now.
        let second = Self.key(of: agent)
        _ = try await Self.add(second, to: fixture)
        guard case .revoked(let planned) = try await store.revoke(key: first.id, of: agent, at: later, now: now) else {
            Issue.record("not revoked")
            return
        }
        #expect(planned.revokedAt == later && !planned.isRevoked)
        #expect(try await store.revoke(key: second.id, of: agent, at: later, now: now) == .last)
        // A later plan changes nothing, an earlier one does, and at once is for good.
        let latest = later.advanced(byMilliseconds: 1)
        #expect(try await store.revoke(key: first.id, of: agent, at: latest, now: now) == .revoked(planned))
        guard case .revoked(let ended) = try await store.revoke(key: first.id, of: agent, at: nil, now: now) else {
            Issue.record("not revoked")
            return
        }
        #expect(ended.revokedAt == now && ended.isRevoked)
        #expect(try await store.apiKeys().contains { $0.id == first.id } == false)
        // What is refused already may be revoked, and takes nothing away.
        let over = now.advanced(byMilliseconds: Self.hour)
        guard case .revoked = try await store.revoke(key: brief.id, of: agent, at: nil, now: over) else {
            Issue.record("not revoked")
            return
        }
        #expect(try await store.revoke(key: second.id, of: agent, at: nil, now: over) == .last)
        let buyer = try await fixture.buyer()
        for (id, owner) in [(second.id, buyer.id), (.new(), agent)] {
            await #expect(throws: StoreError.missing("key")) {
                _ = try await store.revoke(key: id, of: owner, at: nil, now: now)
            }
        }
    }

    @Test("of revocations that come at once, one key is left")
    func concurrent() async throws {
        let fixture = try await StoreFixture()
        let agent = fixture.seller.id
        for _ in 0..<19 { _ = try await Self.add(Self.key(of: agent), to: fixture) }
        let keys = try await fixture.store.apiKeys(of: agent)
        let results = try await withThrowingTaskGroup(of: KeyRevocation.self) { group in
            for key in keys {
                group.addTask { try await fixture.store.revoke(key: key.id, of: agent, at: nil, now: .now) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.filter { $0 == .last }.count == 1)
        #expect(try await fixture.store.apiKeys().count == 1)
    }

    @Test("a planned end that has come stays, when the clock is set back")
    func clock() async throws {
        let fixture = try await StoreFixture()
        let agent = fixture.seller.id
        let key = Self.key(of: agent)
        _ = try await Self.add(key, to: fixture)
        let now = Timestamp.now
        let end = now.advanced(byMilliseconds: 1_000)
        _ = try await fixture.store.revoke(key: key.id, of: agent, at: end, now: now)
        try await fixture.store.endKeys(at: end.advanced(byMilliseconds: -1))
        #expect(try await fixture.store.apiKeys().contains { $0.id == key.id })
        try await fixture.store.endKeys(at: end)
        #expect(try await fixture.store.apiKeys().contains { $0.id == key.id } == false)
        let earlier = now.advanced(byMilliseconds: -Self.hour)
        #expect(try await fixture.store.revoke(key: key.id, of: agent, at: end, now: earlier) != .last)
        #expect(try await fixture.store.apiKeys(of: agent).first { $0.id == key.id }?.isRevoked == true)
    }

    @Test("a key from before has no name and no end, and one that was revoked stays so")
    func migration() async throws {
        let ids = (1...4).map { Data(repeating: UInt8($0), count: 16) }
        let file = try FormerFile(upTo: "6 secrets") { db in
            try db.execute(
                sql: "INSERT INTO agents VALUES (?, 'a', 'wallet', '', NULL, 0, 0, 0, 0)", arguments: [ids[0]])
            for (index, revokedAt) in [nil, 1, Int64.max].enumerated() {
                try db.execute(
                    sql: "INSERT INTO api_keys VALUES (?, ?, ?, 'p', 5, NULL, ?)",
                    arguments: [ids[index + 1], ids[0], Data(repeating: UInt8(index), count: 32), revokedAt])
            }
        }
        let store = try SQLiteStore(path: file.path, signer: TestSigner())
        let keys = try await store.apiKeys().sorted { $0.sha256[0] < $1.sha256[0] }
        #expect(keys.map(\.revokedAt) == [nil, Timestamp(milliseconds: .max)])
        #expect(keys.allSatisfy { $0.name == nil && $0.expiresAt == nil && !$0.isRevoked })
        try await store.close()
    }
}
