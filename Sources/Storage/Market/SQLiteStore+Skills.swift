import Fields
import Foundation
import GRDB
public import MarketCore

extension SQLiteStore: MarketStore {
    public func insert(package: StoredPackage) async throws(StoreError) {
        try await committer.write { db in
            _ = try db.run(
                """
                INSERT INTO packages (digest, size, manifest, uploaded_by, created_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (digest) DO NOTHING
                """,
                [
                    package.digest.description, package.size, Data(package.manifestJSON), package.uploadedBy.uuid,
                    package.createdAt.milliseconds,
                ])
        }
    }

    public func package(digest: PackageDigest) async throws(StoreError) -> StoredPackage? {
        try await read { db in
            try db.row("SELECT * FROM packages WHERE digest = ?", [digest.description])?.storedPackage()
        }
    }

    public func insert(skill: Skill) async throws(StoreError) {
        try await committer.write { db in
            try Self.insert(skill, in: db)
            try Self.insert(skill.latest, of: skill.id, in: db)
            try SkillFacts(skill.latest.manifest).write(skill.id, in: db)
        }
    }

    static func insert(_ skill: Skill, in db: Database) throws {
        try db.run(
            """
            INSERT INTO skills (id, agent_id, name, display_name, description, category, pricing_kind, price,
                currency, pricing, status, tags, latest_version, rating, review_count, download_count, quality,
                created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                skill.id.uuid, skill.agentID.uuid, skill.name, skill.displayName,
                skill.description, skill.category.rawValue, skill.pricing.kind.rawValue,
                skill.pricing.price.base, skill.pricing.price.currency.rawValue,
                skill.pricing.json.description, skill.status.rawValue, skill.tagsJSON,
                skill.latest.version.description, skill.rating, skill.reviewCount, skill.downloadCount,
                skill.quality, skill.createdAt.milliseconds, skill.updatedAt.milliseconds,
            ])
    }

    public func update(skill: Skill) async throws(StoreError) {
        try await committer.write { db in try Self.update(skill, in: db) }
    }

    public func insert(version: SkillVersion, updating skill: Skill) async throws(StoreError) {
        try await committer.write { db in
            guard let row = try db.row("SELECT latest_version FROM skills WHERE id = ?", [skill.id.uuid]) else {
                throw StoreError.missing("skill")
            }
            let latest = try row.value("latest_version", SemanticVersion(try row.text("latest_version")))
            try Self.insert(version, of: skill.id, in: db)
            try Self.update(skill, in: db)
            guard version.version > latest else { return }
            try db.run(
                "UPDATE skills SET latest_version = ?, description = ? WHERE id = ?",
                [version.version.description, version.manifest.description, skill.id.uuid])
            try SkillFacts(version.manifest).write(skill.id, in: db)
        }
    }

    public func skill(id: Skill.ID) async throws(StoreError) -> Skill? {
        try await read { db in try db.row(Self.skillRows + " WHERE s.id = ?", [id.uuid])?.skill() }
    }

    public func skill(named name: String) async throws(StoreError) -> Skill? {
        try await read { db in try db.row(Self.skillRows + " WHERE s.name = ?", [name])?.skill() }
    }

    public func version(
        of skill: Skill.ID, _ version: SemanticVersion
    ) async throws(StoreError) -> SkillVersion? {
        try await read { db in
            try db.row(
                Self.versionRows + " WHERE v.skill_id = ? AND v.version = ?", [skill.uuid, version.description])?
                .skillVersion()
        }
    }

    static let skillRows = """
        SELECT s.*, v.package AS version_package, v.manifest AS version_manifest, v.api AS version_api,
            v.source AS version_source, v.created_at AS version_created_at, t.review AS standing_review,
            t.quality AS standing_quality, t.rules AS standing_rules, t.decision AS standing_decision,
            t.yanked_at AS standing_yanked_at, t.yanked_reason AS standing_yanked_reason,
            t.revoked_at AS standing_revoked_at, t.revoked_reason AS standing_revoked_reason
        FROM skills AS s JOIN skill_versions AS v ON v.skill_id = s.id AND v.version = s.latest_version
            JOIN version_standings AS t ON t.skill_id = s.id AND t.version = s.latest_version
        """

    static let versionRows = """
        SELECT v.skill_id, v.version, v.package AS version_package, v.manifest AS version_manifest,
            v.api AS version_api, v.source AS version_source, v.created_at AS version_created_at,
            t.review AS standing_review, t.quality AS standing_quality, t.rules AS standing_rules,
            t.decision AS standing_decision, t.yanked_at AS standing_yanked_at,
            t.yanked_reason AS standing_yanked_reason, t.revoked_at AS standing_revoked_at,
            t.revoked_reason AS standing_revoked_reason
        FROM skill_versions AS v JOIN version_standings AS t ON t.skill_id = v.skill_id AND t.version = v.version
        """

    /// Downloads, ratings and reviews are not among what this changes: they follow the purchases and reviews.
    private static func update(_ skill: Skill, in db: Database) throws {
        let changed = try db.run(
            """
            UPDATE skills SET display_name = ?, category = ?, pricing_kind = ?, price = ?, currency = ?,
                pricing = ?, status = ?, tags = ?, quality = ?, updated_at = ?
            WHERE id = ?
            """,
            [
                skill.displayName, skill.category.rawValue, skill.pricing.kind.rawValue,
                skill.pricing.price.base, skill.pricing.price.currency.rawValue,
                skill.pricing.json.description, skill.status.rawValue, skill.tagsJSON,
                skill.quality, skill.updatedAt.milliseconds, skill.id.uuid,
            ])
        guard changed == 1 else { throw StoreError.missing("skill") }
    }

    static func insert(
        _ version: SkillVersion, of skill: Skill.ID, offer: VersionOffer? = nil, in db: Database
    ) throws {
        guard try db.row("SELECT 1 FROM packages WHERE digest = ?", [version.package.description]) != nil else {
            throw StoreError.missing("package")
        }
        try db.run(
            """
            INSERT INTO skill_versions (skill_id, version, package, manifest, api, source, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                skill.uuid, version.version.description, version.package.description,
                Data(version.manifest.json.serialized()), Data(version.api.json.serialized()),
                version.source.map { Data($0.json.serialized()) }, version.createdAt.milliseconds,
            ])
        try db.run(
            """
            INSERT INTO version_standings (skill_id, version, review, quality, display_name, pricing, handed_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                skill.uuid, version.version.description, version.standing.review.rawValue, version.standing.quality,
                offer?.displayName, offer?.pricing.json.description, version.createdAt.milliseconds,
            ])
    }
}

extension Skill {
    var tagsJSON: String { Self.json(tags: tags) }

    static func json(tags: [String]) -> String { JSONValue.array(tags.map { .string($0) }).description }
}
