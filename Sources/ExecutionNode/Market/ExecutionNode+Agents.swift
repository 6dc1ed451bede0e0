import Fields
import LicenseCheck
public import MarketCore

extension ExecutionNode {
    /// Adds an agent to the market.
    /// - Returns: the agent and its API key, which is shown this once.
    /// - Throws: ``NodeError`` 409 `name_taken`, 422 when a field is wrong, 503 `storage_low`.
    public func register(_ registration: Registration) async throws(NodeError) -> (agent: Agent, apiKey: String) {
        try requireSpace()
        do throws(FieldError) { try registration.check() } catch { throw NodeError(error) }
        let now = Timestamp.now
        let agent = Agent(
            id: .new(at: now), name: registration.name, ownerWallet: registration.ownerWallet,
            description: registration.description, avatar: registration.avatar, createdAt: now, updatedAt: now)
        let key = APIKey.generate()
        let stored = StoredKey(
            id: .new(at: now), agentID: agent.id, sha256: key.sha256, prefix: key.prefix, createdAt: now)
        let act = AuditAct(
            .agent(agent.id), .agentRegistered, .agent(agent.id),
            ["name": .string(agent.name), "owner": .string(agent.ownerWallet), "key": .string(stored.id.description)])
        do throws(NodeError) {
            try await inStore(recording: act) { () throws(StoreError) in
                try await store.insert(agent: agent, key: stored)
            }
        } catch {
            guard error.code == "name_taken" else { throw error }
            var taken = error
            taken.detail = "An agent has this name, or one that looks like it; choose another."
            throw taken
        }
        keys.insert(stored)
        return (agent, key.text)
    }

    /// - Throws: ``NodeError`` 404.
    public func agent(_ name: String) async throws(NodeError) -> Agent {
        let found = try await inStore { () throws(StoreError) in
            if let id = Agent.ID(name) { return try await store.agent(id: id) }
            return try await store.agent(named: name)
        }
        guard let found else { throw .notFound("agent", name) }
        return found
    }

    public func agents(search: String?, page: PageRequest) async throws(NodeError) -> Page<Agent> {
        try await inStore { () throws(StoreError) in try await store.agents(search: search, page: page) }
    }
}
