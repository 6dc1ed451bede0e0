import Fields
public import MarketCore
import Metering

extension ExecutionNode {
    /// Takes a packed package in.
    /// - Returns: what is stored, with its manifest, and whether it was new.
    /// - Throws: ``NodeError`` 422 when the archive or the manifest is not accepted, 413 when it is too large.
    public func upload(
        _ archive: [UInt8], by agent: Agent.ID
    ) async throws(NodeError) -> (package: StoredPackage, manifest: SkillManifest, isNew: Bool) {
        try requireSpace()
        try requireOpen(.publishing, to: agent)
        var limits = PackageLimits()
        limits.archiveBytesMax = configuration.packageBytesMax
        let package: SkillPackage
        do throws(PackageError) { package = try SkillPackage(archive: archive, limits: limits) } catch {
            throw NodeError(error)
        }
        return try await take(package, by: agent)
    }

    func take(
        _ package: SkillPackage, by agent: Agent.ID
    ) async throws(NodeError) -> (package: StoredPackage, manifest: SkillManifest, isNew: Bool) {
        let manifest: SkillManifest
        do throws(FieldError) { manifest = try package.manifest() } catch { throw NodeError(error) }
        if let known = try await inStore({ () throws(StoreError) in try await store.package(digest: package.digest) }) {
            guard known.uploadedBy == agent else { throw Self.foreignPackage }
            try await packages.add(package)
            return (known, manifest, false)
        }
        // The files come first: a row in the store says that they are there.
        try await packages.add(package)
        let stored = StoredPackage(
            digest: package.digest, size: package.size, manifestJSON: manifest.json.serialized(), uploadedBy: agent,
            createdAt: .now)
        try await inStore { () throws(StoreError) in try await store.insert(package: stored) }
        return (stored, manifest, true)
    }

    /// Publishes an uploaded package as a new skill, or as a new version of the agent's own skill of that name. It is
    /// reviewed first: see ``Handed``.
    /// - Parameter waitSeconds: how long the end of the review is waited for.
    /// - Returns: the skill as it is now, `pending` or with its earlier version where the review goes on.
    /// - Throws: ``NodeError`` 409 when the name or the version is taken, 422 when a field differs from the manifest,
    ///   the profile does not allow what the skill asks for, it changes too much for its number, or the review rejects it.
    public func publish(
        _ publication: Publication, by agent: Agent.ID, waitSeconds: Int64 = reviewWaitSeconds
    ) async throws(NodeError) -> (Skill, isNew: Bool) {
        let handed = try await handIn(publication, by: agent, waitSeconds: waitSeconds)
        return (handed.skill, handed.isNew)
    }

    /// A version that was handed in, as it stands once its review is over or was waited for long enough.
    package struct Handed: Sendable {
        package let skill: Skill
        package let version: SkillVersion
        /// The name is new.
        package let isNew: Bool
    }

    /// How long a publication waits for its review unless something else is asked for.
    public static let reviewWaitSeconds: Int64 = 30

