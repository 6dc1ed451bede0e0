import GRDB

/// Makes a daemon's store as large as that of an old and busy market, by copies of its rows under other identifiers. The
/// daemon must not run.
struct GrownStore {
    /// How many there are afterwards of each.
    struct Size {
        let skills: Int
        let usages: Int
    }

    let path: String

    /// Skills, one licence for each, and usage records.
    func grow(to size: Size) throws(BenchFailure) {
        do {
            let queue = try DatabaseQueue(path: path)
            try queue.write { db in
                let name = ["id": "randomblob(16)", "name": "name || '-' || n"]
                try Self.copy("skills", to: size.skills, name, in: db)
                try Self.copy("purchases", to: size.skills, ["id": "randomblob(16)", "tx_hash": "NULL"], in: db)
                let record = [
                    "id": "randomblob(16)", "chain": "randomblob(16)", "number": "n", "timestamp": "timestamp - n",
                ]
                try Self.copy("usages", to: size.usages, record, in: db)
            }
            // As the daemon would have done by and by; it does not measure this.
            _ = try queue.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
            try queue.close()
        } catch {
            throw BenchFailure("the store cannot be grown: \(error)")
        }
    }

    private static func copy(
        _ table: String, to count: Int, _ changes: [String: String], in db: Database
    ) throws {
        let present = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
        guard present < count else { return }
        let columns = try db.columns(in: table).map(\.name)
        let values = columns.map { changes[$0] ?? $0 }
        try db.execute(
            sql: """
                WITH RECURSIVE numbers (n) AS (SELECT \(present + 1) UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
                INSERT INTO \(table) (\(columns.joined(separator: ", ")))
                SELECT \(values.joined(separator: ", ")) FROM numbers,
                    (SELECT * FROM \(table) ORDER BY rowid LIMIT 1)
                """)
    }
}
