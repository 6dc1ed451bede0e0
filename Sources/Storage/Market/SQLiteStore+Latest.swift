import Fields
import GRDB
import MarketCore

// What a skill is follows from its versions; nothing else sets its latest version, status and quality.
extension SQLiteStore {
    /// Brings a skill up to date with its versions.
    @discardableResult
    static func followVersions(of id: Skill.ID, at time: Timestamp, in db: Database) throws -> Skill {
        let before = try skill(id, in: db)
        let versions = try db.rows(versionRows + " WHERE v.skill_id = ?", [id.uuid]).map { try $0.skillVersion() }
        guard let latest = latest(of: versions) else { throw StoreError.missing("version") }
        try db.run(
            "UPDATE skills SET latest_version = ?, status = ?, quality = ?, updated_at = ? WHERE id = ?",
            [
                latest.version.description, status(latest, isHidden: before.hiddenReason != nil).rawValue,
                latest.standing.quality, time.milliseconds, id.uuid,
            ])
        // Going back to an earlier version takes nothing back that a later one said of the skill.
        let isNews = latest.version > before.latest.version || before.latest.standing.review != .passed
        if latest.package != before.latest.package || latest.version != before.latest.version, isNews {
            try take(latest, into: before, in: db)
        }
        return try skill(id, in: db)
    }

    static func skill(_ id: Skill.ID, in db: Database) throws -> Skill {
        guard let row = try db.row(skillRows + " WHERE s.id = ?", [id.uuid]) else { throw StoreError.missing("skill") }
        return try row.skill()
    }

    /// Releases before prereleases, what may be used before what may not, then the highest.
    private static func latest(of versions: [SkillVersion]) -> SkillVersion? {
        func rank(_ version: SkillVersion) -> Int {
            let standing = version.standing
            guard standing.review == .passed else { return 0 }
            guard standing.isCurrent else { return 1 }
            return version.version.prerelease.isEmpty ? 3 : 2
        }
        return versions.max { left, right in
            let (first, second) = (rank(left), rank(right))
            return first == second ? left.version < right.version : first < second
        }
    }

    private static func status(_ latest: SkillVersion, isHidden: Bool) -> Skill.Status {
        switch latest.standing.review {
        case .pending: .pending
        case .review: .review
        case .rejected: .rejected
        case .passed where isHidden: .review
        case .passed: latest.standing.isCurrent ? .published : .withdrawn
        }
    }

    private static func take(_ version: SkillVersion, into skill: Skill, in db: Database) throws {
        let manifest = version.manifest
        try db.run(
            "UPDATE skills SET description = ?, category = ?, tags = ? WHERE id = ?",
            [manifest.description, manifest.category.rawValue, Skill.json(tags: manifest.tags), skill.id.uuid])
        guard
            let offer = try db.row(
                """
                SELECT display_name, pricing FROM version_standings
                WHERE skill_id = ? AND version = ? AND pricing IS NOT NULL
                """, [skill.id.uuid, version.version.description])
        else { return }
        let pricing = try offer.pricing()
        try db.run(
            """
            UPDATE skills SET display_name = coalesce(?, display_name), pricing_kind = ?, price = ?, currency = ?,
                pricing = ? WHERE id = ?
            """,
            [
                try offer.optionalText("display_name"), pricing.kind.rawValue, pricing.price.base,
                pricing.price.currency.rawValue, pricing.json.description, skill.id.uuid,
            ])
    }
}
