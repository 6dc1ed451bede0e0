import ExecutionNode
import Fields
import HTTPTypes
import LicenseCheck
import MarketCore

/// Agents: register, show, list.
struct AgentRoutes {
    let node: ExecutionNode

    var routes: [Route] {
        [
            Route(.post, "/api/v1/agents/register", register),
            Route(.get, "/api/v1/agents", list),
            Route(.get, "/api/v1/agents/{agent}", show),
        ]
    }

    @Sendable private func register(_ call: Call) async throws -> Reply {
        let rate = try node.countRegistration(from: call.connection?.address)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let (agent, apiKey) = try await node.register(try Registration(fields))
        return .json(["agent": agent.json, "apiKey": .string(apiKey)], status: 201)
            .with(.location, "/api/v1/agents/\(agent.id)").with(.cacheControl, "no-store").with(rates: [rate])
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        var query = try call.query()
        let search = try query.string("search")
        let page = try query.page()
        try query.finish()
        return .json(
            try await node.agents(search: search, page: page).json("agents", limit: page.limit) { $0.json })
    }

    @Sendable private func show(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try await node.agent(call.parameter("agent"))
        let query = SkillQuery(agentID: agent.id, page: PageRequest(limit: PageRequest.limitMax))
        let skills = try await node.skills(query)
        let stats: JSONValue = [
            "skills": .number(skills.total), "totalSales": .number(agent.totalSales),
            "downloads": .number(skills.items.reduce(0) { $0 + $1.downloadCount }),
        ]
        return .json(["agent": agent.json, "skills": .array(skills.items.map(\.json)), "stats": stats])
    }
}
