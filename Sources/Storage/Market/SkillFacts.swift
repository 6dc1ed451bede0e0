import GRDB
import MarketCore

/// What skills are found and ranked by of their latest version's manifest.
struct SkillFacts {
    private let manifest: SkillManifest

    init(_ manifest: SkillManifest) {
        self.manifest = manifest
    }

    func write(_ skill: Skill.ID, in db: Database) throws {
        try db.run(
            "UPDATE skills SET documentation = ?, runtime = ?, needs_network = ?, needs_secrets = ? WHERE id = ?",
            [
                manifest.documentationScore, manifest.runtime.rawValue, !manifest.network.isEmpty,
                !manifest.secrets.isEmpty, skill.uuid,
            ])
    }
}
