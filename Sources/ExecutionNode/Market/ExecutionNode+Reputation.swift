import Fields
import Logging
public import MarketCore

extension ExecutionNode {
    /// The terms of an agent's reputation as they are now.
    public func reputation(of agent: Agent.ID) async throws(NodeError) -> Reputation {
        let found = try await inStore { () throws(StoreError) in try await store.reputation(of: agent) }
        guard let found else { throw .notFound("agent", agent.description) }
        return found
    }

    /// Recomputes every reputation and rating, for the operator.
    public func recountReputations() async throws(NodeError) -> ReputationRecount {
        let recount = try await inStore { () throws(StoreError) in try await store.recountReputations() }
        if !recount.differing.isEmpty {
            logger.error(
                "reputations were not what a recount gives",
                metadata: ["agents": .stringConvertible(recount.differing.count)])
            skills.forgetAll()
            try await audit(
                AuditAct(.operator, .reputationsSet, .node, ["agents": .number(recount.differing.count)]))
        }
        return recount
    }

    /// Brings reputations and ratings up to date after something happened.
    func refreshReputations() async throws(NodeError) {
        let changed = try await inStore { () throws(StoreError) in try await store.refreshReputations() }
        for skill in changed { skills.forget(skill) }
    }
}
