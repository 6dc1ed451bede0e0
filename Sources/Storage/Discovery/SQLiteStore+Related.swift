import Foundation
import GRDB
public import MarketCore

extension SQLiteStore: DiscoveryStore {
    /// The newest buyers of a skill that are asked, and the newest purchases of each.
    private static let (buyersMax, basketMax) = (100, 40)
    /// Skills of one tag that are looked at, the most trusted first.
    private static let sharersMax = 200

    public func boughtWith(
        _ skill: Skill.ID, for buyer: Agent.ID?, limit: Int
    ) async throws(StoreError) -> [RelatedSkill] {
        try await read { db in
            var parties: [Skill.ID: Set<String>] = [:]
            for (agent, wallet) in try Self.buyers(of: skill, in: db) {
                let basket = try db.rows(
                    "SELECT skill_id FROM purchases WHERE buyer_id = ? ORDER BY created_at DESC, id DESC LIMIT ?",
                    [agent.uuid, Self.basketMax])
                for row in basket { parties[try row.id("skill_id"), default: []].insert(wallet) }
            }
            let known = try Self.known(to: buyer, and: skill, in: db)
            let counted = parties.filter { Int64($0.value.count) >= RelatedSkill.partiesMin && !known.contains($0.key) }
                .sorted { ($0.value.count, $0.key.description) > ($1.value.count, $1.key.description) }
            var related: [RelatedSkill] = []
            for (id, wallets) in counted.prefix(4 * limit) where related.count < limit {
                guard
                    let row = try db.row(
                        Self.skillRows + " WHERE s.id = ? AND s.status = 'published' AND \(SkillQuery.isShown)",
                        [id.uuid])
                else { continue }
                let found = try row.skill()
                // Whoever sells it is no witness.
                let seller = try db.row("SELECT owner_wallet FROM agents WHERE id = ?", [found.agentID.uuid])
                let count = Int64(wallets.subtracting([try seller?.text("owner_wallet") ?? ""]).count)
                guard count >= RelatedSkill.partiesMin else { continue }
                related.append(RelatedSkill(skill: found, reason: .boughtTogether(parties: count)))
            }
            return related
        }
    }

    public func alike(
        _ skill: Skill.ID, for buyer: Agent.ID?, limit: Int
    ) async throws(StoreError) -> [RelatedSkill] {
        await indexUrgent()
        return try await read { db in
            guard let origin = try db.row(Self.skillRows + " WHERE s.id = ?", [skill.uuid])?.skill() else { return [] }
            var shared: [Int64: [String]] = [:]
            for tag in origin.tags {
                for slot in try Self.slots(Facet.tag(tag), in: db) { shared[slot, default: []].append(tag) }
            }
            for slot in try Self.slots(Facet.category(origin.category.rawValue), in: db) {
                shared[slot, default: []] += []
            }
            // Most in common first; of those the most trusted.
            let ordered = shared.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
            let known = try Self.known(to: buyer, and: skill, in: db)
            var related: [RelatedSkill] = []
            for (slot, tags) in ordered where related.count < limit {
                guard let row = try db.row("SELECT skill_id FROM skill_cards WHERE slot = ?", [slot]),
                    case let id:Skill.ID = try row.id("skill_id"), !known.contains(id),
                    let found = try db.row(Self.skillRows + " WHERE s.id = ?", [id.uuid])?.skill()
                else { continue }
                let category = found.category == origin.category ? found.category : nil
                related.append(RelatedSkill(skill: found, reason: .alike(tags: tags, category: category)))
            }
            return related
        }
    }

    public func bought(by agent: Agent.ID, limit: Int) async throws(StoreError) -> [Skill.ID] {
        try await read { db in
            var skills: [Skill.ID] = []
            let rows = try db.rows(
                """
                SELECT p.skill_id FROM purchases AS p JOIN skills AS s ON s.id = p.skill_id
                WHERE p.buyer_id = ? AND s.status = 'published' AND \(SkillQuery.isShown)
                ORDER BY p.created_at DESC, p.id DESC LIMIT ?
                """, [agent.uuid, 10 * limit])
            for row in rows where skills.count < limit {
                let skill: Skill.ID = try row.id("skill_id")
                if !skills.contains(skill) { skills.append(skill) }
            }
            return skills
        }
    }

    /// The newest buyers of a skill, without whoever shares its seller's wallet.
    private static func buyers(of skill: Skill.ID, in db: Database) throws -> [(agent: Agent.ID, wallet: String)] {
        var buyers: [Agent.ID: String] = [:]
        let rows = try db.rows(
            """
            SELECT p.buyer_id, a.owner_wallet FROM purchases AS p JOIN agents AS a ON a.id = p.buyer_id
            JOIN agents AS seller ON seller.id = p.seller_id
            WHERE p.skill_id = ? AND a.owner_wallet <> seller.owner_wallet ORDER BY p.created_at DESC LIMIT ?
            """, [skill.uuid, 10 * buyersMax])
        for row in rows where buyers.count < buyersMax {
            buyers[try row.id("buyer_id")] = try row.text("owner_wallet")
        }
        return buyers.map { ($0.key, $0.value) }
    }

    /// What needs no recommendation: the skill itself, and what an agent sells or bought lately.
    private static func known(to agent: Agent.ID?, and skill: Skill.ID, in db: Database) throws -> Set<Skill.ID> {
        var known: Set<Skill.ID> = [skill]
        guard let agent else { return known }
        let rows = try db.rows(
            """
            SELECT skill_id FROM (
                SELECT skill_id FROM purchases WHERE buyer_id = ?1 ORDER BY created_at DESC, id DESC LIMIT 1000
            ) UNION SELECT id FROM (SELECT id FROM skills WHERE agent_id = ?1 ORDER BY created_at DESC LIMIT 1000)
            """, [agent.uuid])
        for row in rows { known.insert(try row.id("skill_id")) }
        return known
    }

    private static func slots(_ facet: String, in db: Database) throws -> [Int64] {
        let match = "facets : (\"\(facet)\" AND \"\(Facet.status(Skill.Status.published.rawValue))\")"
        return try db.rows(
            "SELECT rowid AS slot FROM skill_search WHERE skill_search MATCH ? ORDER BY rowid LIMIT ?",
            [match, sharersMax]
        ).map { try $0.integer("slot") }
    }
}
