import Foundation
import GRDB
import MarketCore

/// Counts the terms of a seller's reputation from what the store holds of runs, payments, refunds and reviews.
struct ReputationCount {
    /// Newest reviews of a seller, and published skills, that are looked at.
    private static let (reviewsMax, skillsMax) = (20_000, 100)

    let seller: Agent.ID
    let reputation: Reputation
    /// By skill, in hundredths of stars, with how many reviews are shown.
    let ratings: [Skill.ID: (hundredths: Int64, reviews: Int64)]

    /// - Parameter standing: of a reviewer, in hundredths; nil takes what is kept.
    init(_ seller: Agent.ID, standing: ((Agent.ID) -> Int64)? = nil, in db: Database) throws {
        self.seller = seller
        var bySkill: [Skill.ID: [CountedReview]] = [:]
        var shown: [Skill.ID: Int64] = [:]
        var counted: Set<Party> = []
        let rows = try db.rows(
            """
            SELECT r.skill_id, r.reviewer_id, r.stars, r.replied_at - r.created_at AS delay, a.standing, a.owner_wallet
            FROM reviews AS r JOIN agents AS a ON a.id = r.reviewer_id
            WHERE r.seller_id = ? AND r.removed_at IS NULL ORDER BY r.created_at DESC, r.id DESC LIMIT ?
            """, [seller.uuid, Self.reviewsMax])
        for row in rows {
            let skill: Skill.ID = try row.id("skill_id")
            shown[skill, default: 0] += 1
            // Of all that one party said of a skill, the newest counts.
            guard counted.insert(Party(skill: skill, wallet: try row.text("owner_wallet"))).inserted else { continue }
            let reviewer: Agent.ID = try row.id("reviewer_id")
            bySkill[skill, default: []].append(
                CountedReview(
                    stars: try row.integer("stars"), standing: try standing?(reviewer) ?? row.integer("standing"),
                    replyDelay: try row.optionalInteger("delay")))
        }
        let quality = try Self.quality(of: seller, in: db)
        reputation = Reputation(
            dealings: try Self.dealings(of: seller, in: db), reviews: bySkill.values.flatMap { $0 },
            code: quality.code, documentation: quality.documentation)
        ratings = shown.reduce(into: [:]) { ratings, entry in
            ratings[entry.key] = (Reputation.skillRating(bySkill[entry.key] ?? []), entry.value)
        }
    }

    private struct Party: Hashable {
        let skill: Skill.ID
        let wallet: String
    }

    /// What each party did with a seller, its own wallet left out. Sums of runs are kept with every settle.
    static func dealings(of seller: Agent.ID, in db: Database) throws -> [Dealing] {
        try db.rows(
            """
            SELECT sum(transactions) AS transactions, sum(iif(currency = 'USDC', spent, 0)) AS usdc,
                sum(iif(currency = 'SOL', spent, 0)) AS sol
            FROM (
                SELECT agent_id, calls AS transactions, cost AS spent, currency FROM usage_totals
                WHERE unit = 'month' AND seller_id = ?1 AND verdict = 'ok'
                UNION ALL
                SELECT p.buyer_id, 1, y.amount, y.currency
                FROM purchases AS p JOIN payments AS y ON y.purchase_id = p.id WHERE p.seller_id = ?1
                UNION ALL
                SELECT p.buyer_id, -(r.refunded_before + r.amount >= ifnull(
                    (SELECT amount FROM payments WHERE id = r.target), (SELECT cost FROM usages WHERE id = r.target)
                )), -r.amount, r.currency
                FROM purchases AS p JOIN refunds AS r ON r.purchase_id = p.id WHERE p.seller_id = ?1
            ) AS d JOIN agents AS a ON a.id = d.agent_id
            WHERE a.owner_wallet <> (SELECT owner_wallet FROM agents WHERE id = ?1) GROUP BY a.owner_wallet
            """, [seller.uuid]
        ).map { row in
            Dealing(
                transactions: try row.integer("transactions"), spentUSDC: try row.integer("usdc"),
                spentSOL: try row.integer("sol"))
        }
    }

