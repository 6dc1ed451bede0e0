package import Fields
public import MarketCore

extension ExecutionNode {
    /// All versions of a skill, the highest first. Those that never passed are for its owner only.
    public func versions(of name: String, for caller: Agent.ID?) async throws(NodeError) -> [SkillVersion] {
        let skill = try await skill(name, for: caller)
        let all = try await inStore { () throws(StoreError) in try await store.versions(of: skill.id) }
        return all.filter { $0.standing.review == .passed || skill.agentID == caller }
    }

    /// One version of a skill.
    /// - Throws: ``NodeError`` 404, also for one that never passed, unless its owner asks.
    public func version(
        _ text: String, of name: String, for caller: Agent.ID?
    ) async throws(NodeError) -> (skill: Skill, version: SkillVersion) {
        let skill = try await skill(name, for: caller)
        let version = try await pinned(text, of: skill)
        guard version.standing.review == .passed || skill.agentID == caller else {
            throw .notFound("version", text)
        }
        return (skill, version)
    }

    /// What the review of an own version has come to, or found.
    /// - Parameter waitSeconds: how long its end is waited for.
    /// - Parameter caller: nil for the operator.
    package func reviewReport(
        of text: String, of name: String, for caller: Agent.ID?, waitSeconds: Int64
    ) async throws(NodeError) -> JSONValue {
        let skill = try await owned(name, caller)
        let version = try await pinned(text, of: skill)
        let key = VersionKey(skillID: skill.id, version: version.version, agentID: skill.agentID)
        await desk.wait(for: key, seconds: waitSeconds)
        // While a version is looked at again, what was found before stands.
        if let live = desk.live(key), !live.isRescan { return live.current.json }
        let bytes = try await inStore { () throws(StoreError) in
            try await store.reviewReport(of: skill.id, version.version)
        }
        guard let bytes, let report = try? JSONValue(parsing: bytes, limits: Self.reportLimits) else {
            return ReviewReport(version: version.version).json
        }
        return report
    }

    /// Takes a version back: no call runs it that does not name it. Or puts it back.
    public func yank(
        _ text: String, of name: String, reason: String?, for agent: Agent.ID
    ) async throws(NodeError) -> SkillVersion {
        try await change(text, of: name, for: agent, reason.map { .yank(.init(at: .now, reason: $0)) } ?? .unyank)
    }

    /// Forbids a version for good. Nothing that runs is ended.
    /// - Parameter agent: the owner; nil for the operator.
    public func revoke(
        _ text: String, of name: String, reason: String, for agent: Agent.ID?
    ) async throws(NodeError) -> SkillVersion {
        let version = try await change(text, of: name, for: agent, .revoke(.init(at: .now, reason: reason)))
        drainParked()
        return version
    }

    /// Decides about a version, whatever its review said.
    public func decide(
        _ text: String, of name: String, _ review: VersionStanding.Review, reason: String
    ) async throws(NodeError) -> SkillVersion {
        let version = try await change(text, of: name, for: nil, .decide(review, reason: reason))
        if review != .passed { drainParked() }
        return version
    }

    /// The versions in a state, the oldest first.
    public func reviewQueue(
        _ state: VersionStanding.Review, page: PageRequest
    ) async throws(NodeError) -> Page<QueuedVersion> {
        try await inStore { () throws(StoreError) in try await store.reviewQueue(state, page: page) }
    }

    /// Has versions that were held against earlier rules looked at again, those first that it is the longest for.
    /// - Parameter time: those as well that were looked at before it, such as by a scanner that knew less.
    /// - Returns: how many, at most ``rescanMax``; what is left comes with the next call, when these are through.
    public func rescan(reviewedBefore time: Timestamp? = nil) async throws(NodeError) -> Int {
        let keys = try await inStore { () throws(StoreError) in
            try await store.versions(
                underRulesBefore: ReviewRule.version, orReviewedBefore: time, limit: Self.rescanMax)
        }
        for key in keys { desk.rescan(key) { live in await self.review(live) } }
        return keys.count
    }

    /// Versions that one call of ``rescan(reviewedBefore:)`` hands in.
    public static let rescanMax = 1000

    /// Changes what needs no new version.
    /// - Throws: ``NodeError`` 422 when a text would not pass a review, 412 `skill_changed` when it is not as `condition` says.
    public func edit(
        _ name: String, _ edit: SkillEdit, if condition: EditCondition = .any, for agent: Agent.ID
    ) async throws(NodeError) -> Skill {
        let skill = try await owned(name, agent)
        if case .set(let deprecation) = edit.deprecation, let successor = deprecation.successor {
            guard successor != skill.name else {
                throw NodeError(FieldError(path: "deprecation.successor", message: "is the skill itself"))
            }
            _ = try await self.skill(successor)
        }
        let texts = [edit.displayName, edit.description, Self.message(edit)].compactMap { $0 }
        let findings = PackageReview.findings(inTexts: texts)
        guard PackageReview.state(of: findings) == .passed else {
            throw NodeError(
                status: 422, code: "text_refused", detail: "\(findings[0].why) \(findings[0].fix)",
                fields: ["findings": .array(findings.map(\.json))])
        }
        defer { skills.forget(skill.id) }
        return try await inStore(recording: AuditAct(.agent(agent), .skillEdited, .skill(skill.id))) {
            () throws(StoreError) in try await store.edit(skill.id, edit, if: condition, at: .now)
        }
    }

