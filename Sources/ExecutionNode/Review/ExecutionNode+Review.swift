import Fields
import Logging
import MarketCore
import Sandbox

extension ExecutionNode {
    /// Hands in again what was pending when the former process ended.
    func resumeReviews() async throws(NodeError) {
        for key in try await inStore({ () throws(StoreError) in try await store.pendingVersions() }) {
            submitReview(key)
        }
    }

    func submitReview(_ key: VersionKey) {
        desk.submit(key) { live in await self.review(live) }
    }

    /// Looks at one version, step by step, and notes what it found. A version that was reviewed before is held against the
    /// rules only: its tests ran then.
    func review(_ live: LiveReview) async {
        let key = live.key
        live.update { $0.startedAt = .now }
        do throws(NodeError) {
            let found = try await inStore { () throws(StoreError) in
                try await store.version(of: key.skillID, key.version)
            }
            guard let version = found else { return }
            switch version.standing.review {
            case .pending:
                try await look(at: version, live)
                if !Task.isCancelled { try await conclude(live) }
            case .passed, .review:
                if version.standing.revoked == nil { try await reviewAgain(version, live) }
            case .rejected: break
            }
        } catch {
            logger.error(
                "a review did not come to an end; the next start takes it up again",
                metadata: ["version": .string("\(key.skillID) \(key.version)"), "cause": .string(error.description)])
        }
    }

    /// Faults of the platform are nobody's verdict on a version that was reviewed before.
    private func reviewAgain(_ version: SkillVersion, _ live: LiveReview) async throws(NodeError) {
        let key = live.key
        let bytes = try await inStore { () throws(StoreError) in
            try await store.reviewReport(of: key.skillID, key.version)
        }
        let former = bytes.flatMap { try? JSONValue(parsing: $0, limits: Self.reportLimits) } ?? .null
        do throws(NodeError) {
            try await look(at: version, live, former: former)
            if let problem = live.current.problem, problem.retryable { throw problem }
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning(
                "a version could not be looked at again; it stays as it was",
                metadata: ["version": .string("\(key.skillID) \(key.version)"), "cause": .string(error.description)])
            // Others have their turn before it comes again.
            return try await inStore { () throws(StoreError) in try await store.noteLook(at: key, .now) }
        }
        guard !Task.isCancelled else { return }
        try await conclude(live)
        guard version.standing.decision != nil, live.current.state == .rejected else { return }
        logger.warning(
            "a version that the operator approved would be rejected today; it stays approved",
            metadata: ["version": .string("\(key.skillID) \(key.version)")])
    }

    private func conclude(_ live: LiveReview) async throws(NodeError) {
        let key = live.key
        var report = live.current
        report.finishedAt = .now
        report.state = report.problem == nil ? PackageReview.state(of: report.findings) : .rejected
        if report.state == .rejected, report.problem == nil { report.problem = Self.rejection(report.findings) }
        let conclusion = ReviewConclusion(
            key: key, review: report.state, quality: report.quality?.value, rules: ReviewRule.version,
            report: report.json.serialized(), at: .now)
        let act = AuditAct(
            report.state == .passed ? .agent(key.agentID) : .system,
            report.state == .passed ? .skillPublished : report.state == .review ? .skillHeld : .skillRejected,
            .skill(key.skillID), ["version": .string(key.version.description)])
        // Looked at again with the same end, it is no news.
        _ = try await inStore(recording: act) { changed in
            (changed as? ConcludedReview)?.isNews == true
        } _: { () throws(StoreError) in
            try await store.conclude(conclusion)
        }
        skills.forget(key.skillID)
        // Who looks on sees the end only when it is true of every other request.
        live.update { [report] in $0 = report }
        // What waits for a run of this skill may be of a version that must not run any more.
        if report.state != .passed { drainParked() }
        logger.notice(
            "a version was reviewed",
            metadata: [
                "skill": .string(key.skillID.description), "version": .string(key.version.description),
                "state": .string(report.state.rawValue),
            ])
    }

