package import MarketCore
package import Metering

/// What a request is held against: its address when it arrives, its agent once the key is known, its licence when that is
/// found to hold. Each comes before the work that it bounds, so no work is free; what one limit refuses costs so little
/// that it uses up nothing of the others.
extension ExecutionNode {
    /// Counts a request that arrived from elsewhere, whatever becomes of it.
    /// - Throws: ``NodeError`` 429.
    package func countRequest(from address: ClientAddress) throws(NodeError) -> RateStatus {
        try count(.address, .address(address), configuration.addressRate)
    }

    /// Counts a request of an agent, whatever becomes of it, unless its licence's rate refuses it.
    /// - Throws: ``NodeError`` 429.
    package func countRequest(of agent: Agent.ID) throws(NodeError) -> RateStatus {
        try count(.agent, .agent(agent), configuration.agentRate)
    }

    /// Counts an attempt to register an agent.
    /// - Parameter address: nil when it came over the Unix socket, whose clients count together.
    /// - Throws: ``NodeError`` 429.
    package func countRegistration(from address: ClientAddress?) throws(NodeError) -> RateStatus {
        try count(.registration, .registration(address), configuration.registrationRate)
    }

    private func count(
        _ policy: RateStatus.Policy, _ key: RateKey, _ limit: RateLimit
    ) throws(NodeError) -> RateStatus {
        let decision = admit(RateClaim(key: key, limit: limit))
        guard decision.allowed else { throw .rateLimited(policy, decision) }
        return RateStatus(policy, decision)
    }

    // MARK: Licences

    func licenseClaim(_ caller: Agent.ID, _ skill: Skill, _ purchase: Purchase?) -> RateClaim {
        RateClaim(
            key: purchase.map { .license($0.id) } ?? .owner(caller, skill.id), limit: configuration.licenseRate)
    }

    /// Refuses a call beyond its licence's rate before it costs more; counts nothing.
    /// - Parameter agent: as the call was counted; what the licence refuses does not count there.
    /// - Throws: ``NodeError`` 429.
    func requireRate(_ license: RateClaim, _ caller: Agent.ID, _ agent: RateStatus) throws(NodeError) {
        _ = try pass(limiter.ask(license), caller, agent)
    }

    /// Counts a call against its licence.
    /// - Throws: ``NodeError`` 429; as above.
    func countCall(_ license: RateClaim, _ caller: Agent.ID, _ agent: RateStatus) throws(NodeError) -> RateStatus {
        try pass(admit(license), caller, agent)
    }

    private func admit(_ claim: RateClaim) -> RateDecision {
        guard let decision = limiter.admit([claim]).first else { preconditionFailure("one claim has one decision") }
        return decision
    }

    private func pass(
        _ decision: RateDecision, _ caller: Agent.ID, _ agent: RateStatus
    ) throws(NodeError) -> RateStatus {
        guard !decision.allowed else { return RateStatus(.license, decision) }
        let counted = RateClaim(key: .agent(caller), limit: agent.decision.limit)
        limiter.giveBack(counted)
        var error = NodeError.rateLimited(.license, decision)
        error.rates.append(RateStatus(.agent, limiter.ask(counted)))
        throw error
    }
}
