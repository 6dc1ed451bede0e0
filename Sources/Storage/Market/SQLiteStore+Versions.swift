import Foundation
import GRDB
public import MarketCore

extension SQLiteStore: VersionStore {
    public func hand(in version: SkillVersion, offer: VersionOffer, of skill: Skill) async throws(StoreError) {
        try await committer.write { db in
            if try db.row("SELECT 1 FROM skills WHERE id = ?", [skill.id.uuid]) == nil {
                try Self.insert(skill, in: db)
            } else {
                try Self.makeRoom(for: version, in: db)
            }
            let count = try db.count("SELECT count(*) FROM skill_versions WHERE skill_id = ?", [skill.id.uuid])
            guard count < VersionLimits.versionsMax else {
                throw StoreError.refused("a skill has at most \(VersionLimits.versionsMax) versions")
            }
            try Self.insert(version, of: skill.id, offer: offer, in: db)
            try Self.followVersions(of: skill.id, at: version.createdAt, in: db)
        }
    }

    public func versions(of skill: Skill.ID) async throws(StoreError) -> [SkillVersion] {
        try await read { db in
            try db.rows(Self.versionRows + " WHERE v.skill_id = ?", [skill.uuid]).map { try $0.skillVersion() }
                .sorted { $0.version > $1.version }
        }
    }

    public func reviewReport(
        of skill: Skill.ID, _ version: SemanticVersion
    ) async throws(StoreError) -> [UInt8]? {
        try await read { db in
            try db.row(
                """
                SELECT report FROM version_standings WHERE skill_id = ? AND version = ? AND report IS NOT NULL
                """, [skill.uuid, version.description])?.bytes("report")
        }
    }

    public func conclude(_ conclusion: ReviewConclusion) async throws(StoreError) -> ConcludedReview {
        let key = conclusion.key
        return try await committer.write { db in
            let values: [Bound] = [key.skillID.uuid, key.version.description]
            let before = try db.row(
                "SELECT review, decision FROM version_standings WHERE skill_id = ? AND version = ?", values)
            // Replaced or gone meanwhile.
            guard let before else { return ConcludedReview(isNews: false) }
            try db.run(
                """
                UPDATE version_standings SET review = CASE WHEN decision IS NULL THEN ? ELSE review END, quality = coalesce(?, quality),
                    rules = ?, report = ?, reviewed_at = ?
                WHERE skill_id = ? AND version = ?
                """,
                [
                    conclusion.review.rawValue, conclusion.quality, conclusion.rules, Data(conclusion.report),
                    conclusion.at.milliseconds,
                ] + values)
            try Self.followVersions(of: key.skillID, at: conclusion.at, in: db)
            return ConcludedReview(
                isNews: try before.optionalText("decision") == nil
                    && before.text("review") != conclusion.review.rawValue)
        }
    }

    public func change(
        _ version: SemanticVersion, of skill: Skill.ID, _ change: StandingChange
    ) async throws(StoreError) -> Skill {
        try await committer.write { db in
            let (assignment, values) = Self.assignment(change)
            let changed = try db.run(
                "UPDATE version_standings SET \(assignment) WHERE skill_id = ? AND version = ?",
                values + [skill.uuid, version.description])
            guard changed == 1 else { throw StoreError.missing("version") }
            return try Self.followVersions(of: skill, at: .now, in: db)
        }
    }

    public func pendingVersions() async throws(StoreError) -> [VersionKey] {
        try await read { db in
            try db.rows(Self.keyRows + " WHERE t.review = 'pending' ORDER BY t.handed_at, t.skill_id", [])
                .map { try $0.versionKey() }
        }
    }

    public func versions(
        underRulesBefore rules: Int64, orReviewedBefore time: Timestamp?, limit: Int
    ) async throws(StoreError) -> [VersionKey] {
        try await read { db in
            try db.rows(
                Self.keyRows + """
                     WHERE (t.rules IS NULL OR t.rules < ? OR coalesce(t.reviewed_at, t.handed_at) < ?)
                        AND t.review IN ('passed', 'review') AND t.revoked_at IS NULL
                    ORDER BY coalesce(t.reviewed_at, t.handed_at), t.skill_id, t.version LIMIT ?
                    """, [rules, time?.milliseconds, limit]
            ).map { try $0.versionKey() }
        }
    }

    public func noteLook(at key: VersionKey, _ time: Timestamp) async throws(StoreError) {
        _ = try await committer.write { db in
            try db.run(
                "UPDATE version_standings SET reviewed_at = ? WHERE skill_id = ? AND version = ?",
                [time.milliseconds, key.skillID.uuid, key.version.description])
        }
    }

