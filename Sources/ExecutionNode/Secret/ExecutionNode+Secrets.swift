import Fields
public import MarketCore

extension ExecutionNode {
    /// The most bytes of one secret's value.
    public static let secretBytesMax = 16 << 10

    /// What a skill declares, and whether it is set; never a value.
    public struct SecretStatus: Sendable {
        public let declaration: SecretDeclaration
        /// Nil when it is not set.
        public let updatedAt: Timestamp?
    }

    /// The secrets that the latest version of an own skill declares.
    /// - Throws: ``NodeError`` 403 when the skill is another agent's.
    public func secrets(of skill: String, for agent: Agent.ID) async throws(NodeError) -> [SecretStatus] {
        let skill = try await ownSkill(skill, agent)
        let set = try await inStore { () throws(StoreError) in try await store.secrets(of: skill.id) }
        return skill.latest.manifest.secrets.map { declaration in
            SecretStatus(
                declaration: declaration, updatedAt: set.first { $0.name == declaration.name }?.updatedAt)
        }
    }

    /// Sets a secret that an own skill declares. Runs that begin from now on get it.
    /// - Throws: ``NodeError`` 403 when the skill is another agent's, 404 when it does not declare it, 422 when the value
    ///   cannot be an environment variable's.
    public func setSecret(
        _ name: String, of skill: String, to value: String, for agent: Agent.ID
    ) async throws(NodeError) {
        let skill = try await ownSkill(skill, agent)
        let names = skill.latest.manifest.secrets.map(\.name)
        guard names.contains(name) else {
            throw NodeError(
                status: 404, code: "secret_not_found",
                detail: "\(skill.name) declares no secret \(quoted(name)); "
                    + (names.isEmpty ? "it declares none." : "it declares \(names.joined(separator: ", "))."))
        }
        guard !value.isEmpty, value.utf8.count <= Self.secretBytesMax, !value.utf8.contains(0) else {
            throw NodeError(
                FieldError(path: "value", message: "must have 1 to \(Self.secretBytesMax) bytes, none of them NUL"))
        }
        let sealed = try vault.seal(value, skill: skill.id, name: name)
        let act = AuditAct(.agent(agent), .secretSet, .skill(skill.id), ["name": .string(name)])
        try await inStore(recording: act) { () throws(StoreError) in try await store.set(secret: sealed) }
    }

    /// Removes a secret; calls of the skill are refused until it is set again.
    /// - Throws: ``NodeError`` 403 when the skill is another agent's, 404 when it is not set.
    public func removeSecret(_ name: String, of skill: String, for agent: Agent.ID) async throws(NodeError) {
        let skill = try await ownSkill(skill, agent)
        let act = AuditAct(.agent(agent), .secretRemoved, .skill(skill.id), ["name": .string(name)])
        try await inStore(recording: act) { () throws(StoreError) in
            try await store.removeSecret(of: skill.id, named: name)
        }
    }

    private func ownSkill(_ name: String, _ agent: Agent.ID) async throws(NodeError) -> Skill {
        let skill = try await skills.skill(name)
        guard skill.agentID == agent else {
            throw NodeError(
                status: 403, code: "not_the_owner",
                detail: "\(skill.name) is another agent's skill; only its owner sees and sets its secrets.")
        }
        return skill
    }

    /// The values for a run, by name.
    /// - Throws: ``NodeError`` 503 `secret_missing` when the seller has not set one.
    func secretValues(_ skill: Skill) async throws(NodeError) -> [String: String] {
        let declared = skill.latest.manifest.secrets
        guard !declared.isEmpty else { return [:] }
        let stored = try await inStore { () throws(StoreError) in try await store.secrets(of: skill.id) }
        var values: [String: String] = [:]
        for declaration in declared {
            guard let secret = stored.first(where: { $0.name == declaration.name }) else {
                throw NodeError(
                    status: 503, code: "secret_missing",
                    detail: "\(skill.name) cannot run: its seller has not set the secret \(declaration.name).",
                    retryable: true, fields: ["secret": .string(declaration.name)])
            }
            values[declaration.name] = try vault.open(secret)
        }
        return values
    }
}
