import Foundation
import GRDB
public import MarketCore

extension SQLiteStore: ReputationStore {
    public func refreshReputations() async throws(StoreError) -> [Skill.ID] {
        try await noteSellersOfNewRuns()
        var changed: Set<Skill.ID> = []
        for _ in 0..<Self.refreshedMax {
            let next = try await read { db -> (count: ReputationCount, number: Int64)? in
                guard let row = try db.row("SELECT * FROM reputation_due LIMIT 1", []) else { return nil }
                return (try ReputationCount(try row.id("agent_id"), in: db), try row.integer("number"))
            }
            guard let next else { break }
            changed.formUnion(
                try await committer.write { db in
                    // What happened since it was counted left a later note, which stays.
                    try db.run(
                        "DELETE FROM reputation_due WHERE agent_id = ? AND number = ?",
                        [next.count.seller.uuid, next.number])
                    return try next.count.keep(in: db)
                })
        }
        return Array(changed)
    }

    public func reputation(of agent: Agent.ID) async throws(StoreError) -> Reputation? {
        try await read { db in
            guard try db.row("SELECT 1 FROM agents WHERE id = ?", [agent.uuid]) != nil else { return nil }
            return try ReputationCount(agent, in: db).reputation
        }
    }

    public func recountReputations() async throws(StoreError) -> ReputationRecount {
        _ = try await refreshReputations()
        let recount = try await read { db -> (sellers: Int64, differing: [Agent.ID]) in
            let sellers: [Agent.ID] = try db.rows(
                """
                SELECT agent_id FROM skills UNION SELECT seller_id FROM purchases UNION SELECT seller_id FROM reviews
                UNION SELECT id FROM agents WHERE reputation <> 0 OR standing <> 0
                """, []
            ).map { try $0.id("agent_id") }
            // Standings come first: reviews are weighted by them, and they depend on no review.
            let standings = try sellers.reduce(into: [Agent.ID: Int64]()) { standings, seller in
                standings[seller] = Reputation.standing(try ReputationCount.dealings(of: seller, in: db))
            }
            let moving = try Self.movingSellers(in: db)
            let differing = try sellers.filter { seller in
                guard !moving.contains(seller) else { return false }
                return try !ReputationCount(seller, standing: { standings[$0] ?? 0 }, in: db).isKept(in: db)
            }
            return (Int64(sellers.count), differing)
        }
        for start in stride(from: 0, to: recount.differing.count, by: 500) {
            let part = Array(recount.differing[start..<min(start + 500, recount.differing.count)])
            try await committer.write { db in
                for seller in part {
                    try db.run(
                        """
                        INSERT INTO reputation_due VALUES (?, 1)
                        ON CONFLICT (agent_id) DO UPDATE SET number = number + 1
                        """, [seller.uuid])
                }
            }
        }
        while try await read({ db in try db.row("SELECT 1 FROM reputation_due", []) != nil }) {
            _ = try await refreshReputations()
        }
        return ReputationRecount(sellers: recount.sellers, differing: Array(recount.differing.prefix(1000)))
    }

    /// Those that something happened to since the last refresh, and whom their reviews are of.
    private static func movingSellers(in db: Database) throws -> Set<Agent.ID> {
        let rows = try db.rows(
            """
            WITH moving (agent_id) AS (
                SELECT agent_id FROM reputation_due UNION SELECT seller_id FROM usages
                WHERE rowid > (SELECT place FROM usage_cursors WHERE name = 'reputation')
            )
            SELECT agent_id FROM moving
            UNION SELECT seller_id FROM reviews WHERE reviewer_id IN (SELECT agent_id FROM moving)
            """, [])
        return Set(try rows.map { try $0.id("agent_id") })
    }

    /// How many are recomputed at once; the others wait for the next time.
    private static let refreshedMax = 5000
    /// Runs whose sellers are noted in one write.
    private static let runsMax: Int64 = 20_000

    /// Runs are in `usages` in the order in which they were booked.
    private func noteSellersOfNewRuns() async throws(StoreError) {
        while true {
            let (place, last) = try await read { db in
                (
                    try db.count("SELECT place FROM usage_cursors WHERE name = 'reputation'"),
                    try db.count("SELECT max(rowid) FROM usages")
                )
            }
            guard last > place else { return }
            let end = min(last, place + Self.runsMax)
            try await committer.write { db in
                try db.run(
                    """
                    INSERT INTO reputation_due SELECT DISTINCT seller_id, 1 FROM usages
                    WHERE rowid > ? AND rowid <= ? AND agent_id <> seller_id
                    ON CONFLICT (agent_id) DO UPDATE SET number = number + 1
                    """, [place, end])
                try db.run("UPDATE usage_cursors SET place = ? WHERE name = 'reputation'", [end])
            }
        }
    }
}
