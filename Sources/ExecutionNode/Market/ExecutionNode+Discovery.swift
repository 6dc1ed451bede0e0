public import MarketCore

extension ExecutionNode {
    /// A skill that is recommended, and the skill that it is recommended for; nil where it is for nobody's sake.
    public struct Recommendation: Sendable {
        public let related: RelatedSkill
        public let origin: Skill?
    }

    /// What those who bought a skill bought too, then what is like it.
    public func related(to name: String, limit: Int) async throws(NodeError) -> [Recommendation] {
        let origin = try await skills.skill(name)
        return try await recommendations(for: [origin], to: nil, limit: limit)
    }

    /// What an agent may want to buy, by what it bought lately; the most trusted skills where nothing is known of it.
    public func recommendations(to agent: Agent.ID, limit: Int) async throws(NodeError) -> [Recommendation] {
        let bought = try await inStore { () throws(StoreError) in
            try await store.bought(by: agent, limit: Self.originsMax)
        }
        var origins: [Skill] = []
        for id in bought { origins.append(try await skills.skill(id.description)) }
        var found = try await recommendations(for: origins, to: agent, limit: limit)
        guard found.count < limit else { return found }
        let known = Set(bought + found.map(\.related.skill.id))
        let trusted = try await self.skills(SkillQuery(sort: .relevance, page: PageRequest(limit: limit + known.count)))
        for skill in trusted.items where found.count < limit && skill.agentID != agent && !known.contains(skill.id) {
            found.append(Recommendation(related: RelatedSkill(skill: skill, reason: .trusted), origin: nil))
        }
        return found
    }

    /// Newest purchases by which something is recommended.
    private static let originsMax = 5

    private func recommendations(
        for origins: [Skill], to agent: Agent.ID?, limit: Int
    ) async throws(NodeError) -> [Recommendation] {
        try await inStore { () throws(StoreError) in
            var found: [Recommendation] = []
            var seen = Set(origins.map(\.id))
            func add(_ related: [RelatedSkill], _ origin: Skill) {
                for related in related where found.count < limit && seen.insert(related.skill.id).inserted {
                    found.append(Recommendation(related: related, origin: origin))
                }
            }
            for origin in origins { add(try await store.boughtWith(origin.id, for: agent, limit: limit), origin) }
            for origin in origins where found.count < limit {
                add(try await store.alike(origin.id, for: agent, limit: limit), origin)
            }
            return found
        }
    }
}
