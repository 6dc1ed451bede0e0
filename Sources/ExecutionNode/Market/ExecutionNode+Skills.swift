import Fields
public import MarketCore
import Metering
import Sandbox

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

    /// Publishes an uploaded package as a new skill, or as a new version of the agent's own skill of that name.
    /// - Throws: ``NodeError`` 409 when the name or the version is taken, 422 when a field differs from the manifest,
    ///   the profile does not allow what the skill asks for, or one of its tests fails.
    public func publish(_ publication: Publication, by agent: Agent.ID) async throws(NodeError) -> (Skill, isNew: Bool)
    {
        try requireOpen(.publishing, to: agent)
        let stored = try await inStore { () throws(StoreError) in try await store.package(digest: publication.package) }
        guard let stored, packages.contains(stored.digest) else {
            throw .notFound("package", publication.package.description)
        }
        guard stored.uploadedBy == agent else { throw Self.foreignPackage }
        let manifest: SkillManifest
        do throws(FieldError) {
            manifest = try Self.manifest(stored)
            try publication.check(against: manifest)
        } catch {
            throw NodeError(error)
        }
        guard let pricing = publication.pricing ?? manifest.pricing else {
            throw NodeError(FieldError(path: "pricing", message: "this field is missing"))
        }
        if let workflow = manifest.workflow, let pins = try await pins(of: manifest, pricing, author: agent) {
            try await testWorkflow(manifest, workflow, pins, for: agent)
            try await inStore { () throws(StoreError) in try await store.fix(pins, of: stored.digest) }
        } else {
            try await runTests(of: manifest, directory: packages.directory(of: stored.digest), for: agent)
        }

        let known = try await inStore { () throws(StoreError) in try await store.skill(named: manifest.name) }
        guard let known else {
            return (try await insert(manifest, publication, pricing, stored, agent), true)
        }
        guard known.agentID == agent else { throw NodeError(.conflict(field: "name")) }
        return (try await update(known, manifest, publication, pricing, stored), false)
    }

    /// - Parameter name: a skill's name or identifier.
    public func skill(_ name: String) async throws(NodeError) -> Skill { try await skills.skill(name) }

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

    private func insert(
        _ manifest: SkillManifest, _ publication: Publication, _ pricing: Pricing, _ package: StoredPackage,
        _ agent: Agent.ID
    ) async throws(NodeError) -> Skill {
        let now = Timestamp.now
        let id = Skill.ID.new(at: now)
        let skill = Skill(
            id: id, agentID: agent, name: manifest.name, displayName: publication.displayName ?? manifest.name,
            category: manifest.category, pricing: pricing, status: .published, tags: manifest.tags,
            latest: SkillVersion(
                skillID: id, version: manifest.version, package: package.digest, manifest: manifest,
                api: publication.api, createdAt: now),
            createdAt: now, updatedAt: now)
        try await inStore(recording: Self.published(skill)) { () throws(StoreError) in
            try await store.insert(skill: skill)
        }
        return skill
    }

    private func update(
        _ known: Skill, _ manifest: SkillManifest, _ publication: Publication, _ pricing: Pricing,
        _ package: StoredPackage
    ) async throws(NodeError) -> Skill {
        let now = Timestamp.now
        guard manifest.version > known.latest.version else {
            let isSame = manifest.version == known.latest.version && package.digest == known.latest.package
            throw NodeError(
                status: 409, code: isSame ? "version_exists" : "version_not_newer",
                detail: "\(known.name) \(known.latest.version) is published; a new version must be higher than that.",
                fields: ["latest": .string(known.latest.version.description)])
        }
        guard pricing.price.currency == known.pricing.price.currency else {
            throw NodeError(
                FieldError(
                    path: "pricing.currency",
                    message: "must stay \(known.pricing.price.currency.rawValue), in which the skill was sold"))
        }
        let version = SkillVersion(
            skillID: known.id, version: manifest.version, package: package.digest, manifest: manifest,
            api: publication.api, createdAt: now)
        var skill = known
        skill.displayName = publication.displayName ?? known.displayName
        skill.category = manifest.category
        skill.pricing = pricing
        skill.tags = manifest.tags
        skill.latest = version
        skill.updatedAt = now
        defer { skills.forget(known.id) }
        let updated = skill
        try await inStore(recording: Self.published(updated)) { () throws(StoreError) in
            try await store.insert(version: version, updating: updated)
        }
        return skill
    }

    private static func published(_ skill: Skill) -> AuditAct {
        AuditAct(
            .agent(skill.agentID), .skillPublished, .skill(skill.id),
            [
                "name": .string(skill.name), "version": .string(skill.latest.version.description),
                "package": .string(skill.latest.package.description),
            ])
    }

    /// Runs the calls that the manifest declares, and holds their results against what it expects.
    private func runTests(
        of manifest: SkillManifest, directory: String, for agent: Agent.ID
    ) async throws(NodeError) {
        let prepared = try prepare(manifest, directory: directory)
        for (index, test) in manifest.tests.enumerated() {
            guard let endpoint = manifest.endpoint(test.endpoint) else { continue }
            try await awaitTurn(agent)
            let outcome = await runner.run(
                prepared.run(
                    endpoint: test.endpoint, payload: test.payload.serialized(),
                    context: ["skill": .string(manifest.name), "version": .string(manifest.version.description)]))
            slots.release(agent)
            let response = SkillResponse(
                outcome, manifest: manifest, endpoint: endpoint, units: manifest.pricing?.units)
            guard let fault = ExpectedResult.fault(test, response) else { continue }
            throw NodeError(
                status: response.verdict.isRetryable ? 503 : 422, code: "skill_test_failed",
                detail: "tests[\(index)] of skill.toml, \(test.endpoint): \(fault)",
                retryable: response.verdict.isRetryable,
                fields: [
                    "test": .number(index), "verdict": response.verdict.json,
                    "stderr": .string(String(decoding: outcome.standardError.suffix(4096), as: UTF8.self)),
                ])
        }
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
