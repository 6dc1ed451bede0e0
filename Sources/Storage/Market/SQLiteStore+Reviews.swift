import Foundation
import GRDB
public import MarketCore

extension SQLiteStore: ReviewStore {
    public func versionRun(of skill: Skill.ID, by agent: Agent.ID) async throws(StoreError) -> SemanticVersion? {
        try await read { db in
            // A licence's runs are a chain; the newest 200 licences of one buyer are looked at.
            let time = try db.integer(
                """
                SELECT max(time) FROM (
                    SELECT (
                        SELECT timestamp FROM usages WHERE chain = p.id AND verdict = 'ok' ORDER BY number DESC LIMIT 1
                    ) AS time
                    FROM purchases AS p WHERE buyer_id = ? AND skill_id = ? ORDER BY created_at DESC LIMIT 200
                )
                """, values: [agent.uuid.databaseValue, skill.uuid.databaseValue])
            guard let time else { return nil }
            // What was the latest then is what ran.
            let row = try db.row(
                """
                SELECT version FROM skill_versions WHERE skill_id = ?1
                ORDER BY created_at <= ?2 DESC, abs(created_at - ?2) LIMIT 1
                """, [skill.uuid, time])
            return try row.map { try $0.value("version", SemanticVersion(try $0.text("version"))) }
        }
    }

