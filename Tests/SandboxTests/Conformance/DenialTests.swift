import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("A refused system call", .serialized, .timeLimit(.minutes(3)))
struct DenialTests {
    @Test("is named and counted in the report, and ends nothing")
    func named() async throws {
        let outcome = try await Harness.probe("socket", "2")
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == "EPERM")
        #expect(outcome.report.json["denialsNamed"]?.bool == true)
        let denials = outcome.report.json["denials"]?.array ?? []
        #expect(denials.contains { $0["syscall"]?.string == "socket" && $0["count"]?.int64 == 1 }, "\(denials)")
    }

    @Test("stands in the sentence of a program that gave up over it")
    func sentence() async throws {
        let request = RunRequest(
            profile: try Harness.profile("python"),
            arguments: ["python3", "-I", "-S", "-c", "import socket; socket.socket()"])
        let outcome = await Harness.host.run(request)
        #expect(outcome.verdict.kind == .failed)
        #expect(outcome.verdict.detail.contains("socket"), "\(outcome.verdict.detail)")
    }

    @Test("repeated in a loop ends the run with syscall_denied")
    func flood() async throws {
        let outcome = try await Harness.probe("deny-loop", "100000")
        #expect(outcome.verdict.kind == .syscallDenied, "\(outcome.summary)")
        #expect(outcome.verdict.syscall == "keyctl")
    }

    @Test("of a thread or a child is counted, too, up to the thousandth")
    func children() async throws {
        let outcome = try await Harness.probe("deny-loop", "900")
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.report.json["denials"]?[0]?["count"]?.int64 == 900)
    }

    @Test("ends the run at once where the profile says kill")
    func kill() async throws {
        let directory = try ProfileTests.Directory([
            "killing.toml": "description = \"x\"\n[seccomp]\naction = \"kill\"\n"
        ])
        let profile = try #require(try ProfileStore(directory: directory.path).profile(named: "killing"))
        let request = RunRequest(
            profile: profile, skillDirectory: try Harness.skill, arguments: ["probe", "keyctl"])
        let outcome = await Harness.host.run(request)
        #expect(outcome.verdict.kind == .syscallDenied, "\(outcome.summary)")
        #expect(outcome.verdict.syscall == "keyctl")
        #expect(outcome.text.isEmpty)
    }

    @Test("costs the sandbox beside it nothing it would notice")
    func neighbours() async throws {
        async let flood = Harness.probe("deny-loop", "100000")
        for _ in 0..<10 {
            #expect(try await Harness.probe("echo", input: [1]).verdict.kind == .ok)
        }
        #expect(try await flood.verdict.kind == .syscallDenied)
    }
}
