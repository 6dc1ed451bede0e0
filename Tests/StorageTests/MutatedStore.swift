import Foundation
import GRDB
import Metering
import TestSupport

@testable import Storage

/// A store whose rows can be changed against all its rules, for one look at a time: each change is taken back.
struct MutatedStore {
    struct Outcome {
        let change: String
        /// Whether the quick check calls the store odd.
        let quick: Bool
        /// Whether the exact check finds a fault, or cannot even add up.
        let exact: Bool
    }

    struct Column {
        let name: String
        let isNullable: Bool
    }

    /// All that the check of the ledger reads.
    private static let tables = [
        "accounts", "agents", "skills", "purchases", "transfers", "usages", "payments", "refunds", "usage_totals",
        "workflow_steps", "workflow_attempts", "skill_days", "latency_days", "buyer_days", "sale_days", "upgrades",
    ]

    /// Those of them that have rows.
    let tables: [String]
    private let queue: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(name)")
            }
        }
        tables = try queue.read { db in
            try Self.tables.filter { try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") != 0 }
        }
    }

    func columns(of table: String) throws -> [Column] {
        try queue.read { db in
            try db.columns(in: table).map {
                Column(name: $0.name, isNullable: !$0.isNotNull && $0.primaryKeyIndex == 0)
            }
        }
    }

    func isSound() throws -> Bool { try !change(by: "SELECT 1").quick }

    func change(_ column: Column, of table: String, _ random: inout SeededGenerator) throws -> Outcome {
        let count = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
        let (row, other) = (Int.random(in: 0..<count, using: &random), Int.random(in: 0..<count, using: &random))
        let name = column.name
        var values = [
            "(SELECT \(name) FROM \(table) LIMIT 1 OFFSET \(other))",
            """
            CASE typeof(\(name)) WHEN 'integer' THEN \(name) + 1 WHEN 'blob' THEN randomblob(length(\(name)))
                WHEN 'real' THEN \(name) + 1 ELSE \(name) || 'x' END
            """,
            """
            CASE typeof(\(name)) WHEN 'integer' THEN \(name) - 1 WHEN 'blob' THEN zeroblob(length(\(name)))
                WHEN 'real' THEN \(name) - 1 WHEN 'text' THEN '' END
            """,
            "CASE typeof(\(name)) WHEN 'integer' THEN -\(name) WHEN 'blob' THEN x'' WHEN 'real' THEN 0 ELSE upper(\(name)) END",
            "CASE typeof(\(name)) WHEN 'integer' THEN \(name) | (1 << 62) WHEN 'text' THEN \(name) || char(0) ELSE \(name) END",
        ]
        if column.isNullable { values.append("NULL") }
        let value = values[Int.random(in: values.indices, using: &random)]
        return try change(
            by: "UPDATE OR IGNORE \(table) SET \(name) = \(value) WHERE \(try key(of: table, row))", mayBeRefused: true)
    }

    func drop(from table: String, _ random: inout SeededGenerator) throws -> Outcome {
        try change(by: "DELETE FROM \(table) WHERE \(try key(of: table, try row(of: table, &random)))")
    }

    /// The row again, under an identifier or place of its own where it must have one.
    func double(in table: String, _ random: inout SeededGenerator) throws -> Outcome {
        let own = [
            "id": table == "accounts" ? "NULL" : "randomblob(16)", "name": "name || 'x'", "tx_hash": "NULL",
            "number": "number + 1000", "start": "start + 3600000", "refunded_before": "refunded_before + 1000",
            "owner": "randomblob(length(owner))", "day": "day + 86400000", "usage_id": "randomblob(16)",
            "execution": "randomblob(16)", "step": "step || 'x'",
        ]
        let columns = try columns(of: table).map(\.name)
        return try change(
            by: """
                INSERT OR IGNORE INTO \(table) (\(columns.joined(separator: ", ")))
                SELECT \(columns.map { own[$0] ?? $0 }.joined(separator: ", ")) FROM \(table)
                WHERE \(try key(of: table, try row(of: table, &random)))
                """)
    }

    private func row(of table: String, _ random: inout SeededGenerator) throws -> Int {
        let count = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
        return Int.random(in: 0..<count, using: &random)
    }

    private func key(of table: String, _ row: Int) throws -> String {
        let columns = try queue.read { try $0.primaryKey(table).columns }.joined(separator: ", ")
        return "(\(columns)) = (SELECT \(columns) FROM \(table) LIMIT 1 OFFSET \(row))"
    }

    /// - Parameter mayBeRefused: a value that the column's type refuses then changes nothing.
    func change(by sql: String, mayBeRefused: Bool = false) throws -> Outcome {
        var outcome = Outcome(change: sql, quick: false, exact: false)
        try queue.inTransaction { db in
            do {
                try db.execute(sql: sql)
            } catch let error as DatabaseError where mayBeRefused {
                guard [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH].contains(error.resultCode) else { throw error }
            }
            let parts = LedgerAudit.Part.allCases
            let isFaulty = (try? parts.contains { try !LedgerAudit.check(db, $0).faults.isEmpty }) ?? true
            outcome = Outcome(change: sql, quick: (try? QuickAudit.check(db)) == nil, exact: isFaulty)
            return .rollback
        }
        return outcome
    }
}
