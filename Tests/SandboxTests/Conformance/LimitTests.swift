import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("A limit", .serialized, .timeLimit(.minutes(5)))
struct LimitTests {
    @Test("of wall time ends a sleeper with timeout")
    func wall() async throws {
        let outcome = try await Harness.probe("sleep", "20") { $0.wallMilliseconds = 300 }
        #expect(outcome.verdict.kind == .timeout, "\(outcome.summary)")
        #expect(outcome.verdict.detail.contains("300ms"))
        #expect(outcome.usage.wallMicroseconds >= 300_000)
    }

    @Test("of processor time ends a burner with cpu_limit, before its wall time")
    func cpu() async throws {
        let outcome = try await Harness.probe("burn") { $0.cpuMilliseconds = 200 }
        #expect(outcome.verdict.kind == .cpuLimit, "\(outcome.summary)")
        #expect(outcome.usage.cpuMicroseconds >= 200_000)
    }

    @Test("of memory ends a hog with memory_limit, and says how much it had")
    func memory() async throws {
        let outcome = try await Harness.probe("eat", "200") { $0.memoryBytes = 64 << 20 }
        #expect(outcome.verdict.kind == .memoryLimit, "\(outcome.summary)")
        #expect(outcome.verdict.detail.contains("64MiB"))
        let peak = outcome.usage.peakMemoryBytes
        #expect(peak > 32 << 20 && peak <= 64 << 20, "\(peak)")
    }

    @Test("of memory counts files in /tmp and /dev/shm", arguments: ["/tmp", "/dev/shm"])
    func memoryOfFiles(_ directory: String) async throws {
        let outcome = try await Harness.probe("fill", directory) { limits in
            limits.memoryBytes = 32 << 20
            limits.tmpBytes = 256 << 20
            limits.fileSizeBytes = 512 << 20
        }
        #expect(outcome.verdict.kind == .memoryLimit, "\(outcome.summary)")
    }

    @Test("of /tmp is a full disk", arguments: ["/tmp", "/dev/shm"])
    func tmp(_ directory: String) async throws {
        let outcome = try await Harness.probe("fill", directory) { $0.tmpBytes = 4 << 20 }
        #expect(outcome.text == "ENOSPC" || outcome.text.hasPrefix("done"), "\(outcome.summary)")
        #expect(outcome.verdict.kind == .ok)
    }

    @Test("of files in /tmp is a full disk, too", arguments: ["/tmp", "/dev/shm"])
    func inodes(_ directory: String) async throws {
        let outcome = try await Harness.probe("inodes", directory)
        #expect(outcome.text == "ENOSPC", "\(outcome.summary)")
    }

    @Test("of processes ends well-behaved forks and threads with pids_limit", arguments: ["forks", "threads"])
    func pids(_ way: String) async throws {
        let outcome = try await Harness.probe(way, "40") { $0.pidsMax = 16 }
        #expect(outcome.verdict.kind == .pidsLimit, "\(outcome.summary)")
        let enough = try await Harness.probe(way, "15") { $0.pidsMax = 16 }
        #expect(enough.verdict.kind == .ok, "\(enough.summary)")
    }

    @Test("of standard output and error ends a flood with output_limit", arguments: [("1", "stdout"), ("2", "stderr")])
    func output(_ descriptor: String, _ name: String) async throws {
        let outcome = try await Harness.probe("flood", descriptor) { limits in
            limits.outputBytes = 100_000
            limits.stderrBytes = 50_000
        }
        #expect(outcome.verdict.kind == .outputLimit, "\(outcome.summary)")
        #expect(outcome.verdict.reason == name)
        #expect(outcome.standardOutput.count == (descriptor == "1" ? 100_000 : 0))
        #expect(outcome.standardError.count == (descriptor == "2" ? 50_000 : 0))
    }

    @Test("of one file's size ends a writer with file_size_limit")
    func fileSize() async throws {
        let outcome = try await Harness.probe("bigfile", "/tmp/big") { $0.fileSizeBytes = 2 << 20 }
        #expect(outcome.verdict.kind == .fileSizeLimit, "\(outcome.summary)")
    }

    @Test("is not blamed for what the program did itself", arguments: [("exit", 137), ("exit", 1), ("exit", 124)])
    func failed(_ way: String, _ status: Int32) async throws {
        let outcome = try await Harness.probe(way, "\(status)")
        #expect(outcome.verdict.kind == .failed, "\(outcome.summary)")
        #expect(outcome.verdict.exitCode == status)
    }

    @Test("is not blamed for a signal that the program sent itself", arguments: [SIGKILL, SIGTERM, SIGSEGV, SIGABRT])
    func signaled(_ signal: Int32) async throws {
        let outcome = try await Harness.probe("raise", "\(signal)")
        #expect(outcome.verdict.kind == .signaled, "\(outcome.summary)")
        #expect(outcome.verdict.signal == signal)
    }

    @Test("stands in the report, with what was reached")
    func report() async throws {
        let outcome = try await Harness.probe("forks", "5")
        let json = outcome.report.json
        #expect(json["limits"]?["memory"]?.int64 == 512 << 20)
        #expect(json["reached"]?["pids"]?.int64 ?? 0 >= 6)
        #expect(json["reached"]?["memory"]?.int64 ?? 0 > 0)
    }
}
