import Crypto
import GRDB
import Metering
import Storage

/// Makes a daemon's store as large as that of an old and busy market, by copies of its rows under other identifiers; skills
/// differ in what they are found by. The daemon must not run.
struct GrownStore {
    /// How many there are afterwards of each.
    struct Size {
        let skills: Int
        let usages: Int
    }

    let path: String

    /// Words of the skills' texts: the first of them stand in every sixth skill each, the others in few.
    static let words: [String] = {
        var random = SplitMix(state: 7)
        let syllables = ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu"]
        let common = ["data", "text", "mail", "report", "image", "agent"]
        return common
            + (0..<3000).map { _ in
                (0..<Int.random(in: 2...4, using: &random)).map { _ in syllables.randomElement(using: &random) ?? "" }
                    .joined()
            }
    }()

    /// Sellers, skills with a version, a licence and a review each, and usage records.
    func grow(to size: Size) async throws(BenchFailure) {
        do {
            let queue = try DatabaseQueue(path: path)
            try await queue.write { db in
                let agents = size.skills / 50 + 3
                let seller = ["id": "randomblob(16)", "name": "name || '-' || n", "reputation": "abs(random()) % 80"]
                try Self.copy("agents", to: agents, seller, in: db)
                try Self.addWords(to: db)
                try Self.copy("skills", to: size.skills, Self.skill(agents), in: db)
                try db.execute(
                    sql: """
                        INSERT INTO skill_versions (skill_id, version, package, manifest, api, created_at)
                        SELECT s.id, v.version, v.package, v.manifest, v.api, v.created_at
                        FROM skills AS s, (SELECT * FROM skill_versions ORDER BY rowid LIMIT 1) AS v WHERE true
                        ON CONFLICT DO NOTHING;
                        INSERT INTO version_standings (skill_id, version, review, handed_at)
                        SELECT skill_id, version, 'passed', created_at FROM skill_versions WHERE true
                        ON CONFLICT DO NOTHING;
                        INSERT INTO reviews (id, skill_id, version, reviewer_id, seller_id, stars, text, created_at)
                        SELECT randomblob(16), s.id, s.latest_version, a.id, s.agent_id, 1 + abs(random()) % 5,
                            s.description, s.created_at
                        FROM skills AS s JOIN agents AS a ON a.rowid = 3 WHERE a.id <> s.agent_id;
                        """)
                try Self.copy("purchases", to: size.skills, ["id": "randomblob(16)", "tx_hash": "NULL"], in: db)
                let record = [
                    "id": "randomblob(16)", "chain": "randomblob(16)", "number": "n", "timestamp": "timestamp - n",
                ]
                try Self.copy("usages", to: size.usages, record, in: db)
                // As the daemon would have done by and by; it does not measure this.
                try db.execute(
                    sql: """
                        DELETE FROM reputation_due;
                        UPDATE usage_cursors SET place = (SELECT max(rowid) FROM usages);
                        """)
            }
            try queue.close()
            let store = try SQLiteStore(path: path, signer: Signer())
            try await store.refreshIndex()
            try await store.close()
        } catch {
            throw BenchFailure("the store cannot be grown: \(error)")
        }
    }

    /// Nothing is signed.
    private struct Signer: ReceiptSigner {
        let keyID = "none"
        func signature(over bytes: [UInt8]) -> [UInt8] { [] }
    }

    private static func addWords(to db: Database) throws {
        try db.execute(sql: "CREATE TEMP TABLE words (n INTEGER PRIMARY KEY, word TEXT NOT NULL)")
        for (index, word) in words.enumerated() {
            try db.execute(sql: "INSERT INTO words VALUES (?, ?)", arguments: [index, word])
        }
    }

    private static func skill(_ agents: Int) -> [String: String] {
        // `n` is part of each so that it is looked up for each row anew.
        func word(_ from: Int, _ count: Int) -> String {
            "(SELECT word FROM words WHERE words.n = \(from) + (abs(random()) + numbers.n) % \(count))"
        }
        let rare = (0..<12).map { _ in word(6, 3000) }.joined(separator: " || ' ' || ")
        return [
            "id": "randomblob(16)", "name": "name || '-' || numbers.n",
            "agent_id": "(SELECT id FROM agents WHERE agents.rowid = 1 + numbers.n % \(agents))",
            "display_name": "\(word(6, 3000)) || ' ' || \(word(6, 3000))",
            "description": "\(word(0, 6)) || ' ' || \(rare)",
            "tags": "'[\"' || \(word(6, 300)) || '\",\"' || \(word(6, 300)) || '\"]'",
            "category": """
            CASE abs(random()) % 6 WHEN 0 THEN 'communication' WHEN 1 THEN 'automation' WHEN 2 THEN 'analysis'
                WHEN 3 THEN 'creative' WHEN 4 THEN 'utility' ELSE 'integration' END
            """,
            "price": "100 * (abs(random()) % 100000)", "rating": "abs(random()) % 500 / 100.0",
            "runtime": "CASE abs(random()) % 3 WHEN 0 THEN 'exec' WHEN 1 THEN 'python' ELSE 'node' END",
            "documentation": "abs(random()) % 1001", "needs_network": "abs(random()) % 2",
            "download_count": "abs(random()) % (1 + abs(random()) % 10000)", "created_at": "created_at - numbers.n",
        ]
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