    /// The means over a seller's newest published skills, in thousandths. A skill that nobody reviewed yet is of unknown
    /// quality.
    private static func quality(
        of seller: Agent.ID, in db: Database
    ) throws -> (code: Int64, documentation: Int64) {
        let row = try db.row(
            """
            SELECT count(*) AS skills, ifnull(sum(documentation), 0) AS documentation,
                ifnull(sum(ifnull(CAST(round(quality * 1000) AS INTEGER), ?2)), 0) AS code
            FROM (
                SELECT documentation, quality FROM skills WHERE agent_id = ?1 AND status = 'published'
                ORDER BY created_at DESC, id DESC LIMIT ?3
            )
            """, [seller.uuid, Reputation.unknownQuality, skillsMax])
        guard let row, case let skills = try row.integer("skills"), skills > 0 else {
            return (Reputation.unknownQuality, 0)
        }
        return (try row.integer("code") / skills, try row.integer("documentation") / skills)
    }

    // MARK: What is kept of it

    /// Whether everything that is kept is what was counted.
    func isKept(in db: Database) throws -> Bool {
        let agent = try db.row("SELECT reputation, standing FROM agents WHERE id = ?", [seller.uuid])
        guard let agent, try agent.real("reputation") == stored, try agent.integer("standing") == reputation.standing
        else { return false }
        return try staleRatings(in: db).isEmpty
    }

    /// Keeps what was counted.
    /// - Returns: the skills whose rating changed.
    func keep(in db: Database) throws -> [Skill.ID] {
        let moved = try db.run(
            "UPDATE agents SET standing = ?1 WHERE id = ?2 AND standing <> ?1",
            [reputation.standing, seller.uuid])
        let former = try db.row("SELECT reputation FROM agents WHERE id = ?", [seller.uuid])?.real("reputation")
        if let former, former != stored {
            try db.run("UPDATE agents SET reputation = ? WHERE id = ?", [stored, seller.uuid])
            if Int64(former) != Int64(stored) {
                // Its skills are trusted more or less now.
                try db.run(
                    """
                    INSERT INTO search_due SELECT id, 0 FROM skills WHERE agent_id = ?
                    ON CONFLICT (skill_id) DO NOTHING
                    """, [seller.uuid])
            }
        }
        if moved > 0 {
            // Its own reviews weigh more or less now.
            try db.run(
                """
                INSERT INTO reputation_due SELECT DISTINCT seller_id, 1 FROM reviews
                WHERE reviewer_id = ? AND removed_at IS NULL
                ON CONFLICT (agent_id) DO UPDATE SET number = number + 1
                """, [seller.uuid])
        }
        let stale = try staleRatings(in: db)
        for skill in stale {
            let rating = ratings[skill] ?? (0, 0)
            try db.run(
                "UPDATE skills SET rating = ?, review_count = ? WHERE id = ?",
                [Double(rating.hundredths) / 100, rating.reviews, skill.uuid])
        }
        return stale
    }

    private var stored: Double { Double(reputation.hundredths) / 100 }

    private func staleRatings(in db: Database) throws -> [Skill.ID] {
        let reviewed: [Skill.ID] = try db.rows(
            "SELECT DISTINCT skill_id FROM reviews WHERE seller_id = ?", [seller.uuid]
        ).map { try $0.id("skill_id") }
        return try reviewed.filter { skill in
            guard let row = try db.row("SELECT rating, review_count FROM skills WHERE id = ?", [skill.uuid]) else {
                return false
            }
            let rating = ratings[skill] ?? (0, 0)
            return try row.real("rating") != Double(rating.hundredths) / 100
                || row.integer("review_count") != rating.reviews
        }
    }
}
