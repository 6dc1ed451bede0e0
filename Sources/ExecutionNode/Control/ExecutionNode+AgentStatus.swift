import Fields
public import MarketCore
import Metering

/// Whether agents take part: their own farewell, and the operator's bans.
extension ExecutionNode {
    /// Refuses an agent that does not take part.
    /// - Throws: ``NodeError`` 403.
    func requireActive(_ agent: Agent.ID) throws(NodeError) {
        switch controls.status(of: agent) {
        case .active: return
        case .banned:
            throw NodeError(
                status: 403, code: "agent_banned",
                detail: "The operator has barred this agent; its keys are refused until the operator lets it in again.")
        case .deactivated:
            throw NodeError(
                status: 403, code: "agent_deactivated",
                detail: "This agent was deactivated; only the operator can let it in again.")
        }
    }

    /// Bars an agent: its keys are refused, its skills are neither shown, sold nor run.
    /// - Parameter cancelRunning: end the runs that it asked for, and those of its skills, as well.
    /// - Throws: ``NodeError`` 404.
    public func ban(
        _ name: String, reason: String, cancelRunning: Bool = false
    ) async throws(NodeError) -> (Agent, cancelled: Int) {
        let banned = try await change(
            .ban(reason: reason), of: try await agent(name).id, by: .operator, .agentBanned, ["reason": .string(reason)]
        )
        return (banned, cancelRunning ? running.cancel(.agent(banned.id)) : 0)
    }

    /// Lets an agent in again that was banned.
    public func unban(_ name: String) async throws(NodeError) -> Agent {
        try await change(.unban, of: try await agent(name).id, by: .operator, .agentUnbanned)
    }

    /// Lets an agent in again that was deactivated, with the keys that it has.
    public func reactivate(_ name: String) async throws(NodeError) -> Agent {
        try await change(.reactivate, of: try await agent(name).id, by: .operator, .agentReactivated)
    }

    /// Ends an agent's part in the market. Its keys are refused and its skills sold no more; who has a licence goes on
    /// using it, and what that earns stays the agent's.
    /// - Parameter leavesBalance: do it although money is left; it stays in the books, and comes back with the agent.
    /// - Throws: ``NodeError`` 404 when it is not the agent itself, 409 `balance_left`.
    public func deactivate(_ name: String, by caller: Agent.ID, leavesBalance: Bool = false) async throws(NodeError)
        -> Agent
    {
        let agent = try await ownAgent(name, caller)
        let left = try await balances(of: agent.id).filter { !$0.total.isZero || !$0.held.isZero }
        guard leavesBalance || left.isEmpty else {
            throw NodeError(
                status: 409, code: "balance_left",
                detail:
                    "The agent still has \(left.map(\.total.description).joined(separator: " and ")). Use it first, "
                    + "have the operator pay it out, or send leaveBalance=true: it then stays in the books, and only the "
                    + "operator can pay it out or bring the agent back.",
                fields: [
                    "balances": .array(
                        left.map {
                            ["amount": .string($0.total.decimal), "currency": .string($0.total.currency.rawValue)]
                        })
                ])
        }
        return try await change(.deactivate, of: agent.id, by: .agent(caller), .agentDeactivated)
    }

    /// Changes what an agent says about itself.
    /// - Throws: ``NodeError`` 403 when it is not the agent itself, 422 when a field is wrong, 412 `agent_changed` when it is
    ///   not as `condition` says.
    public func update(
        _ name: String, _ change: AgentUpdate, if condition: EditCondition = .any, by caller: Agent.ID
    ) async throws(NodeError) -> Agent {
        do throws(FieldError) { try change.check() } catch { throw NodeError(error) }
        while true {
            let former = try await ownAgent(name, caller)
            guard condition.allows(former.revision) else { throw NodeError(StoreError.stale("agent")) }
            do throws(NodeError) {
                return try await update(former, change)
            } catch {
                // Another call changed it in between: what that one changed must not be lost.
                guard error.code == "agent_changed" else { throw error }
            }
        }
    }

    private func update(_ former: Agent, _ change: AgentUpdate) async throws(NodeError) -> Agent {
        var agent = former
        if let description = change.description { agent.description = description }
        if let avatar = change.avatar { agent.avatar = avatar.isEmpty ? nil : avatar }
        if let wallet = change.ownerWallet { agent.ownerWallet = wallet }
        agent.updatedAt = .now
        let updated = agent
        var detail: JSONObject = [:]
        if former.ownerWallet != agent.ownerWallet {
            detail["formerOwner"] = .string(former.ownerWallet)
            detail["owner"] = .string(agent.ownerWallet)
        }
        if former.description != agent.description { detail["description"] = .string("changed") }
        if former.avatar != agent.avatar { detail["avatar"] = .optional(agent.avatar) }
        let action: AuditAction = former.ownerWallet == agent.ownerWallet ? .agentUpdated : .walletChanged
        let act = AuditAct(.agent(agent.id), action, .agent(agent.id), detail)
        try await inStore(recording: act) { () throws(StoreError) in
            try await store.update(agent: updated, if: former.revision)
        }
        return updated
    }

    private func ownAgent(_ name: String, _ caller: Agent.ID) async throws(NodeError) -> Agent {
        let agent = try await agent(name)
        guard agent.id == caller else {
            throw NodeError(
                status: 403, code: "not_the_agent", detail: "\(agent.name) is another agent; each changes only itself.")
        }
        return agent
    }

    private func change(
        _ change: AgentChange, of agent: Agent.ID, by actor: AuditActor, _ action: AuditAction,
        _ detail: JSONObject = [:]
    ) async throws(NodeError) -> Agent {
        let act = AuditAct(actor, action, .agent(agent), detail)
        return try await inStore(recording: act) { () throws(StoreError) in
            try await store.change(change, of: agent, at: .now) { self.controls.note($0) }
        }
    }
}

extension AuditAction {
    static let agentUpdated = AuditAction(rawValue: "agent.updated")
    static let walletChanged = AuditAction(rawValue: "agent.wallet_changed")
    static let agentDeactivated = AuditAction(rawValue: "agent.deactivated")
    static let agentReactivated = AuditAction(rawValue: "agent.reactivated")
    static let agentBanned = AuditAction(rawValue: "agent.banned")
    static let agentUnbanned = AuditAction(rawValue: "agent.unbanned")
}