    /// - Parameter name: the skill of which it must be a version; nil takes any.
    package func handIn(
        _ publication: Publication, of name: String? = nil, if condition: EditCondition = .any, by agent: Agent.ID,
        waitSeconds: Int64
    ) async throws(NodeError) -> Handed {
        try requireOpen(.publishing, to: agent)
        try desk.requirePlace(for: agent)
        let expected: Skill? = if let name { try await owned(name, agent) } else { nil }
        if let expected, !condition.allows(expected.revision) { throw NodeError(StoreError.stale("skill")) }
        let (stored, source) = try await package(of: publication, by: agent)
        let manifest: SkillManifest
        do throws(FieldError) {
            manifest = try Self.manifest(stored)
            try publication.check(against: manifest)
            if let expected, expected.name != manifest.name {
                throw FieldError(
                    path: "code", message: "is the package of \(quoted(manifest.name)), not of \(quoted(expected.name))"
                )
            }
        } catch {
            throw NodeError(error)
        }
        guard let pricing = publication.pricing ?? manifest.pricing else {
            throw NodeError(FieldError(path: "pricing", message: "this field is missing"))
        }
        // What this node cannot run at all is told at once.
        let pins = try await pins(of: manifest, pricing, author: agent)
        if pins == nil { _ = try prepare(manifest, directory: packages.directory(of: stored.digest)) }
        let known = try await inStore { () throws(StoreError) in try await store.skill(named: manifest.name) }
        let now = Timestamp.now
        let version = SkillVersion(
            skillID: known?.id ?? .new(at: now), version: manifest.version, package: stored.digest, manifest: manifest,
            api: publication.api, source: source, standing: VersionStanding(review: .pending), createdAt: now)
        if let known { try await check(version, pricing, follows: known, by: agent) }
        if let workflow = manifest.workflow, let pins {
            // Its steps are other skills, which run under the author's licences and cost what they cost: now or never.
            try await testWorkflow(manifest, workflow, pins, for: agent)
            try await inStore { () throws(StoreError) in try await store.fix(pins, of: stored.digest) }
        }
        let skill =
            known
            ?? Skill(
                id: version.skillID, agentID: agent, name: manifest.name,
                displayName: publication.displayName ?? manifest.name, category: manifest.category, pricing: pricing,
                status: .pending, tags: manifest.tags, latest: version, createdAt: now, updatedAt: now)
        let offer = VersionOffer(displayName: publication.displayName, pricing: pricing)
        try await inStore { () throws(StoreError) in try await store.hand(in: version, offer: offer, of: skill) }
        skills.forget(skill.id)
        let key = VersionKey(skillID: skill.id, version: version.version, agentID: agent)
        submitReview(key)
        await desk.wait(for: key, seconds: waitSeconds)
        return try await outcome(of: key, isNew: known == nil)
    }

    private func outcome(of key: VersionKey, isNew: Bool) async throws(NodeError) -> Handed {
        let skill = try await skills.skill(key.skillID.description)
        let version = try await inStore { () throws(StoreError) in
            try await store.version(of: key.skillID, key.version)
        }
        guard let version else { throw .notFound("version", key.version.description) }
        if version.standing.review == .rejected, let problem = try await rejection(key) { throw problem }
        return Handed(skill: skill, version: version, isNew: isNew)
    }

    /// What the stored report says to the one who published.
    private func rejection(_ key: VersionKey) async throws(NodeError) -> NodeError? {
        let bytes = try await inStore { () throws(StoreError) in
            try await store.reviewReport(of: key.skillID, key.version)
        }
        guard let bytes, let problem = (try? JSONValue(parsing: bytes, limits: Self.reportLimits))?["problem"]?.object,
            let status = problem["status"]?.int64, let code = problem["code"]?.string,
            let detail = problem["detail"]?.string
        else { return nil }
        var fields = problem
        for name in ["type", "title", "status", "detail", "code", "retryable"] { fields[name] = nil }
        return NodeError(
            status: Int(status), code: code, detail: detail, retryable: problem["retryable"] == true, fields: fields)
    }

    static let reportLimits = JSONLimits(depthMax: 128, bytesMax: 64 << 20)

    /// - Parameter name: a skill's name or identifier.
    /// - Throws: ``NodeError`` 404, also for a skill that never passed its review, unless its owner asks.
    public func skill(_ name: String, for caller: Agent.ID? = nil) async throws(NodeError) -> Skill {
        let skill = try await skills.skill(name)
        guard skill.latest.standing.review == .passed || skill.agentID == caller else {
            throw .notFound("skill", name)
        }
        return skill
    }

    public func skills(_ query: SkillQuery) async throws(NodeError) -> Page<Skill> {
        try await inStore { () throws(StoreError) in try await store.skills(query) }
    }

    /// Where a skill is called.
    public func executeURL(of skill: Skill) -> String {
        "\(configuration.publicURL)/api/v1/skills/\(skill.name)/execute"
    }

    // MARK: Steps

    private static let foreignPackage = NodeError(
        status: 403, code: "package_not_yours",
        detail: "Another agent uploaded this very package; only that agent may publish it.")

