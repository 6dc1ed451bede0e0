import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("Two tenants", .serialized, .timeLimit(.minutes(5)))
struct TenantTests {
    @Test(
        "one after the other share no files", .promise("tenants.files-after"),
        arguments: ["/tmp/left", "/dev/shm/left"])
    func filesAfter(_ path: String) async throws {
        #expect(try await Harness.probe("write", path).text == "done 1")
        #expect(try await Harness.probe("read", path).text == "ENOENT")
    }

    @Test("one after the other share no System V memory", .promise("tenants.shared-memory-after"))
    func sharedMemoryAfter() async throws {
        #expect(try await Harness.probe("shm", "4711", "create").text.hasPrefix("done"))
        #expect(try await Harness.probe("shm", "4711").text == "ENOENT")
    }

    /// Runs `first` in a shell that stays alive for a while, then `second` beside it.
    private func beside(_ first: String, _ second: String...) async throws -> RunOutcome {
        let request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill,
            arguments: ["/bin/sh", "-c", "\(first)\nsleep 1"])
        let neighbour = Task { await Harness.run(request) }
        try await Task.sleep(for: .milliseconds(300))
        let attempt = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: ["probe"] + second)
        let outcome = await Harness.run(attempt)
        let other = await neighbour.value
        #expect(other.verdict.kind == .ok, "the neighbour: \(other.summary)")
        return outcome
    }

    @Test("side by side share no files", .promise("tenants.files-beside"), arguments: ["/tmp/left", "/dev/shm/left"])
    func filesBeside(_ path: String) async throws {
        #expect(try await beside("./probe write \(path)", "read", path).text == "ENOENT")
    }

    @Test("side by side share no System V memory", .promise("tenants.shared-memory-beside"))
    func sharedMemoryBeside() async throws {
        #expect(try await beside("./probe shm 4711 create", "shm", "4711").text == "ENOENT")
    }

    @Test("side by side reach no abstract socket of each other", .promise("tenants.abstract-sockets"))
    func abstractSockets() async throws {
        let outcome = try await beside("./probe abstract-listen between-tenants &", "abstract", "between-tenants")
        #expect(["ECONNREFUSED", "EPERM"].contains(outcome.text), "\(outcome.summary)")
    }

    @Test(
        "one after the other reach no abstract socket that was left in flight", .promise("tenants.sockets-after"))
    func socketsAfter() async throws {
        for round in 0..<4 {
            let left = try await Harness.probe("leave-in-flight", "left-in-flight")
            #expect(left.text == "done 1", "\(left.summary)")
            // Without Landlock, which keeps abstract sockets of others away by itself from ABI 6 on.
            let next = try await Harness.probe("abstract", "left-in-flight", without: [.landlock])
            #expect(next.text == "ECONNREFUSED", "round \(round): \(next.summary)")
        }
    }

    @Test("side by side see no process of each other", .promise("tenants.processes"))
    func processes() async throws {
        #expect(try await beside("true", "processes").text == "1")
    }

    @Test("side by side cannot signal each other", .promise("tenants.signals"))
    func signals() async throws {
        // SIGTERM to everybody: the neighbour's shell and its sleep would die of it.
        #expect(try await beside("true", "signal-all").text == "done 0")
    }

    @Test("side by side have ids of their own", .promise("tenants.ids"))
    func ids() async throws {
        let maps = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let request = RunRequest(
                        profile: try Harness.profile(), skillDirectory: try Harness.skill,
                        arguments: ["/bin/sh", "-c", "cat /proc/self/uid_map; sleep 0.5"])
                    return await Harness.run(request).text
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        if Harness.host.hostReport.degraded.contains(.identity) {
            print("skipped: on this host all runs share one id")
            return
        }
        #expect(maps.count == 4, "\(maps)")
    }

    @Test(
        "side by side: one that takes all it can leaves the other its own", .promise("tenants.hogs"),
        arguments: [["fork-bomb"], ["eat", "4096"], ["burn-threads", "8"], ["inodes", "/tmp"], ["flood", "1"]])
    func hogs(_ hog: [String]) async throws {
        let profile = try Harness.profile()
        var limits = profile.limits
        limits.memoryBytes = 64 << 20
        limits.pidsMax = 32
        limits.cpuMilliseconds = 1000
        limits.wallMilliseconds = 1000
        let request = RunRequest(
            profile: profile, limits: limits, skillDirectory: try Harness.skill, arguments: ["probe"] + hog)
        let neighbour = Task { await Harness.run(request) }
        for _ in 0..<5 {
            for own in [["eat", "16"], ["forks", "8"], ["write", "/tmp/own"]] {
                let outcome = await Harness.run(
                    RunRequest(profile: profile, skillDirectory: try Harness.skill, arguments: ["probe"] + own))
                #expect(outcome.verdict.kind == .ok, "\(own): \(outcome.summary)")
            }
        }
        _ = await neighbour.value
    }
}
