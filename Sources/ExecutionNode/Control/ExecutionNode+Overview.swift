public import Fields
public import MarketCore
import Metering

extension ExecutionNode {
    /// Skills that may be featured at once.
    public static let featuredMax = 50

    /// The featured skills that are shown, in the operator's order.
    public func featured() async throws(NodeError) -> [Skill] {
        try await inStore { () throws(StoreError) in try await store.featured() }
    }

    /// Replaces the featured skills.
    /// - Parameter names: names or identifiers, in order; none twice, at most ``featuredMax``.
    /// - Throws: ``NodeError`` 404 for one that does not exist, 422.
    public func setFeatured(_ names: [String]) async throws(NodeError) -> [Skill] {
        var ids: [Skill.ID] = []
        for (index, name) in names.enumerated() {
            let id = try await skills.skill(name).id
            guard !ids.contains(id) else {
                throw NodeError(FieldError(path: "skills[\(index)]", message: "this skill appears twice"))
            }
            ids.append(id)
        }
        guard ids.count <= Self.featuredMax else {
            throw NodeError(FieldError(path: "skills", message: "must have at most \(Self.featuredMax) elements"))
        }
        let wanted = ids
        let act = AuditAct(
            .operator, .featuredChanged, .node, ["skills": .array(wanted.map { .string($0.description) })])
        try await inStore(recording: act) { () throws(StoreError) in try await store.setFeatured(wanted) }
        return try await featured()
    }

    /// What everybody may know of an agent's trade.
    public func stats(of agent: Agent.ID) async throws(NodeError) -> AgentStats {
        try await inStore { () throws(StoreError) in try await store.stats(of: agent) }
    }

    /// How the market stands, for the operator.
    public func overview() async throws(NodeError) -> JSONValue {
        let (agents, skills, totals, platform, pauses, featured, head) = try await inStore {
            () throws(StoreError) in
            (
                try await store.agentCounts(), try await store.skillCounts(), try await store.totals(),
                try await store.platformBalances(), try await store.pauses(), try await store.featured(),
                try await store.auditHead()
            )
        }
        var byStatus: JSONObject = ["total": .number(totals.skills)]
        for status in Skill.Status.allCases { byStatus[status.rawValue] = .number(skills[status] ?? 0) }
        var problem: JSONValue = nil
        do throws(NodeError) { try requireHealth() } catch { problem = .string(error.code) }
        return [
            "agents": [
                "total": .number(totals.agents), "active": .number(agents[.active] ?? 0),
                "deactivated": .number(agents[.deactivated] ?? 0), "banned": .number(agents[.banned] ?? 0),
            ],
            "skills": .object(byStatus), "purchases": .number(totals.purchases), "executions": .number(totals.usages),
            "platform": .array(
                platform.map {
                    ["currency": .string($0.currency.rawValue), "amount": .string($0.decimal)]
                }),
            "load": [
                "running": .number(running.count), "waiting": .number(load.waiting),
                "freeSlots": .number(load.freeSlots),
                "openHolds": .number(load.openHolds), "unbooked": .number(load.unbooked),
            ],
            "problem": problem, "pauses": .array(pauses.map(\.json)),
            "featured": .array(featured.map { .string($0.name) }), "auditHead": head?.json ?? .null,
        ]
    }
}

extension AuditAction {
    static let featuredChanged = AuditAction(rawValue: "featured.changed")
}

extension AgentStats {
    package func json(since: Timestamp) -> JSONValue {
        [
            "skills": .number(skills), "totalSales": .number(sales), "buyers": .number(buyers),
            "callsServed": .number(callsServed), "downloads": .number(downloads), "since": .string(since.description),
        ]
    }
}