    private static func manifest(_ package: StoredPackage) throws(FieldError) -> SkillManifest {
        let json: JSONValue
        do throws(JSONParseError) { json = try JSONValue(parsing: package.manifestJSON) } catch {
            throw FieldError(path: "", message: error.description, file: SkillPackage.manifestName)
        }
        return try SkillManifest(json: json)
    }

    /// The package that is to be published: one that was uploaded, or what a repository has.
    private func package(
        of publication: Publication, by agent: Agent.ID
    ) async throws(NodeError) -> (StoredPackage, RepositorySource?) {
        let digest: PackageDigest
        switch publication.origin {
        case .package(let given): digest = given
        case .repository(let place):
            let (stored, source) = try await fetch(place, for: agent)
            return (stored, source)
        }
        let stored = try await inStore { () throws(StoreError) in try await store.package(digest: digest) }
        guard let stored, packages.contains(stored.digest) else { throw .notFound("package", digest.description) }
        guard stored.uploadedBy == agent else { throw Self.foreignPackage }
        return (stored, nil)
    }

    private func check(
        _ version: SkillVersion, _ pricing: Pricing, follows known: Skill, by agent: Agent.ID
    ) async throws(NodeError) {
        guard known.agentID == agent else { throw NodeError(.conflict(field: "name")) }
        let latest = known.latest
        let same = try await inStore { () throws(StoreError) in
            try await store.version(of: known.id, version.version)
        }
        if let same, same.standing.review != .rejected || same.standing.decision != nil {
            throw NodeError(
                status: 409, code: "version_exists",
                detail: "\(known.name) \(version.version) was handed in before; versions never change. "
                    + "The latest is \(latest.version).",
                fields: ["latest": .string(latest.version.description)])
        }
        guard pricing.price.currency == known.pricing.price.currency else {
            throw NodeError(
                FieldError(
                    path: "pricing.currency",
                    message: "must stay \(known.pricing.price.currency.rawValue), in which the skill was sold"))
        }
        guard latest.standing.review == .passed else { return }
        guard version.version > latest.version else {
            throw NodeError(
                status: 409, code: "version_not_newer",
                detail: "\(known.name) \(latest.version) is published; a new version must be higher than that.",
                fields: ["latest": .string(latest.version.description)])
        }
        try Self.checkRaise(from: latest, to: version)
    }

    /// What breaks callers must show in the number.
    private static func checkRaise(from old: SkillVersion, to new: SkillVersion) throws(NodeError) {
        guard !BreakingChange.isRaisedEnough(from: old.version, to: new.version) else { return }
        let changes = BreakingChange.all(from: old.manifest, to: new.manifest)
        guard let first = changes.first else { return }
        let part = old.version.major == 0 ? "0.\(old.version.minor + 1).0" : "\(old.version.major + 1).0.0"
        throw NodeError(
            status: 422, code: "version_bump_too_small",
            detail: "\(new.version) breaks programs that call \(old.version): "
                + (first.endpoint.map { "of \($0) " } ?? "") + "\(first.detail). Publish it as \(part) or higher.",
            fields: [
                "latest": .string(old.version.description),
                "changes": .array(
                    changes.map { ["endpoint": .optional($0.endpoint), "detail": .string($0.detail)] }),
            ])
    }
}

extension NodeError {
    init(_ error: PackageError) {
        var fields = JSONObject()
        if let entry = error.entry { fields["entry"] = .string(entry) }
        let detail = "The package is not accepted: \(error.description)."
        switch error.reason {
        case .archiveTooLarge, .packageTooLarge, .fileTooLarge, .tooManyEntries, .bomb:
            self.init(status: 413, code: "package_too_large", detail: detail, fields: fields)
        case .system:
            self.init(status: 503, code: "package_store_unavailable", detail: detail, retryable: true)
        case .notGzip, .notTar, .empty:
            self.init(status: 400, code: "malformed_package", detail: detail, fields: fields)
        case .absolutePath, .traversal, .badPath, .badLink, .notAFile, .duplicate, .parentNotDirectory:
            self.init(status: 422, code: "package_refused", detail: detail, fields: fields)
        }
    }
}
