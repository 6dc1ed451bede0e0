import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// Skills that nobody named: what belongs to a skill, and what an agent may want.
struct DiscoveryRoutes {
    let node: ExecutionNode

    static let recommendationsMax = 50

    var routes: [Route] {
        [
            Route(.get, "/api/v1/skills/{skill}/related", related),
            Route(.get, "/api/v1/recommendations", recommendations),
        ]
    }

    @Sendable private func related(_ call: Call) async throws -> Reply {
        let limit = try limit(of: call)
        return reply(try await node.related(to: call.parameter("skill"), limit: limit))
    }

    @Sendable private func recommendations(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let limit = try limit(of: call)
        return reply(try await node.recommendations(to: agent, limit: limit))
    }

    private func limit(of call: Call) throws -> Int {
        var query = try call.query()
        let limit = try query.int("limit", in: 1...Self.recommendationsMax) ?? 10
        try query.finish()
        return limit
    }

    private func reply(_ found: [ExecutionNode.Recommendation]) -> Reply {
        .json(["items": .array(found.map(\.json))])
    }
}

extension QueryReader {
    /// The filters of the list of skills. With words the best match comes first unless another order is asked for.
    mutating func skills() throws(NodeError) -> SkillQuery {
        var query = SkillQuery()
        query.category = try enumeration("category", as: Skill.Category.self)
        query.search = try string("search")
        query.tag = try string("tag", bytesMax: 64)
        query.agentID = try identifier("agentId", of: Agent.self)
        query.pricing = try enumeration("pricing", as: Pricing.Kind.self)
        query.runtime = try enumeration("runtime", as: SkillManifest.Runtime.self)
        query.needsNetwork = try enumeration("network", as: Need.self).map { $0 == .declared }
        query.needsSecrets = try enumeration("secrets", as: Need.self).map { $0 == .declared }
        query.currency = try enumeration("currency", as: Currency.self)
        let currency = query.currency ?? .usdc
        query.priceMin = try money("minPrice", currency)
        query.priceMax = try money("maxPrice", currency)
        // Amounts of two currencies say nothing of each other.
        if query.priceMin != nil || query.priceMax != nil { query.currency = currency }
        query.starsMin = try int("minRating", in: 1...5).map(Int64.init)
        query.sort =
            try enumeration("sort", as: SkillQuery.Sort.self) ?? (query.search == nil ? .newest : .relevance)
        query.page = try page()
        return query
    }

    /// What a skill declares that it needs.
    private enum Need: String, CaseIterable {
        case none, declared
    }
}