    private static func message(_ edit: SkillEdit) -> String? {
        if case .set(let deprecation) = edit.deprecation { deprecation.message } else { nil }
    }

    /// Takes a skill out of lists and sale, or with nil puts it back.
    public func hide(_ name: String, reason: String?) async throws(NodeError) -> Skill {
        let skill = try await skills.skill(name)
        defer { skills.forget(skill.id) }
        let act = AuditAct(
            .operator, reason == nil ? .skillRestored : .skillHidden, .skill(skill.id), ["reason": .optional(reason)])
        return try await inStore(recording: act) { () throws(StoreError) in
            try await store.hide(skill.id, reason: reason, at: .now)
        }
    }

    /// The file that explains a skill, at most 64 KiB of it.
    package func documentation(of skill: Skill) async throws(NodeError) -> JSONValue {
        guard let path = skill.latest.manifest.documentation else { return nil }
        let file = packages.directory(of: skill.latest.package) + "/" + path
        let bytes = try? await offloaded { try PackageFiles.read(file, bytesMax: Self.documentationBytesMax + 1) }
        guard let bytes else { return nil }
        return [
            "path": .string(path),
            "text": .string(String(decoding: bytes.prefix(Self.documentationBytesMax), as: UTF8.self)),
            "truncated": .bool(bytes.count > Self.documentationBytesMax),
        ]
    }

    private static let documentationBytesMax = 64 << 10

    // MARK: Steps

    /// Whether a call may run the version that it has come to.
    /// - Parameter named: the call names it.
    /// - Throws: ``NodeError`` 410 or 409.
    static func requireUsable(_ skill: Skill, named: Bool) throws(NodeError) {
        let standing = skill.latest.standing
        guard !standing.isCurrent else { return }
        let name = "\(skill.name) \(skill.latest.version)"
        let version: JSONObject = ["version": .string(skill.latest.version.description)]
        if let revoked = standing.revoked {
            throw NodeError(
                status: 410, code: "version_revoked", detail: "\(name) was revoked: \(sentence(revoked.reason))",
                fields: version.adding("reason", .string(revoked.reason)))
        }
        switch standing.review {
        case .pending:
            throw NodeError(
                status: 409, code: "version_pending", detail: "\(name) is being reviewed; try again shortly.",
                retryable: true, retryAfterSeconds: 2, fields: version)
        case .review:
            throw NodeError(
                status: 409, code: "version_in_review", detail: "\(name) waits for the operator's decision.",
                fields: version)
        case .rejected:
            throw NodeError(
                status: 409, code: "version_rejected", detail: "\(name) was rejected and does not run.", fields: version
            )
        case .passed:
            guard !named, let yanked = standing.yanked else { return }
            throw NodeError(
                status: 410, code: "version_yanked",
                detail: "\(name) was taken back: \(sentence(yanked.reason)) No later version is there; who must go on "
                    + "using it names it.",
                fields: version.adding("reason", .string(yanked.reason)))
        }
    }

    private func change(
        _ text: String, of name: String, for agent: Agent.ID?, _ change: StandingChange
    ) async throws(NodeError) -> SkillVersion {
        let skill = try await owned(name, agent)
        let version = try await pinned(text, of: skill)
        // Before and after: what was read meanwhile is not kept.
        skills.forget(skill.id)
        defer { skills.forget(skill.id) }
        let act = AuditAct(
            agent.map(AuditActor.agent) ?? .operator, change.action, .skill(skill.id),
            ["version": .string(version.version.description), "reason": .optional(change.reason)])
        _ = try await inStore(recording: act) { () throws(StoreError) in
            try await store.change(version.version, of: skill.id, change)
        }
        let changed = try await inStore { () throws(StoreError) in
            try await store.version(of: skill.id, version.version)
        }
        return changed ?? version
    }

    /// A skill for the operator, whatever its state.
    package func anySkill(_ name: String) async throws(NodeError) -> Skill { try await skills.skill(name) }

    /// A skill of the caller's own, or for the operator (nil) any.
    func owned(_ name: String, _ caller: Agent.ID?) async throws(NodeError) -> Skill {
        let skill = try await skills.skill(name)
        guard caller == nil || skill.agentID == caller else {
            throw NodeError(
                status: 403, code: "not_the_owner",
                detail: "\(skill.name) is another agent's skill; only its owner may do this.")
        }
        return skill
    }

    private func pinned(_ text: String, of skill: Skill) async throws(NodeError) -> SkillVersion {
        guard let version = SemanticVersion(text) else { throw .notFound("version", text) }
        return try await skills.skill(skill.id, version: version).latest
    }
}

extension StandingChange {
    fileprivate var action: AuditAction {
        switch self {
        case .yank: .versionYanked
        case .unyank: .versionUnyanked
        case .revoke: .versionRevoked
        case .decide(.passed, _): .versionApproved
        case .decide: .versionRejected
        }
    }

    fileprivate var reason: String? {
        switch self {
        case .yank(let why), .revoke(let why): why.reason
        case .decide(_, let reason): reason
        case .unyank: nil
        }
    }
}

extension JSONObject {
    fileprivate func adding(_ key: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[key] = value
        return object
    }
}
