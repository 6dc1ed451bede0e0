package import Fields
public import MarketCore

/// What the operator stops, from the next call on and across restarts.
extension ExecutionNode {
    /// The pauses that stand, the oldest first.
    public func pauses() async throws(NodeError) -> [Pause] {
        try await inStore { () throws(StoreError) in try await store.pauses() }
    }

    /// Stops something, or changes why it is stopped.
    /// - Parameters:
    ///   - target: what, with the name or identifier of a skill or an agent.
    ///   - cancelRunning: end the runs that go on under it as well; they are booked as cancelled, at no cost.
    /// - Returns: the pause, and how many runs were told to end.
    /// - Throws: ``NodeError`` 404 when there is no such skill or agent, 422 when a field is wrong.
    public func pause(_ pause: Pause, cancelRunning: Bool = false) async throws(NodeError) -> (Pause, cancelled: Int) {
        let act = AuditAct(
            .operator, .paused, pause.target.subject,
            [
                "what": .string(pause.target.kind), "reason": .string(pause.reason),
                "cancelRunning": .bool(cancelRunning),
            ])
        try await inStore(recording: act) { () throws(StoreError) in
            try await store.set(pause: pause) { self.controls.set(pause) }
        }
        return (pause, cancelRunning ? running.cancel(pause.target) : 0)
    }

    /// Lets it go on.
    /// - Throws: ``NodeError`` 404 when it is not paused.
    public func resume(_ target: Pause.Target) async throws(NodeError) {
        let act = AuditAct(.operator, .resumed, target.subject, ["what": .string(target.kind)])
        try await inStore(recording: act) { () throws(StoreError) in
            try await store.removePause(of: target) { self.controls.remove(target) }
        }
    }

    /// The target that a kind and a name or identifier mean.
    /// - Throws: ``NodeError`` 404, 422.
    package func pauseTarget(_ kind: String, _ name: String?) async throws(NodeError) -> Pause.Target {
        switch (kind, name) {
        case ("skill", let name?): return .skill(try await skills.skill(name).id)
        case ("agent", let name?): return .agent(try await agent(name).id)
        case ("skill", nil), ("agent", nil):
            throw NodeError(FieldError(path: "target", message: "must name the \(kind)"))
        case (_, .some):
            throw NodeError(FieldError(path: "target", message: "is only for a skill or an agent"))
        default:
            guard let target = Pause.Target(kind: kind, id: "") else {
                throw NodeError(
                    FieldError(
                        path: "what", message: "must be one of purchases, executions, publishing, skill, agent"))
            }
            return target
        }
    }

    /// Refuses what the operator has stopped, and what has to do with an agent that is barred.
    /// - Parameters:
    ///   - agent: who wants to do it.
    ///   - skill: with which skill, if with one.
    /// - Throws: ``NodeError`` 503 `paused`, 403 `agent_banned`.
    func requireOpen(
        _ operation: Controls.Operation, to agent: Agent.ID, _ skill: Skill? = nil
    ) throws(NodeError) {
        guard !controls.isQuiet else { return }
        try requireActive(agent)
        if let skill, skill.agentID != agent { try requireSeller(of: skill) }
        let agents = [agent] + (skill.map { $0.agentID == agent ? [] : [$0.agentID] } ?? [])
        try refuse(controls.pause(of: operation, by: agents, on: skill?.id))
    }

    /// As ``requireOpen(_:to:_:)`` for a step of a workflow that runs: what runs goes on under a pause of all executions.
    func requireOpen(stepOf skill: Skill) throws(NodeError) {
        try requireSeller(of: skill)
        try refuse(controls.pause(of: .step, by: [skill.agentID], on: skill.id))
    }

    private func requireSeller(of skill: Skill) throws(NodeError) {
        guard controls.status(of: skill.agentID) == .banned else { return }
        throw NodeError(
            status: 403, code: "seller_banned",
            detail: "The operator has barred the seller of \(skill.name), so it is neither sold nor run.")
    }

    private func refuse(_ pause: Pause?) throws(NodeError) {
        guard let pause else { return }
        let what =
            switch pause.target {
            case .purchases: "Purchases are"
            case .executions: "Executions are"
            case .publishing: "Publishing is"
            case .skill: "The skill is"
            case .agent: "The agent is"
            }
        throw NodeError(
            status: 503, code: "paused", detail: "\(what) paused by the operator: \(pause.reason)", retryable: true,
            retryAfterSeconds: pause.retryAfterSeconds,
            fields: ["paused": .string(pause.target.kind), "reason": .string(pause.reason)])
    }
}

extension AuditAction {
    static let paused = AuditAction(rawValue: "pause.set")
    static let resumed = AuditAction(rawValue: "pause.ended")
}

extension Pause.Target {
    fileprivate var subject: AuditSubject {
        switch self {
        case .skill(let id): .skill(id)
        case .agent(let id): .agent(id)
        default: .node
        }
    }
}

extension Pause {
    package var json: JSONValue {
        [
            "what": .string(target.kind), "target": .optional(target.id.isEmpty ? nil : target.id),
            "reason": .string(reason), "retryAfter": .number(retryAfterSeconds), "since": .string(since.description),
        ]
    }
}