    private static func rejection(_ findings: [ReviewFinding]) -> NodeError {
        let critical = findings.filter { $0.severity == .critical }
        let first = critical.first
        let place = [first?.file, first?.line.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return NodeError(
            status: 422, code: "skill_rejected",
            detail: "The review found \(first?.rule ?? "a fault")\(place.isEmpty ? "" : " in \(place)"): "
                + "\(first?.why ?? "") \(first?.fix ?? "")",
            fields: ["findings": .array(critical.prefix(20).map(\.json))])
    }

    // MARK: Steps

    /// - Parameter former: the report of an earlier review, whose tests stand; nil runs them.
    private func look(
        at version: SkillVersion, _ live: LiveReview, former: JSONValue? = nil
    ) async throws(NodeError) {
        let directory = packages.directory(of: version.package)
        live.update { report in
            report.begin(.manifest)
            report.declared = version.manifest.capabilities
        }
        let package: SkillPackage
        do {
            package = try await offloaded { try SkillPackage(stored: directory) }
        } catch {
            throw NodeError(
                status: 503, code: "package_store_unavailable", detail: "The package cannot be read: \(error).",
                retryable: true)
        }
        live.update { report in
            report.end(.manifest, .passed, "\(version.manifest.endpoints.count) endpoints")
            report.begin(.static)
        }
        let (manifest, shown) = (version.manifest, version.api.shownTexts)
        let review = await withTaskExecutorPreference(globalConcurrentExecutor) {
            PackageReview(package, manifest: manifest, texts: shown)
        }
        live.update { report in
            report.add(review.findings)
            report.findingsCut = review.isCut
            let state: ReviewReport.StepState = PackageReview.state(of: review.findings) == .passed ? .passed : .failed
            report.end(.static, state, "\(review.findings.count) findings in \(review.files) files")
        }
        do throws(NodeError) {
            try await scan(directory, live, isAgain: former != nil)
        } catch {
            return live.update { $0.stop(at: .scanners, error) }
        }
        live.update { report in
            report.end(.dependencies, .passed, "\(manifest.dependencies.count) declared, all in the package")
        }
        if let former {
            live.update { $0.takeTests(of: former, manifest) }
        } else {
            try await test(manifest, directory, live)
        }
        live.update { report in
            guard report.problem == nil else { return }
            let score = QualityScore(
                manifest, documentation: manifest.documentation.flatMap { package.file($0)?.bytes },
                findings: report.findings)
            report.quality = score
            report.end(.quality, .passed, "\(score.value)")
        }
    }

    private func scan(_ directory: String, _ live: LiveReview, isAgain: Bool) async throws(NodeError) {
        guard PackageReview.state(of: live.current.findings) != .rejected else {
            return live.update { $0.end(.scanners, .skipped, "what was found is enough") }
        }
        live.update { $0.begin(.scanners) }
        let scan = try await scan(directory, isAgain: isAgain)
        live.update { report in
            report.scanners = scan.scanners
            report.add(scan.findings)
            report.findingsCut = report.findingsCut || scan.isCut
            report.end(.scanners, scan.state, scan.words)
        }
    }

    private func test(
        _ manifest: SkillManifest, _ directory: String, _ live: LiveReview
    ) async throws(NodeError) {
        guard manifest.workflow == nil, !manifest.tests.isEmpty,
            PackageReview.state(of: live.current.findings) != .rejected
        else {
            let why =
                manifest.workflow != nil
                ? "its steps have their own"
                : manifest.tests.isEmpty ? "skill.toml has none" : "what was found is not executed"
            return live.update { $0.end(.tests, .skipped, why) }
        }
        live.update { $0.begin(.tests) }
        do throws(NodeError) {
            try await runTests(of: manifest, directory: directory, for: live.key.agentID, live)
            live.update { report in
                report.add(report.observed.findings(declared: manifest.network))
                report.end(.tests, .passed, "\(report.tests.count) passed")
            }
        } catch {
            live.update { $0.stop(at: .tests, error) }
        }
    }

    /// Runs the calls that the manifest declares, and holds their results against what it expects.
    private func runTests(
        of manifest: SkillManifest, directory: String, for agent: Agent.ID, _ live: LiveReview
    ) async throws(NodeError) {
        let prepared = try prepare(manifest, directory: directory)
        var observedLeft = 4
        for (index, test) in manifest.tests.enumerated() {
            guard let endpoint = manifest.endpoint(test.endpoint) else { continue }
            var run = prepared.run(
                endpoint: test.endpoint, payload: test.payload.serialized(),
                context: ["skill": .string(manifest.name), "version": .string(manifest.version.description)])
            let outcome = try await take(turn: agent, run)
            let response = SkillResponse(
                outcome, manifest: manifest, endpoint: endpoint, units: manifest.pricing?.units)
            let fault = ExpectedResult.fault(test, response)
            live.update { report in
                report.tests.append(
                    .init(
                        endpoint: test.endpoint, fault: fault, verdict: response.verdict.json,
                        milliseconds: outcome.usage.wallMicroseconds / 1000))
                report.observed.add(outcome)
            }
            if let fault { throw Self.failure(of: index, test, fault, response, outcome) }
            // What is done again must not matter.
            guard endpoint.idempotent, observedLeft > 0 else { continue }
            observedLeft -= 1
            run.observes = true
            let observed = try await take(turn: agent, run)
            live.update { $0.observed.add(observed) }
        }
    }

    /// One run when there is room for it. A review is in no hurry.
    private func take(turn agent: Agent.ID, _ run: RunRequest) async throws(NodeError) -> RunOutcome {
        var triesLeft = 20
        while true {
            do throws(NodeError) {
                try await awaitTurn(agent)
                break
            } catch {
                triesLeft -= 1
                guard triesLeft > 0, !Task.isCancelled else { throw error }
                try? await Task.sleep(for: .seconds(1))
            }
        }
        defer { slots.release(agent) }
        return await runner.run(run)
    }

    static func failure(
        of index: Int, _ test: SkillTestCase, _ fault: String, _ response: SkillResponse, _ outcome: RunOutcome
    ) -> NodeError {
        NodeError(
            status: response.verdict.isRetryable ? 503 : 422, code: "skill_test_failed",
            detail: "tests[\(index)] of skill.toml, \(test.endpoint): \(fault)",
            retryable: response.verdict.isRetryable,
            fields: [
                "test": .number(index), "verdict": response.verdict.json,
                "stderr": .string(String(decoding: outcome.standardError.suffix(4096), as: UTF8.self)),
            ])
    }
}

extension PublishedAPI {
    /// What of it agents read.
    var shownTexts: [String] { [auth].compactMap { $0 } + examples.map(\.description) }
}
