import Crypto
import Fields
import Foundation
import GRDB
import MarketCore
import Metering
import TestSupport
import Testing

@testable import Storage

@Suite("The audit log", .timeLimit(.minutes(1)))
struct AuditTests {
    private func verify(
        _ fixture: StoreFixture, at path: String? = nil, kept: (number: Int64, hash: [UInt8])? = nil
    ) throws -> AuditCheck {
        try SQLiteStore.verifyAudit(at: path ?? fixture.path, kept: kept) { keyID, signature, bytes in
            keyID == fixture.signer.keyID
                ? fixture.signer.key.publicKey.isValidSignature(Data(signature), for: Data(bytes)) : nil
        }
    }

    /// A log with one entry of each kind of actor, and long and empty texts.
    private func filled() async throws -> StoreFixture {
        let fixture = try await StoreFixture()
        try await fixture.store.append(
            AuditAct(.agent(fixture.seller.id), .keyMade, .key(.new()), ["name": "a \"quoted\" näme", "n": 1]))
        try await fixture.store.append(
            AuditAct(.operator, .creditBooked, .agent(fixture.seller.id), ["amount": "1.50"]))
        try await fixture.store.append(AuditAct(.system, .signingKeyChanged, .node))
        return fixture
    }

    /// The file without the triggers that guard it, changed by `sql`.
    private func edited(_ fixture: StoreFixture, _ statements: [(String, StatementArguments)]) async throws -> String {
        let path = "\(fixture.directory)/edited-\(UUID().uuidString).db"
        try SQLiteStore.copy(from: fixture.path, to: path)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(name)")
            }
            for (sql, arguments) in statements { try db.execute(sql: sql, arguments: arguments) }
        }
        try queue.close()
        return path
    }

    @Test("entries are numbered, name the one before, and the log is sound")
    func chain() async throws {
        let fixture = try await filled()
        let page = try await fixture.store.audit(AuditQuery())
        #expect(page.items.map(\.number) == [3, 2, 1])
        #expect(page.items[0].previous == page.items[1].hash)
        #expect(page.items[2].previous == [UInt8](repeating: 0, count: 32))
        #expect(page.items[2].detail["name"]?.string == "a \"quoted\" näme")
        let check = try verify(fixture)
        #expect(check.isSound, "\(String(describing: check.fault))")
        #expect(check.entries == 3)
        #expect(check.head?.hash == page.items[0].hash)
        #expect(try await fixture.store.auditHead() == check.head)
    }

    @Test("a log without entries is sound and has no head")
    func empty() async throws {
        let fixture = try await StoreFixture()
        let check = try verify(fixture)
        #expect(check.isSound)
        #expect(check.head == nil)
    }

    @Test("no entry is changed or removed, nor is one put out of turn")
    func triggers() async throws {
        let fixture = try await filled()
        for sql in [
            "UPDATE audit_entries SET detail = '{}' WHERE number = 1", "DELETE FROM audit_entries WHERE number = 3",
            "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE number = 2",
            "UPDATE audit_head SET number = 1", "DELETE FROM audit_head",
        ] {
            await #expect(throws: StoreError.self, "\(sql)") {
                try await fixture.store.committer.write { db in _ = try db.run(sql, []) }
            }
        }
        #expect(try verify(fixture).isSound)
    }

    @Test("whatever byte of whatever entry is changed, the check names that entry")
    func anyByte() async throws {
        let fixture = try await filled()
        var random = SeededGenerator(seed: 20_260_131)
        let texts = ["actor_kind", "actor_id", "action", "subject_kind", "subject_id", "detail"]
        for number in 1...3 as ClosedRange<Int64> {
            for column in texts + ["previous", "hash"] {
                let stored = try await fixture.store.read { db in
                    try db.row("SELECT CAST(\(column) AS BLOB) AS bytes FROM audit_entries WHERE number = ?", [number])?
                        .bytes("bytes")
                }
                var bytes = try #require(stored)
                // An empty text gets its first byte.
                if bytes.isEmpty {
                    bytes = [UInt8.random(in: 1...255, using: &random)]
                } else {
                    let place = Int.random(in: bytes.indices, using: &random)
                    bytes[place] ^= UInt8.random(in: 1...255, using: &random)
                }
                let value = texts.contains(column) ? "CAST(? AS TEXT)" : "?"
                let path = try await edited(
                    fixture,
                    [("UPDATE audit_entries SET \(column) = \(value) WHERE number = ?", [Data(bytes), number])])
                let fault = try #require(try verify(fixture, at: path).fault, "\(column) of \(number)")
                #expect(fault.number == number, "\(column) of \(number): \(fault.detail)")
            }
            for delta in [-1, 1] {
                let path = try await edited(
                    fixture, [("UPDATE audit_entries SET time = time + ? WHERE number = ?", [delta, number])])
                #expect(try verify(fixture, at: path).fault?.number == number)
            }
        }
    }

    @Test("an entry that is gone from the middle is named, and so is one between whose hashes were made anew")
    func middle() async throws {
        let fixture = try await filled()
        let gone = try await edited(fixture, [("DELETE FROM audit_entries WHERE number = 2", [])])
        #expect(try verify(fixture, at: gone).fault?.number == 2)

        // An entry whose own hash fits its new content, as who edits the file would write it.
        let entry = try await fixture.store.audit(AuditQuery()).items[1]
        let changed = AuditRecord(
            AuditAct(entry.actor, entry.action, entry.subject, ["amount": "9.99"]), number: 2, at: entry.time,
            previous: entry.previous)
        let rehashed = try await edited(
            fixture,
            [
                (
                    "UPDATE audit_entries SET detail = ?, hash = ? WHERE number = 2",
                    [String(decoding: changed.detail, as: UTF8.self), Data(changed.hash)]
                )
            ])
        #expect(try verify(fixture, at: rehashed).fault?.number == 3)
    }

    @Test("an end that was cut off is missed, also when the head was set back without the node's key")
    func cutOff() async throws {
        let fixture = try await filled()
        let cut = try await edited(fixture, [("DELETE FROM audit_entries WHERE number = 3", [])])
        #expect(try verify(fixture, at: cut).fault?.detail.contains("cut off") == true)

        let second = try await fixture.store.audit(AuditQuery()).items[1]
        let forged = try await edited(
            fixture,
            [
                ("DELETE FROM audit_entries WHERE number = 3", []),
                ("UPDATE audit_head SET number = 2, hash = ?", [Data(second.hash)]),
            ])
        #expect(try verify(fixture, at: forged).fault?.detail.contains("signature") == true)

        let headless = try await edited(
            fixture, [("DELETE FROM audit_entries WHERE number = 3", []), ("DELETE FROM audit_head", [])])
        #expect(try verify(fixture, at: headless).fault?.number == nil)
        let nothing = try await edited(fixture, [("DELETE FROM audit_entries", [])])
        #expect(try verify(fixture, at: nothing).fault != nil)
        let dropped = try await edited(
            fixture, [("DROP TABLE audit_entries", []), ("DROP TABLE audit_head", [])])
        #expect(try verify(fixture, at: dropped).fault != nil)
    }

    @Test("a directory that was set back to an older state is missed by who kept a later head")
    func setBack() async throws {
        let fixture = try await filled()
        let older = "\(fixture.directory)/older.db"
        try SQLiteStore.copy(from: fixture.path, to: older)
        try await fixture.store.append(AuditAct(.operator, .purchaseRevoked, .purchase(.new())))
        let head = try #require(try await fixture.store.auditHead())
        #expect(try verify(fixture, at: older).isSound)
        #expect(try verify(fixture, kept: (head.number, head.hash)).isSound)
        #expect(try verify(fixture, at: older, kept: (head.number, head.hash)).fault != nil)
        #expect(
            try verify(fixture, kept: (head.number, [UInt8](repeating: 7, count: 32))).fault?.number == head.number)
    }

    @Test("a write that is refused leaves no entry, and one that is done leaves exactly one")
    func sameTransaction() async throws {
        let fixture = try await StoreFixture()
        let agent = StoreFixture.agent("buyer")
        let act = AuditAct(.agent(agent.id), .agentRegistered, .agent(agent.id))
        try await fixture.store.recording(act, if: { _ in true }) { () throws(StoreError) in
            try await fixture.store.insert(agent: agent, key: StoreFixture.key(of: agent.id))
        }
        #expect(try await fixture.store.audit(AuditQuery()).total == 1)
        await #expect(throws: StoreError.conflict(field: "name")) {
            try await fixture.store.recording(act, if: { _ in true }) { () throws(StoreError) in
                let other = StoreFixture.agent("buyer")
                try await fixture.store.insert(agent: other, key: StoreFixture.key(of: other.id))
            }
        }
        try await fixture.store.recording(act, if: { _ in false }) { () throws(StoreError) in
            try await fixture.store.update(agent: agent)
        }
        #expect(try await fixture.store.audit(AuditQuery()).total == 1)
        #expect(try verify(fixture).isSound)
    }

    @Test("many at once become one chain")
    func concurrent() async throws {
        let fixture = try await StoreFixture()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try await fixture.store.append(
                        AuditAct(.operator, .creditBooked, .node, ["n": .number(number)]))
                }
            }
            try await group.waitForAll()
        }
        let check = try verify(fixture)
        #expect(check.isSound)
        #expect(check.entries == 200)
    }

    @Test("filters and pages show what they say")
    func filters() async throws {
        let fixture = try await filled()
        let store = fixture.store
        func numbers(_ query: AuditQuery) async throws -> [Int64] { try await store.audit(query).items.map(\.number) }
        #expect(try await numbers(AuditQuery(actor: "operator")) == [2])
        #expect(try await numbers(AuditQuery(actor: fixture.seller.id.description)) == [1])
        #expect(try await numbers(AuditQuery(action: "key")) == [1])
        #expect(try await numbers(AuditQuery(action: "key.made")) == [1])
        #expect(try await numbers(AuditQuery(action: "ke")) == [])
        #expect(try await numbers(AuditQuery(subjectID: fixture.seller.id.description)) == [2])
        #expect(try await numbers(AuditQuery(subjectKind: "node")) == [3])
        #expect(try await numbers(AuditQuery(from: Timestamp.now.advanced(byMilliseconds: 60_000))) == [])
        let first = try await store.audit(AuditQuery(page: PageRequest(limit: 2)))
        #expect(first.total == 3)
        #expect(try await numbers(AuditQuery(page: PageRequest(limit: 2, cursor: first.nextCursor))) == [1])
    }

    @Test("a detail that is too long is not kept, and the entry says how long it was")
    func longDetail() async throws {
        let fixture = try await StoreFixture()
        let long = String(repeating: "x", count: AuditAct.detailBytesMax)
        try await fixture.store.append(AuditAct(.operator, .creditBooked, .node, ["text": .string(long)]))
        let entry = try await fixture.store.audit(AuditQuery()).items[0]
        #expect(entry.detail["omittedBytes"]?.int64 == Int64(long.utf8.count + 11))
        #expect(try verify(fixture).isSound)
    }
}