    public func reviewQueue(
        _ state: VersionStanding.Review, page: PageRequest
    ) async throws(StoreError) -> Page<QueuedVersion> {
        let list = "reviews.\(state.rawValue)"
        let place = try Cursor.parse(page.cursor, list: list).map { cursor throws(StoreError) in
            try Self.place(cursor)
        }
        return try await read { db in
            var rows = Conditions()
            rows.add("t.review = ?", state.rawValue)
            let total = try db.count("SELECT count(*) FROM version_standings AS t" + rows.sql, rows.values)
            if let place { rows.add("(t.handed_at, t.skill_id, t.version) > (?, ?, ?)", place.0, place.1, place.2) }
            let found = try db.rows(
                """
                SELECT s.name, s.agent_id, t.handed_at, x.* FROM version_standings AS t
                    JOIN skills AS s ON s.id = t.skill_id
                    JOIN (\(Self.versionRows)) AS x ON x.skill_id = t.skill_id AND x.version = t.version\(rows.sql)
                ORDER BY t.handed_at, t.skill_id, t.version LIMIT ?
                """, rows.values + [page.limit + 1])
            return try Page(rows: found, limit: page.limit, total: total) { row in
                QueuedVersion(
                    skillName: try row.text("name"), agentID: try row.id("agent_id"), version: try row.skillVersion())
            } cursor: { queued in
                let version = queued.version
                return Cursor(
                    list: list, key: "\(version.createdAt.milliseconds) \(version.version)", id: version.skillID.uuid)
            }
        }
    }

    private static func place(_ cursor: Cursor) throws(StoreError) -> (Int64, UUID, String) {
        let parts = cursor.key.split(separator: " ")
        guard parts.count == 2, let time = Int64(parts[0]), let id = cursor.id else { throw .invalidCursor }
        return (time, id, String(parts[1]))
    }

    public func edit(
        _ skill: Skill.ID, _ edit: SkillEdit, if condition: EditCondition, at time: Timestamp
    ) async throws(StoreError) -> Skill {
        try await committer.write { db in
            let stored = try Self.skill(skill, in: db)
            guard condition.allows(stored.revision) else { throw StoreError.stale("skill") }
            var changes: [(String, Bound)] = [("updated_at", time.milliseconds)]
            if let name = edit.displayName { changes.append(("display_name", name)) }
            if let description = edit.description { changes.append(("description", description)) }
            if let category = edit.category { changes.append(("category", category.rawValue)) }
            if let tags = edit.tags { changes.append(("tags", Skill.json(tags: tags))) }
            switch edit.deprecation {
            case .set(let deprecation):
                changes.append(("deprecated_at", deprecation.at.milliseconds))
                changes.append(("deprecation", deprecation.message))
                changes.append(("successor", deprecation.successor))
            case .clear: changes += ["deprecated_at", "deprecation", "successor"].map { ($0, nil) }
            case nil: break
            }
            let assignments = changes.map { "\($0.0) = ?" }.joined(separator: ", ")
            try db.run("UPDATE skills SET \(assignments) WHERE id = ?", changes.map(\.1) + [skill.uuid])
            return try Self.skill(skill, in: db)
        }
    }

    public func hide(_ skill: Skill.ID, reason: String?, at time: Timestamp) async throws(StoreError) -> Skill {
        try await committer.write { db in
            try db.run("UPDATE skills SET hidden_reason = ? WHERE id = ?", [reason, skill.uuid])
            return try Self.followVersions(of: skill, at: time, in: db)
        }
    }

    private static let keyRows = """
        SELECT t.skill_id, t.version, s.agent_id FROM version_standings AS t JOIN skills AS s ON s.id = t.skill_id
        """

    /// A rejected version that no operator decided about was never anybody's; another may have its number.
    private static func makeRoom(for version: SkillVersion, in db: Database) throws {
        let values: [Bound] = [version.skillID.uuid, version.version.description]
        let removed = try db.run(
            """
            DELETE FROM version_standings
            WHERE skill_id = ? AND version = ? AND review = 'rejected' AND decision IS NULL AND revoked_at IS NULL
            """, values)
        if removed == 1 { try db.run("DELETE FROM skill_versions WHERE skill_id = ? AND version = ?", values) }
    }

    private static func assignment(_ change: StandingChange) -> (String, [Bound]) {
        switch change {
        case .yank(let why): ("yanked_at = ?, yanked_reason = ?", [why.at.milliseconds, why.reason])
        case .unyank: ("yanked_at = NULL, yanked_reason = NULL", [])
        case .revoke(let why):
            // The first reason stays.
            (
                "revoked_reason = coalesce(revoked_reason, ?), revoked_at = coalesce(revoked_at, ?)",
                [why.reason, why.at.milliseconds]
            )
        case .decide(let review, let reason): ("review = ?, decision = ?", [review.rawValue, reason])
        }
    }
}

extension Row {
    fileprivate func versionKey() throws -> VersionKey {
        VersionKey(
            skillID: try id("skill_id"), version: try value("version", SemanticVersion(try text("version"))),
            agentID: try id("agent_id"))
    }
}
