import Foundation
import Testing

@testable import Sandbox

@Suite("Many runs", .serialized, .timeLimit(.minutes(30)))
struct LeakTests {
    /// `make test-leaks` sets 10,000.
    static let runs = ProcessInfo.processInfo.environment["CLAWRUNNER_LEAK_RUNS"].flatMap(Int.init) ?? 800
    static let atOnce = 16
    static let name = "clawrunner-leaks"

    /// What could pile up, on both sides of the launcher's socket.
    struct Count: Equatable {
        var daemonDescriptors = 0
        var daemonMounts = 0
        var launcherDescriptors = 0
        var launcherMounts = 0
        var launcherChildren = 0
        var namespaces = 0
        var cgroups = 0
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    private static func names(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }

    private static func launchers() throws -> [Int32] {
        try Harness.keepers(cgroupName: name) + Harness.workers(cgroupName: name)
    }

    private func count() throws -> Count {
        var count = Count()
        count.daemonDescriptors = Self.names("/proc/self/fd").count
        count.daemonMounts = Self.text("/proc/self/mountinfo").split(separator: "\n").count
        var namespaces: Set<String> = []
        let links = FileManager.default
        for pid in try Self.launchers() {
            count.launcherDescriptors += Self.names("/proc/\(pid)/fd").count
            count.launcherMounts += Self.text("/proc/\(pid)/mountinfo").split(separator: "\n").count
            count.launcherChildren += Self.text("/proc/\(pid)/task/\(pid)/children").split(separator: " ").count
            // Those that it lives in, and those that it only holds.
            for folder in ["/proc/\(pid)/ns", "/proc/\(pid)/fd"] {
                for link in Self.names(folder) {
                    let target = (try? links.destinationOfSymbolicLink(atPath: "\(folder)/\(link)")) ?? ""
                    if target.contains(":["), !target.hasPrefix("socket"), !target.hasPrefix("pipe") {
                        namespaces.insert(target)
                    }
                }
            }
        }
        count.namespaces = namespaces.count { !$0.hasPrefix("anon_inode") }
        for group in Harness.cgroups(Self.name) {
            for case let path as String in links.enumerator(atPath: group) ?? .init() {
                var isDirectory: ObjCBool = false
                if links.fileExists(atPath: "\(group)/\(path)", isDirectory: &isDirectory), isDirectory.boolValue {
                    count.cgroups += 1
                }
            }
        }
        return count
    }

    /// The count once nothing changes any more. Sandboxes that wait for runs come and go with the demand: they are ended.
    private func calm(_ host: SandboxHost) async throws -> Count {
        host.drainParked()
        // Those of the other tests' host are counted in this process, too, and would go when they are idle.
        Harness.host.drainParked()
        var (last, same) = (try count(), 0)
        for _ in 0..<100 where same < 5 {
            try await Task.sleep(for: .milliseconds(100))
            let now = try count()
            same = now == last ? same + 1 : 0
            last = now
        }
        return last
    }

    /// Waits until reaping and removing, which follow the reply, are done.
    private func settled(_ expected: Count, _ host: SandboxHost) async throws -> Count {
        host.drainParked()
        var now = try count()
        for _ in 0..<100 where now != expected {
            try await Task.sleep(for: .milliseconds(20))
            now = try count()
        }
        return now
    }

    /// Resident memory of this process and of the launcher's, in KiB.
    private func residentKiB() throws -> Int {
        try (Self.launchers() + [getpid()]).reduce(0) { sum, pid in
            let line = Self.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            return sum + (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0)
        }
    }

    /// Runs programs of every verdict, many at once; the kinds that came.
    private func run(_ numbers: Range<Int>, _ host: SandboxHost) async throws -> Set<Verdict.Kind> {
        try await withThrowingTaskGroup(of: Verdict.Kind.self) { group in
            var kinds: Set<Verdict.Kind> = []
            for number in numbers {
                if number - numbers.lowerBound >= Self.atOnce, let kind = try await group.next() { kinds.insert(kind) }
                group.addTask { try await Self.run(number, host) }
            }
            for try await kind in group { kinds.insert(kind) }
            return kinds
        }
    }

    @Test("of every verdict leave descriptors, mounts, processes, namespaces, cgroups and memory where they were")
    func nothingLeaks() async throws {
        let host = Harness.make(.init(cgroupName: Self.name))
        // To warm up: as many at once as empty network namespaces are kept, and a tenth of all for the allocators.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<80 { group.addTask { _ = try await Harness.probe("sleep", "1", host: host) } }
            try await group.waitForAll()
        }
        let warm = max(100, Self.runs / 10)
        _ = try await run(0..<warm, host)
        let (before, residentBefore) = (try await calm(host), try residentKiB())
        let kinds = try await run(warm..<Self.runs, host)
        #expect(kinds.count >= 9, "\(kinds)")
        let after = try await settled(before, host)
        #expect(after == before)
        let grown = try residentKiB() - residentBefore
        print("measured: runs \(warm) to \(Self.runs): \(after); daemon and launcher grew by \(grown) KiB")
        #expect(grown < 8 * 1024)
        await host.shutdown()
        #expect(Harness.cgroups(Self.name).isEmpty)
    }

    private static func run(_ number: Int, _ host: SandboxHost) async throws -> Verdict.Kind {
        switch number % 12 {
        case 0: return try await Harness.probe("uid", host: host).verdict.kind
        case 1: return try await Harness.probe("exit", "3", host: host).verdict.kind
        case 2: return try await Harness.probe("raise", "11", host: host).verdict.kind
        case 3: return try await Harness.probe("sleep", "9", host: host) { $0.wallMilliseconds = 50 }.verdict.kind
        case 4: return try await Harness.probe("eat", "90", host: host) { $0.memoryBytes = 16 << 20 }.verdict.kind
        case 5: return try await Harness.probe("flood", "1", host: host) { $0.outputBytes = 1000 }.verdict.kind
        case 6: return try await Harness.probe("forks", "9", host: host) { $0.pidsMax = 4 }.verdict.kind
        case 7: return try await Harness.probe("burn", host: host) { $0.cpuMilliseconds = 10 }.verdict.kind
        case 8:
            return try await Harness.probe("bigfile", "/tmp/x", host: host) { $0.fileSizeBytes = 4096 }.verdict.kind
        case 9: return try await Harness.probe("x32", host: host).verdict.kind
        case 10:
            let request = RunRequest(profile: try Harness.profile(), arguments: ["nowhere"])
            return await host.run(request).verdict.kind
        default:
            let task = Task { try await Harness.probe("daemonize", host: host) }
            if number % 24 == 11 { task.cancel() }
            return try await task.value.verdict.kind
        }
    }
}
