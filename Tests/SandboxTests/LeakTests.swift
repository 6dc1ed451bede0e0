import Foundation
import Testing

@testable import Sandbox

@Suite("Many runs", .serialized, .timeLimit(.minutes(5)))
struct LeakTests {
    /// What could pile up, on both sides of the launcher's socket.
    struct Count: Equatable {
        var launcherDescriptors = 0
        var launcherMounts = 0
        var launcherChildren = 0
        var cgroups = 0
    }

    /// Of Spares: empty network namespaces that wait for another run.
    private static let networksMax = 64

    static let name = "clawrunner-leaks"

    private func count() throws -> Count {
        let worker = try #require(try Harness.workers(cgroupName: Self.name).first)
        let files = FileManager.default
        var count = Count()
        let descriptors = try files.contentsOfDirectory(atPath: "/proc/\(worker)/fd").compactMap {
            try? files.destinationOfSymbolicLink(atPath: "/proc/\(worker)/fd/\($0)")
        }
        let networks = descriptors.count { $0.hasPrefix("net:") }
        #expect(networks <= Self.networksMax + 1)
        count.launcherDescriptors = descriptors.count - networks
        count.launcherMounts = try String(contentsOfFile: "/proc/\(worker)/mountinfo", encoding: .utf8)
            .split(separator: "\n").count
        let children = try String(contentsOfFile: "/proc/\(worker)/task/\(worker)/children", encoding: .utf8)
        count.launcherChildren = children.split(separator: " ").count
        for group in Harness.cgroups(Self.name) {
            count.cgroups += files.enumerator(atPath: group)?.filter { "\($0)".hasSuffix("tasks") }.count ?? 0
        }
        return count
    }

    /// Waits until reaping and removing, which follow the reply, are done.
    private func settled(_ expected: Count) async throws -> Count {
        var now = try count()
        for _ in 0..<100 where now != expected {
            try await Task.sleep(for: .milliseconds(20))
            now = try count()
        }
        return now
    }

    @Test("of every verdict leave descriptors, mounts, processes and cgroups where they were")
    func nothingLeaks() async throws {
        let host = Harness.make(.init(cgroupName: Self.name))
        _ = try await Harness.probe("uid", host: host)
        try await Task.sleep(for: .milliseconds(200))
        let before = try count()
        for round in 0..<6 {
            try await withThrowingTaskGroup(of: Verdict.Kind.self) { group in
                for number in 0..<40 {
                    group.addTask { try await Self.run(number, host) }
                }
                var kinds: Set<Verdict.Kind> = []
                for try await kind in group { kinds.insert(kind) }
                #expect(kinds.count >= 7, "round \(round): \(kinds)")
            }
        }
        #expect(try await settled(before) == before)
        await host.shutdown()
    }

    private static func run(_ number: Int, _ host: SandboxHost) async throws -> Verdict.Kind {
        switch number % 8 {
        case 0: try await Harness.probe("uid", host: host).verdict.kind
        case 1: try await Harness.probe("exit", "3", host: host).verdict.kind
        case 2: try await Harness.probe("raise", "11", host: host).verdict.kind
        case 3: try await Harness.probe("sleep", "9", host: host) { $0.wallMilliseconds = 100 }.verdict.kind
        case 4: try await Harness.probe("eat", "90", host: host) { $0.memoryBytes = 16 << 20 }.verdict.kind
        case 5: try await Harness.probe("flood", "1", host: host) { $0.outputBytes = 1000 }.verdict.kind
        case 6: try await Harness.probe("forks", "9", host: host) { $0.pidsMax = 4 }.verdict.kind
        default: try await Harness.probe("daemonize", host: host).verdict.kind
        }
    }
}
