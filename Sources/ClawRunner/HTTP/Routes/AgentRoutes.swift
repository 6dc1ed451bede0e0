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
            Route(.patch, "/api/v1/agents/{agent}", scopes: .publish, update),
            Route(.delete, "/api/v1/agents/{agent}", scopes: .all, deactivate),
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
        // Of an agent that does not take part, nothing is for sale.
        let query = SkillQuery(agentID: agent.id, page: PageRequest(limit: PageRequest.limitMax))
        let skills = agent.status == .active ? try await node.skills(query).items : []
        let stats = try await node.stats(of: agent.id).json(since: agent.createdAt)
        return .json(["agent": agent.json, "skills": .array(skills.map(\.json)), "stats": stats])
            .tagged(agent.revision, for: call)
    }

    @Sendable private func update(_ call: Call) async throws -> Reply {
        let caller = try call.caller(node)
        let change = try AgentUpdate(try call.fields(try await call.body(bytesMax: 64 << 10)))
        // The wallet says who owns what the agent earns.
        if change.ownerWallet != nil { _ = try call.callerKey(node, further: .billing) }
        let agent = try await node.update(call.parameter("agent"), change, if: call.editCondition, by: caller)
        return .json(["agent": agent.json])
    }

    @Sendable private func deactivate(_ call: Call) async throws -> Reply {
        let caller = try call.caller(node)
        var query = try call.query()
        let leaves = try query.enumeration("leaveBalance", as: Answer.self) == .yes
        try query.finish()
        return .json([
            "agent": try await node.deactivate(call.parameter("agent"), by: caller, leavesBalance: leaves).json
        ])
    }

    private enum Answer: String, CaseIterable {
        case yes = "true"
        case no = "false"
    }
}
