import Foundation
import GRDB
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("Copy of a store", .timeLimit(.minutes(1)))
struct CopyTests {
    @Test("copies that are taken while runs are settled are sound, complete in one file, and never go back")
    func consistent() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer(balance: 1_000_000)
        let purchase = try await fixture.bought(by: buyer)
        let settling = Task {
            var settled = 0
            while !Task.isCancelled, settled < 900 {
                try await fixture.settle(fixture.settlement(fixture.usage(purchase)))
                settled += 1
            }
            return settled
        }
        var former: Int64 = 0
        for number in 0..<5 {
            let copy = "\(fixture.directory)/copy\(number).db"
            let acknowledged = try await fixture.store.totals().usages
            try SQLiteStore.copy(from: fixture.path, to: copy)
            let check = try SQLiteStore.verifyLedger(at: copy)
            #expect(check.faults == [])
            #expect(check.usages >= max(former, acknowledged))
            former = check.usages
            #expect(try SQLiteStore.packages(at: copy).map(\.description) == [StoreFixture.digest])
            #expect(!FileManager.default.fileExists(atPath: copy + "-wal"))
            #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)
        }
        settling.cancel()
        #expect(try await settling.value > 0)
    }

    @Test("a store of another version and a file that is none are not copied")
    func versions() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.pool.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('999 of the future')")
        }
        #expect(throws: StoreError.unavailable("it is of a newer version of clawrunner; use that version")) {
            try SQLiteStore.copy(from: fixture.path, to: fixture.directory + "/a.db")
        }
        try await fixture.store.pool.write { db in
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier IN ('999 of the future', '6 secrets')")
        }
        #expect(throws: StoreError.unavailable("it is of an older version of clawrunner; use that version")) {
            try SQLiteStore.copy(from: fixture.path, to: fixture.directory + "/b.db")
        }
        #expect(throws: StoreError.self) { try SQLiteStore.copy(from: "/nonexistent", to: fixture.directory + "/c.db") }
        try Data(repeating: 7, count: 9000).write(to: URL(filePath: fixture.directory + "/text.db"))
        #expect(throws: StoreError.self) {
            try SQLiteStore.copy(from: fixture.directory + "/text.db", to: fixture.directory + "/d.db")
        }
    }
}
