import Fields
import Foundation
import Testing

@testable import Sandbox

/// A host of its own for tests of declared destinations: `echo.test` and the like are 127.0.0.1, which is permitted at
/// the ports of the test's servers.
struct Egress {
    let host: SandboxHost

    init(_ servers: TestServer..., change: (inout EgressOptions) -> Void = { _ in }) throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        var options = EgressOptions(
            privateAllowed: servers.compactMap { PermittedAddress("127.0.0.1:\($0.port)") },
            hosts: ["echo.test": [loopback], "other.test": [loopback]])
        change(&options)
        // Without root these tests are about the network all the same.
        let permitted: Set<String> = getuid() == 0 ? [] : ["memory", "pids", "cpu"]
        host = Harness.make(.init(cgroupName: "clawrunner-egress", permitDegraded: permitted, egress: options))
    }

    func close() async { await host.shutdown() }

    func run(
        _ arguments: [String], to destinations: [String], profile: String = "default",
        limits: (inout Limits) -> Void = { _ in }
    ) async throws -> RunOutcome {
        let profile = try Harness.profile(profile)
        var changed = profile.limits
        limits(&changed)
        let request = RunRequest(
            profile: profile, limits: changed, skillDirectory: try Harness.skill, arguments: arguments,
            destinations: try destinations.map { try #require(NetworkDestination($0)) })
        return await host.run(request)
    }

    func python(_ code: String, to destinations: [String]) async throws -> RunOutcome {
        try await run(["python3", "-I", "-S", "-c", code], to: destinations, profile: "python")
    }
}

extension RunOutcome {
    /// The row of the report about a destination.
    func egress(_ destination: String) -> JSONValue? {
        report.json["egress"]?["destinations"]?.array?.first { $0["destination"]?.string == destination }
    }

    func refusal(_ destination: String) -> JSONValue? { egress(destination)?["refusals"]?[0] }
}

/// Answers as it is told, one list after another; the last for ever.
final class ScriptedResolver: NameResolver, @unchecked Sendable {
    private let lock = NSLock()
    private var answers: [[String]]
    private(set) var calls = 0
    private(set) var atOnceMax = 0
    private var atOnce = 0
    private let seconds: Double

    init(_ answers: [String]..., seconds: Double = 0) {
        self.answers = answers
        self.seconds = seconds
    }

    private func count(_ change: Int) {
        lock.withLock {
            atOnce += change
            atOnceMax = max(atOnceMax, atOnce)
        }
    }

    func addresses(of host: String) throws(NameError) -> [IPAddress] {
        count(1)
        defer { count(-1) }
        Thread.sleep(forTimeInterval: seconds)
        lock.lock()
        defer { lock.unlock() }
        calls += 1
        let answer = answers.count > 1 ? answers.removeFirst() : answers[0]
        if answer.isEmpty { throw NameError("nothing known") }
        return answer.compactMap { IPAddress($0) }
    }
}
