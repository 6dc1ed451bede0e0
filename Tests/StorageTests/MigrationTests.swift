import Foundation
import GRDB
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("Files of earlier versions", .timeLimit(.minutes(1)))
struct MigrationTests {
    @Test("purchases from before take the price that their skill has now", arguments: ["usage", "one-time"])
    func runPrice(kind: String) async throws {
        let ids = (1...4).map { Data(repeating: UInt8($0), count: 16) }
        let file = try FormerFile(upTo: "3 published API") { db in
            for (id, name) in [(ids[0], "seller"), (ids[1], "buyer")] {
                try db.execute(
                    sql: "INSERT INTO agents VALUES (?, ?, 'wallet', '', NULL, 0, 0, 0, 0)", arguments: [id, name])
            }
            try db.execute(
                sql: """
                    INSERT INTO skills VALUES (?, ?, 'emailer', '', '', 'utility', ?, 1000, 'USDC', NULL, NULL,
                        'published', '[]', '1.0.0', 0, 0, 0, 0, 0)
                    """, arguments: [ids[2], ids[0], kind])
            try db.execute(
                sql: """
                    INSERT INTO purchases VALUES (?, ?, ?, ?, 0, 'USDC', NULL, 'personal', NULL, NULL, 3, 'completed',
                        0, NULL, 0)
                    """, arguments: [ids[3], ids[1], ids[0], ids[2]])
        }
        let store = try SQLiteStore(path: file.path, signer: TestSigner())
        let id = try #require(UUID(uuidString: "04040404-0404-0404-0404-040404040404"))
        let purchase = try #require(try await store.purchase(id: Purchase.ID(id)))
        #expect(purchase.pricing.unitPrice == StoreFixture.usdc(kind == "usage" ? 1_000 : 0))
        #expect(purchase.license.currentUsage == 3)
        try await store.close()
    }

    @Test("outcomes from before count towards what their agent may store")
    func outcomeSizes() async throws {
        let agent = Agent.ID.new()
        let file = try FormerFile(upTo: "3 published API") { db in
            for (key, bytes) in [("a", 1_000), ("b", 20_000)] {
                try db.execute(
                    sql: "INSERT INTO outcomes VALUES (?, 'r', ?, zeroblob(32), 200, '[]', zeroblob(?), 1000)",
                    arguments: [Account.agent(agent, .usdc).owner, key, bytes])
            }
        }
        let store = try SQLiteStore(path: file.path, signer: TestSigner())
        let scope = IdempotencyScope(agentID: agent, route: "r", key: try IdempotencyKey(header: "b"))
        let found = try await store.lookUp(scope)
        #expect(found.recorded != nil)
        #expect(found.agentBytes == 22_024)
        #expect(try await store.outcomeHorizon() == nil)
        #expect(try await store.pruneOutcomes(before: Timestamp(milliseconds: 2_000)) == 2)
        #expect(try await store.lookUp(scope).agentBytes == 0)
        #expect(try await store.outcomeHorizon() == Timestamp(milliseconds: 2_000))
        try await store.close()
    }
}
