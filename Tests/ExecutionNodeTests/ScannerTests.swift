import ExecutionNode
import Fields
import MarketCore
import NodeTestSupport
import Sandbox
import Storage
import Synchronization
import Testing

/// What follows from how a scanner ends. The programs themselves are run by Tests/APITests/test_scanners.py.
@Suite("Scanners of others in a review", .timeLimit(.minutes(2)))
struct ScannerTests {
    private func market(_ runner: ScannedRunner) async throws -> (NodeFixture, NodeFixture.Member) {
        let fixture = try await NodeFixture(runner: runner) { $0.scanners = ["bandit"] }
        return (fixture, try await fixture.register("seller"))
    }

    private func report(_ fixture: NodeFixture, of name: String = "echo") async throws -> JSONValue {
        try await fixture.node.reviewReport(of: "1.0.0", of: name, for: nil, waitSeconds: 30)
    }

    @Test("only what it says of its own accord, and what can be read, lets a version pass")
    func endings() async throws {
        let clean = #"{"results": [], "errors": [], "metrics": {}}"#
        let ok = Verdict(kind: .ok, detail: "", exitCode: 0)
        let found = Verdict(kind: .failed, detail: "", exitCode: 1)
        let endings: [(Verdict, String, VersionStanding.Review)] = [
            (ok, clean, .passed), (found, clean, .passed),
            (ok, "", .review), (ok, "[]", .review), (found, #"{"results": []}"#, .review),
            (Verdict(kind: .failed, detail: "", exitCode: 2), clean, .review),
            (Verdict(kind: .timeout, detail: ""), clean, .review),
            (Verdict(kind: .memoryLimit, detail: ""), clean, .review),
            (Verdict(kind: .pidsLimit, detail: "", exitCode: 1), clean, .review),
            (Verdict(kind: .signaled, detail: "", signal: 11), clean, .review),
            (Verdict(kind: .launchFailed, detail: "", reason: "entry_point_missing"), "", .review),
            (Verdict(kind: .launchFailed, detail: "", reason: "interpreter_missing"), "", .review),
        ]
        let runner = ScannedRunner()
        let (fixture, seller) = try await market(runner)
        for (index, (verdict, output, review)) in endings.enumerated() {
            runner.ends(ScriptedRunner.outcome(verdict, output: output, error: "one\nthe last line\n"))
            let skill = try await fixture.publish(NodeFixture.manifest(name: "echo-\(index)"), by: seller)
            #expect(skill.latest.standing.review == review, "\(verdict.kind) \(output)")
        }
        let why = try await report(fixture, of: "echo-5")["findings"]?[0]?["why"]?.string
        #expect(why?.hasSuffix("exit status 2; one; the last line.") == true, "\(why ?? "")")
        try await fixture.close()
    }

    @Test("a scanner that cannot be run is nobody's verdict: publish again, and what passed before goes on")
    func launchFailed() async throws {
        let runner = ScannedRunner()
        let (fixture, seller) = try await market(runner)
        let failed = ScriptedRunner.outcome(
            Verdict(kind: .launchFailed, detail: "No cgroup could be made.", layer: "memory", reason: "sandbox"))
        runner.ends(failed)
        await expectError(503, "launch_failed") { try await fixture.publish(by: seller) }
        let steps = try await report(fixture)["steps"]?.array?.compactMap { $0["state"]?.string }
        #expect(steps == ["passed", "passed", "failed", "skipped", "skipped", "skipped"])
        runner.ends(nil)
        try await fixture.publish(by: seller)
        runner.ends(failed)
        try await rescan(fixture, runner)
        #expect(try await fixture.node.skill("echo").status == .published)
        try await fixture.close()
    }

    /// Returns when what there is was looked at again.
    private func rescan(_ fixture: NodeFixture, _ runner: ScannedRunner) async throws {
        let scans = runner.scans
        let before = Timestamp.now
        try await Task.sleep(for: .milliseconds(2))
        #expect(try await fixture.node.rescan(reviewedBefore: before) > 0)
        while try await fixture.node.rescan(reviewedBefore: before) > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(runner.scans > scans)
    }

    @Test("a scanner that is broken takes nothing off sale, and a package that breaks it does")
    func broken() async throws {
        let runner = ScannedRunner()
        let (fixture, seller) = try await market(runner)
        try await fixture.publish(by: seller)
        let report = try await report(fixture)
        let failed = ScriptedRunner.outcome(Verdict(kind: .failed, detail: "", exitCode: 2), error: "no signatures\n")
        let missing = ScriptedRunner.outcome(
            Verdict(kind: .launchFailed, detail: "", reason: "entry_point_missing"))
        for ending in [failed, missing] {
            runner.ends(ending, ofNothing: ending)
            try await rescan(fixture, runner)
            #expect(try await fixture.node.skill("echo").status == .published)
            #expect(try await self.report(fixture) == report, "what was found before stands")
        }
        runner.ends(failed)
        try await rescan(fixture, runner)
        #expect(try await fixture.node.skill("echo", for: seller.id).status == .review)
        try await fixture.close()
    }

    @Test("looked at again, a version keeps what its tests showed, and one that was approved its place")
    func again() async throws {
        let runner = ScannedRunner()
        let (fixture, seller) = try await market(runner)
        let finding = #"""
            {"results": [{"filename": "/skill/a.py", "test_id": "B602", "issue_severity": "HIGH", "issue_confidence": "HIGH",
            "issue_text": "a shell", "line_number": 1, "more_info": "x"}], "errors": [], "metrics": {"a.py": {}, "_totals": {}}}
            """#
        try await fixture.publish(
            NodeFixture.manifest(
                endpoint: "idempotent = true\n[[tests]]\nendpoint = \"/echo\"\npayload = { a = 1 }",
                more: "[network]\nallow = [\"example.com:443\"]"), by: seller)
        let first = try await report(fixture)
        #expect(first["findings"]?[0]?["rule"] == "observed-unused")
        runner.ends(ScriptedRunner.outcome(Verdict(kind: .failed, detail: "", exitCode: 1), output: finding))
        try await rescan(fixture, runner)
        let second = try await report(fixture)
        #expect(second["tests"] == first["tests"] && second["tests"]?.array?.count == 1)
        #expect(second["capabilities"] == first["capabilities"])
        #expect(second["findings"]?.array?.compactMap { $0["rule"]?.string } == ["bandit:B602", "observed-unused"])
        let quality = try await fixture.node.skill("echo").quality
        #expect(quality.map { "\($0)" } == second["quality"]?["value"]?.description)

        // What an operator approved is looked at as well, and stays.
        _ = try await fixture.node.decide("1.0.0", of: "echo", .passed, reason: "looked at it")
        runner.ends(ScriptedRunner.outcome(Verdict(kind: .timeout, detail: "")))
        try await rescan(fixture, runner)
        #expect(try await report(fixture)["state"] == "review")
        #expect(try await fixture.node.skill("echo").status == .published)
        try await fixture.close()
    }

    @Test("those come first that were not looked at for the longest, and none that is revoked or rejected")
    func order() async throws {
        let (fixture, seller) = try await market(ScannedRunner())
        for number in 0..<5 {
            try await fixture.publish(NodeFixture.manifest(name: "echo-\(number)"), by: seller)
            try await Task.sleep(for: .milliseconds(2))
        }
        _ = try await fixture.node.revoke("1.0.0", of: "echo-1", reason: "it leaks", for: seller.id)
        _ = try await fixture.node.decide("1.0.0", of: "echo-2", .rejected, reason: "it leaks")
        let all = try await fixture.store.versions(underRulesBefore: .max, orReviewedBefore: nil, limit: 9)
        #expect(all.count == 3)
        try await fixture.store.noteLook(at: all[0], .now)
        let rest = try await fixture.store.versions(underRulesBefore: 0, orReviewedBefore: .now, limit: 2)
        #expect(rest == [all[1], all[2]])
        try await fixture.close()
    }

    @Test("versions that are looked at again leave a place to those that are published")
    func rescan() async throws {
        let runner = ScannedRunner()
        let (fixture, seller) = try await market(runner)
        for number in 0..<10 {
            try await fixture.publish(NodeFixture.manifest(name: "echo-\(number)"), by: seller)
        }
        #expect(try await fixture.node.rescan() == 0, "there are no new rules")
        #expect(try await fixture.node.rescan(reviewedBefore: Timestamp(milliseconds: 0)) == 0)
        runner.hold()
        let before = Timestamp.now
        #expect(try await fixture.node.rescan(reviewedBefore: before) == 10)
        #expect(try await fixture.node.rescan(reviewedBefore: before) == 10, "those under way are not lined up twice")
        while runner.held == 0 { try await Task.sleep(for: .milliseconds(1)) }
        try await fixture.publish(by: seller)
        #expect(runner.held == 1, "one place is theirs")
        let stored = try await fixture.node.reviewReport(of: "1.0.0", of: "echo-0", for: nil, waitSeconds: 30)
        #expect(stored["state"] == "passed", "what was found before stands meanwhile, and nobody waits")
        runner.letGo()
        while try await fixture.node.rescan(reviewedBefore: before) > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(runner.scans == 10 + 10 + 1)
        try await fixture.close()
    }
}

/// Runs a scanner as a test wants, and all else as ``ScriptedRunner`` does.
private final class ScannedRunner: SkillRunner {
    private struct State {
        var outcome: RunOutcome?
        var outcomeOfNothing: RunOutcome?
        var scans = 0
        var holds = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private static let clean = ScriptedRunner.outcome(
        Verdict(kind: .ok, detail: "", exitCode: 0), output: #"{"results": [], "errors": [], "metrics": {}}"#)

    private let scripted = ScriptedRunner()
    private let state = Mutex(State())

    var scans: Int { state.withLock { $0.scans } }
    var held: Int { state.withLock { $0.held.count } }

    /// How the scans from now on end, of packages and of nothing; nil finds nothing.
    func ends(_ outcome: RunOutcome?, ofNothing: RunOutcome? = nil) {
        state.withLock { ($0.outcome, $0.outcomeOfNothing) = (outcome, ofNothing) }
    }

    /// The next scan waits.
    func hold() { state.withLock { $0.holds = true } }

    func letGo() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        held.forEach { $0.resume() }
    }

    func run(_ request: RunRequest) async -> RunOutcome {
        guard request.arguments.first == "bandit" else { return await scripted.run(request) }
        await withCheckedContinuation { continuation in
            let goes = state.withLock { state in
                state.scans += 1
                guard state.holds else { return true }
                state.holds = false
                state.held.append(continuation)
                return false
            }
            if goes { continuation.resume() }
        }
        return state.withLock { request.skillDirectory == nil ? $0.outcomeOfNothing : $0.outcome } ?? Self.clean
    }
}
