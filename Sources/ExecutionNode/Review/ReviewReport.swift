import Fields
import MarketCore

/// What a review did and found, as it is stored and shown.
struct ReviewReport: Sendable {
    enum Step: String, Sendable, CaseIterable {
        case manifest, `static`, scanners, dependencies, tests, quality
    }

    enum StepState: String, Sendable {
        case waiting, running, passed, failed, skipped
    }

    /// A program that was asked as well.
    struct Scanner: Sendable {
        let name: String
        let hasRun: Bool
        /// What it found, or why it was not run.
        let detail: String
    }

    struct Test: Sendable {
        let endpoint: String
        /// Nil when it passed.
        let fault: String?
        let verdict: JSONValue
        let milliseconds: Int64
    }

    let version: SemanticVersion
    var state = VersionStanding.Review.pending
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
    var steps: [Step: (state: StepState, detail: String?)] = [:]
    var findings: [ReviewFinding] = []
    var findingsCut = false
    var scanners: [Scanner] = []
    var tests: [Test] = []
    var declared: JSONValue = .null
    var observed = ObservedCapabilities()
    var quality: QualityScore?
    /// Why it was rejected, as the one who published it is told.
    var problem: NodeError?

    init(version: SemanticVersion) {
        self.version = version
    }

    mutating func begin(_ step: Step) { steps[step] = (.running, nil) }
    mutating func end(_ step: Step, _ state: StepState = .passed, _ detail: String? = nil) {
        steps[step] = (state, detail)
    }

    /// Ends a step that failed, and with it the review: what comes after is not done.
    mutating func stop(at step: Step, _ problem: NodeError) {
        self.problem = problem
        end(step, .failed, problem.detail)
        for later in Step.allCases.drop(while: { $0 != step }).dropFirst() { end(later, .skipped) }
    }

    /// The tests ran when the version was handed in; what they showed stands.
    mutating func takeTests(of former: JSONValue, _ manifest: SkillManifest) {
        tests = (former["tests"]?.array ?? []).map(Test.init)
        observed = ObservedCapabilities(former["capabilities"]?["observed"] ?? .null)
        if !tests.isEmpty { add(observed.findings(declared: manifest.network)) }
        end(.tests, .skipped, "they ran when it was handed in")
    }

    mutating func add(_ more: [ReviewFinding]) {
        let all = PackageReview.sorted(findings + more)
        findingsCut = findingsCut || all.count > PackageReview.findingsMax
        findings = Array(all.prefix(PackageReview.findingsMax))
    }

    var json: JSONValue {
        var object: JSONObject = [
            "version": .string(version.description), "state": .string(state.rawValue),
            "quality": quality?.json ?? .null, "rules": .number(ReviewRule.version),
            "startedAt": .optional(startedAt?.description), "finishedAt": .optional(finishedAt?.description),
            "steps": .array(
                Step.allCases.map { step in
                    let known = steps[step] ?? (.waiting, nil)
                    return [
                        "name": .string(step.rawValue), "state": .string(known.state.rawValue),
                        "detail": .optional(known.detail),
                    ]
                }),
            "findings": .array(findings.map(\.json)), "findingsCut": .bool(findingsCut),
            "scanners": .array(
                scanners.map { ["name": .string($0.name), "run": .bool($0.hasRun), "detail": .string($0.detail)] }),
            "tests": .array(tests.map(\.json)),
            "capabilities": ["declared": declared, "observed": observed.json],
        ]
        if let problem { object["problem"] = problem.json }
        return .object(object)
    }
}

extension ReviewReport.Test {
    /// As it stands in a report.
    init(_ json: JSONValue) {
        self.init(
            endpoint: json["endpoint"]?.string ?? "", fault: json["detail"]?.string,
            verdict: json["verdict"] ?? .null, milliseconds: json["duration"]?.int64 ?? 0)
    }

    var json: JSONValue {
        [
            "endpoint": .string(endpoint), "passed": .bool(fault == nil), "detail": .optional(fault),
            "verdict": verdict, "duration": .number(milliseconds),
        ]
    }
}