    public func insert(review: Review) async throws(StoreError) {
        try await committer.write { db in
            let key: [Bound] = [review.skillID.uuid, review.version.description, review.reviewerID.uuid]
            guard
                try db.row(
                    "SELECT 1 FROM reviews WHERE skill_id = ? AND version = ? AND reviewer_id = ?", key) == nil
            else { throw StoreError.conflict(field: "review") }
            try db.run(
                """
                INSERT INTO reviews (skill_id, version, reviewer_id, id, seller_id, stars, text, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                key + [
                    review.id.uuid, review.sellerID.uuid, review.stars, review.text, review.createdAt.milliseconds,
                ])
        }
    }

    public func review(id: Review.ID, of skill: Skill.ID) async throws(StoreError) -> Review? {
        try await read { db in
            try db.row("SELECT * FROM reviews WHERE id = ? AND skill_id = ?", [id.uuid, skill.uuid])?.review()
        }
    }

    public func edit(
        review: Review.ID, stars: Int64, text: String, at time: Timestamp
    ) async throws(StoreError) -> Review {
        try await change(review) { db in
            try db.run(
                "UPDATE reviews SET stars = ?, text = ?, edited_at = ? WHERE id = ? AND removed_at IS NULL",
                [stars, text, time.milliseconds, review.uuid])
        }
    }

    public func reply(to review: Review.ID, text: String, at time: Timestamp) async throws(StoreError) -> Review {
        try await change(review) { db in
            try db.run(
                """
                UPDATE reviews SET reply = ?1, replied_at = ifnull(replied_at, ?2),
                    reply_edited_at = iif(replied_at IS NULL, NULL, ?2)
                WHERE id = ?3 AND removed_at IS NULL
                """, [text, time.milliseconds, review.uuid])
        }
    }

    public func reviews(_ query: ReviewQuery) async throws(StoreError) -> Page<Review> {
        let list = "reviews.\(query.sort.rawValue)"
        let column = query.sort == .newest ? "created_at" : "helpful"
        var conditions = Conditions()
        conditions.add("skill_id = ? AND removed_at IS NULL", query.skillID.uuid)
        let counted = conditions
        if let place = try Cursor.parse(query.page.cursor, list: list)?.numbered() {
            conditions.add("(\(column), id) < (?, ?)", place.key, place.id)
        }
        return try await read { [conditions, counted] db in
            let total = try db.count("SELECT count(*) FROM reviews" + counted.sql, counted.values)
            let found = try db.rows(
                "SELECT * FROM reviews\(conditions.sql) ORDER BY \(column) DESC, id DESC LIMIT ?",
                conditions.values + [query.page.limit + 1])
            return try Page(rows: found, limit: query.page.limit, total: total) { row in
                try row.review()
            } cursor: { review in
                let key = query.sort == .newest ? review.createdAt.milliseconds : review.helpfulCount
                return Cursor(list: list, key: String(key), id: review.id.uuid)
            }
        }
    }

    public func setHelpful(
        _ review: Review.ID, by agent: Agent.ID, _ isHelpful: Bool, at time: Timestamp
    ) async throws(StoreError) -> Review {
        try await change(review) { db in
            guard try db.row("SELECT 1 FROM reviews WHERE id = ? AND removed_at IS NULL", [review.uuid]) != nil else {
                return 0
            }
            let changed =
                if isHelpful {
                    try db.run(
                        "INSERT INTO review_votes VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                        [review.uuid, agent.uuid, time.milliseconds])
                } else {
                    try db.run(
                        "DELETE FROM review_votes WHERE review_id = ? AND agent_id = ?", [review.uuid, agent.uuid])
                }
            return try db.run(
                "UPDATE reviews SET helpful = helpful + ? WHERE id = ?",
                [isHelpful ? changed : -changed, review.uuid])
        }
    }

    public func report(
        _ review: Review.ID, by agent: Agent.ID, reason: String, at time: Timestamp
    ) async throws(StoreError) {
        _ = try await committer.write { db in
            try db.run(
                """
                INSERT INTO review_reports (review_id, agent_id, reason, created_at) VALUES (?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """, [review.uuid, agent.uuid, reason, time.milliseconds])
        }
    }

    public func reportedReviews(page: PageRequest) async throws(StoreError) -> Page<ReportedReview> {
        let place = try Cursor.parse(page.cursor, list: "reports")?.numbered()
        return try await read { db in
            let open = """
                SELECT review_id, count(*) AS reports, min(created_at) AS since FROM review_reports WHERE settled = 0
                GROUP BY review_id
                """
            let total = try db.count("SELECT count(*) FROM (\(open))")
            let found = try db.rows(
                """
                SELECT r.*, o.reports, o.since, (
                    SELECT reason FROM review_reports WHERE review_id = r.id AND settled = 0
                    ORDER BY created_at, agent_id LIMIT 1
                ) AS first_reason
                FROM (\(open)) AS o JOIN reviews AS r ON r.id = o.review_id
                \(place == nil ? "" : "WHERE (o.since, r.id) > (?, ?)") ORDER BY o.since, r.id LIMIT ?
                """, (place.map { [$0.key, $0.id] } ?? []) + [page.limit + 1])
            return try Page(rows: found, limit: page.limit, total: total) { row in
                ReportedReview(
                    review: try row.review(), reportCount: try row.integer("reports"),
                    firstReason: try row.text("first_reason"), firstReportedAt: try row.time("since"))
            } cursor: { report in
                Cursor(
                    list: "reports", key: String(report.firstReportedAt.milliseconds), id: report.review.id.uuid)
            }
        }
    }

    public func settleReports(
        of review: Review.ID, removing reason: String?, at time: Timestamp
    ) async throws(StoreError) -> Review {
        try await change(review) { db in
            try db.run("UPDATE review_reports SET settled = 1 WHERE review_id = ?", [review.uuid])
            guard let reason else {
                return Int(try db.count("SELECT count(*) FROM reviews WHERE id = ?", [review.uuid]))
            }
            return try db.run(
                """
                UPDATE reviews SET removed_at = ifnull(removed_at, ?), removed_reason = ifnull(removed_reason, ?)
                WHERE id = ?
                """, [time.milliseconds, reason, review.uuid])
        }
    }

    /// Does a write that says how many reviews it found, and returns the review as it is then.
    private func change(
        _ review: Review.ID, _ write: @escaping @Sendable (Database) throws -> Int
    ) async throws(StoreError) -> Review {
        try await committer.write { db in
            guard try write(db) == 1, let row = try db.row("SELECT * FROM reviews WHERE id = ?", [review.uuid]) else {
                throw StoreError.missing("review")
            }
            return try row.review()
        }
    }
}
