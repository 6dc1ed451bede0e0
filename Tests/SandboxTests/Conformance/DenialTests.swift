import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("A refused system call", .serialized, .timeLimit(.minutes(3)))
struct DenialTests {
    @Test("is named and counted in the report, and ends nothing", .promise("denials.named"))
    func named() async throws {
        let outcome = try await Harness.probe("socket", "2")
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == "EPERM")
        #expect(outcome.report.json["denialsNamed"]?.bool == true)
        let denials = outcome.report.json["denials"]?.array ?? []
        #expect(denials.contains { $0["syscall"]?.string == "socket" && $0["count"]?.int64 == 1 }, "\(denials)")
    }

    @Test("stands in the sentence of a program that gave up over it", .promise("denials.sentence"))
    func sentence() async throws {
        guard Harness.has("python3") else { return }
        let request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill,
            arguments: ["/bin/sh", "-c", "./probe socket 2; exit 1"])
        let outcome = await Harness.run(request)
        #expect(outcome.verdict.kind == .failed)
        #expect(outcome.verdict.detail.contains("socket"), "\(outcome.verdict.detail)")
    }

    @Test("repeated in a loop ends the run with syscall_denied", .promise("denials.loop"))
    func flood() async throws {
        let outcome = try await Harness.probe("deny-loop", "100000")
        #expect(outcome.verdict.kind == .syscallDenied, "\(outcome.summary)")
        #expect(outcome.verdict.syscall == "keyctl")
    }

    @Test("of a thread or a child is counted, too, up to the thousandth", .promise("denials.counted"))
    func children() async throws {
        let outcome = try await Harness.probe("deny-loop", "900")
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.report.json["denials"]?[0]?["count"]?.int64 == 900)
    }

    @Test("ends the run at once where the profile says kill", .promise("denials.kill"))
    func kill() async throws {
        let directory = try ProfileTests.Directory([
            "killing.toml": "description = \"x\"\n[seccomp]\naction = \"kill\"\n"
        ])
        let profile = try #require(try ProfileStore(directory: directory.path).profile(named: "killing"))
        let request = RunRequest(
            profile: profile, skillDirectory: try Harness.skill, arguments: ["probe", "keyctl"])
        let outcome = await Harness.run(request)
        #expect(outcome.verdict.kind == .syscallDenied, "\(outcome.summary)")
        #expect(outcome.verdict.syscall == "keyctl")
        #expect(outcome.text.isEmpty)
    }

    @Test("costs the sandboxes beside it nothing they would notice", .promise("denials.neighbours"))
    func neighbours() async throws {
        func served() async throws -> Duration {
            let clock = ContinuousClock()
            return try await clock.measure {
                for _ in 0..<20 {
                    let kind = try await Harness.probe("echo", input: [1]).verdict.kind
                    #expect(kind == .ok)
                }
            }
        }
        _ = try await served()
        let alone = try await served()
        let floods = Task {
            var kinds: Set<Verdict.Kind> = []
            while !Task.isCancelled {
                kinds.insert(try await Harness.probe("deny-threads", "16").verdict.kind)
            }
            return kinds
        }
        let beside = try await served()
        floods.cancel()
        let kinds = try await floods.value
        print("measured: 20 runs took \(alone) alone, \(beside) beside sandboxes that flood with refused calls")
        #expect(kinds.subtracting([.cancelled]) == [.syscallDenied], "\(kinds)")
        // Evidence of being held up would be seconds; what shared processors cost is no matter of a test.
        #expect(beside < alone * 10 + .seconds(2))
    }

    @Test("that no list knows is absent, a million times over, and is no flood", .promise("denials.unknown"))
    func unknown() async throws {
        let outcome = try await Harness.probe("unknown-calls", "1000000")
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.report.json["denials"]?.array?.isEmpty == true)
    }
}
