import Foundation
import GRDB
import Metering
import TestSupport
import Testing

@testable import Storage

@Suite("The quick check of the ledger", .timeLimit(.minutes(5)))
struct QuickAuditTests {
    @Test("of a sound store it decides alone, and says what the exact one does")
    func sound() async throws {
        let fixture = try await StoreFixture.busy()
        let quick = try SQLiteStore.quickCheck(at: fixture.path)
        #expect(try SQLiteStore.checkExactly(at: fixture.path).faults == [])
        #expect(quick == (try SQLiteStore.checkExactly(at: fixture.path)))
        #expect(quick == (try SQLiteStore.verifyLedger(at: fixture.path)))
        #expect(quick?.sums.count == 2)
        let empty = try await StoreFixture()
        #expect(try SQLiteStore.quickCheck(at: empty.path) != nil)
    }

    @Test("whatever one value of one row became, it never decides that what the exact check names is sound")
    func oneValue() async throws {
        let fixture = try await StoreFixture.busy()
        try await fixture.store.close()
        let mutated = try MutatedStore(path: fixture.path)
        var random = SeededGenerator(seed: 20_261_127)
        var (found, missed): (Int, [String]) = (0, [])
        for table in mutated.tables {
            for column in try mutated.columns(of: table) {
                for _ in 0..<8 {
                    let outcome = try mutated.change(column, of: table, &random)
                    found += outcome.exact ? 1 : 0
                    if outcome.exact, !outcome.quick { missed.append("\(table).\(column.name): \(outcome.change)") }
                }
            }
        }
        #expect(missed == [])
        #expect(found > 200)
        #expect(try mutated.isSound())
    }

    @Test("a row that is gone, or there twice, is never sound where the exact check names it")
    func oneRow() async throws {
        let fixture = try await StoreFixture.busy()
        try await fixture.store.close()
        let mutated = try MutatedStore(path: fixture.path)
        var random = SeededGenerator(seed: 1)
        var (found, missed): (Int, [String]) = (0, [])
        for table in mutated.tables {
            for _ in 0..<10 {
                for outcome in [try mutated.drop(from: table, &random), try mutated.double(in: table, &random)] {
                    found += outcome.exact ? 1 : 0
                    if outcome.exact, !outcome.quick { missed.append("\(table): \(outcome.change)") }
                }
            }
        }
        #expect(missed == [])
        #expect(found > 80)
    }

    @Test(
        "what is wrong only in the sum of several rows is found",
        arguments: [
            // Two faults that cancel in every plain sum.
            """
            UPDATE transfers SET amount = amount + iif(reference = (SELECT min(reference) FROM transfers
                WHERE kind = 'usage' AND amount = 975), 1, -1)
            WHERE kind = 'usage' AND reference IN (SELECT reference FROM transfers
                WHERE kind = 'usage' AND amount = 975 ORDER BY reference LIMIT 2)
            """,
            "UPDATE usage_totals SET cost = cost + (1 << 62) WHERE unit = 'hour'",
            "UPDATE usage_totals SET units = units - 9223372036854775807 WHERE unit = 'month'",
            "UPDATE usages SET receipt_hash = zeroblob(32)",
            "UPDATE usages SET timestamp = timestamp + 86400000",
            "DELETE FROM usage_totals",
            "DELETE FROM workflow_steps",
            "DELETE FROM skill_days",
            "DELETE FROM buyer_days",
            "UPDATE usage_cursors SET place = 0 WHERE name = 'analytics'",
            "DELETE FROM transfers WHERE kind LIKE '%fee'",
        ])
    func several(sql: String) async throws {
        let fixture = try await StoreFixture.busy()
        try await fixture.store.close()
        let outcome = try MutatedStore(path: fixture.path).change(by: sql)
        #expect(outcome.exact)
        #expect(outcome.quick)
    }

    @Test("a kept sum in two parts, and a run that is there twice, are found also where no key forbids them")
    func withoutKeys() async throws {
        let fixture = try await StoreFixture.busy()
        try await fixture.store.close()
        let mutated = try MutatedStore(path: fixture.path)
        let halves = try mutated.change(
            by: """
                CREATE TABLE copy AS SELECT * FROM usage_totals;
                DROP TABLE usage_totals;
                ALTER TABLE copy RENAME TO usage_totals;
                INSERT INTO usage_totals
                SELECT unit, start, agent_id, seller_id, skill_id, chain, verdict, currency, 1, 0, 0, 0, 0, 0, 0
                FROM usage_totals WHERE unit = 'hour' AND calls > 1 LIMIT 1;
                UPDATE usage_totals SET calls = calls - 1 WHERE rowid = (
                    SELECT rowid FROM usage_totals WHERE unit = 'hour' AND calls > 1 LIMIT 1);
                """)
        #expect(halves.exact && halves.quick)
        let twice = try mutated.change(
            by: """
                CREATE TABLE copy AS SELECT * FROM usages ORDER BY rowid;
                DROP TABLE usages;
                ALTER TABLE copy RENAME TO usages;
                INSERT INTO usages SELECT * FROM usages WHERE cost = 1000 LIMIT 1;
                INSERT INTO transfers SELECT randomblob(16), debit, credit, amount, currency, kind, reference, created_at
                FROM transfers WHERE reference = (SELECT id FROM usages WHERE cost = 1000 LIMIT 1);
                """)
        #expect(twice.exact && twice.quick)
    }

    @Test("what is sound but not as this code writes it is left to the exact check")
    func odd() async throws {
        let fixture = try await StoreFixture.busy()
        try await fixture.store.close()
        // An entry in two parts.
        let outcome = try MutatedStore(path: fixture.path).change(
            by: """
                INSERT INTO transfers SELECT randomblob(16), debit, credit, 5, currency, kind, reference, created_at
                FROM transfers WHERE kind = 'usage' AND amount = 975 LIMIT 1;
                UPDATE transfers SET amount = 970 WHERE id = (
                    SELECT id FROM transfers WHERE kind = 'usage' AND amount = 975 LIMIT 1)
                """)
        #expect(outcome.quick)
        #expect(!outcome.exact)
    }
}
