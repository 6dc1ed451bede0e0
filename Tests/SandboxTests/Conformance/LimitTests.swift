import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("A limit", .serialized, .timeLimit(.minutes(5)))
struct LimitTests {
    @Test("of wall time ends a sleeper with timeout", .promise("limits.wall"))
    func wall() async throws {
        let outcome = try await Harness.probe("sleep", "20") { $0.wallMilliseconds = 300 }
        #expect(outcome.verdict.kind == .timeout, "\(outcome.summary)")
        #expect(outcome.verdict.detail.contains("300ms"))
        #expect(outcome.usage.wallMicroseconds >= 300_000)
    }

    @Test("of processor time ends a burner with cpu_limit, before its wall time", .promise("limits.cpu"))
    func cpu() async throws {
        let outcome = try await Harness.probe("burn") { $0.cpuMilliseconds = 200 }
        #expect(outcome.verdict.kind == .cpuLimit, "\(outcome.summary)")
        #expect(outcome.usage.cpuMicroseconds >= 200_000)
    }

    @Test("of memory ends a hog with memory_limit, and says how much it had", .promise("limits.memory"))
    func memory() async throws {
        let outcome = try await Harness.probe("eat", "200") { $0.memoryBytes = 64 << 20 }
        #expect(outcome.verdict.kind == .memoryLimit, "\(outcome.summary)")
        #expect(outcome.verdict.detail.contains("64MiB"))
        let peak = outcome.usage.peakMemoryBytes
        #expect(peak > 32 << 20 && peak <= 64 << 20, "\(peak)")
    }

    @Test(
        "of memory counts files in /tmp and /dev/shm", .promise("limits.memory-files"),
        arguments: ["/tmp", "/dev/shm"])
    func memoryOfFiles(_ directory: String) async throws {
        let outcome = try await Harness.probe("fill", directory) { limits in
            limits.memoryBytes = 32 << 20
            limits.tmpBytes = 256 << 20
            limits.fileSizeBytes = 512 << 20
        }
        #expect(outcome.verdict.kind == .memoryLimit, "\(outcome.summary)")
    }

    @Test(
        "of /tmp is a full disk", .promise("limits.tmp"),
        arguments: ["/tmp", "/dev/shm"])
    func tmp(_ directory: String) async throws {
        let outcome = try await Harness.probe("fill", directory) { $0.tmpBytes = 4 << 20 }
        #expect(outcome.text == "ENOSPC" || outcome.text.hasPrefix("done"), "\(outcome.summary)")
        #expect(outcome.verdict.kind == .ok)
    }

    @Test(
        "of files in /tmp is a full disk, too", .promise("limits.inodes"),
        arguments: ["/tmp", "/dev/shm"])
    func inodes(_ directory: String) async throws {
        let outcome = try await Harness.probe("inodes", directory)
        #expect(outcome.text == "ENOSPC", "\(outcome.summary)")
    }

    @Test(
        "of processes ends well-behaved forks and threads with pids_limit", .promise("limits.pids"),
        arguments: ["forks", "threads"])
    func pids(_ way: String) async throws {
        let outcome = try await Harness.probe(way, "40") { $0.pidsMax = 16 }
        #expect(outcome.verdict.kind == .pidsLimit, "\(outcome.summary)")
        let enough = try await Harness.probe(way, "15") { $0.pidsMax = 16 }
        #expect(enough.verdict.kind == .ok, "\(enough.summary)")
    }

    @Test(
        "of standard output and error ends a flood with output_limit", .promise("limits.output"),
        arguments: [("1", "stdout"), ("2", "stderr")])
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

    @Test("of one file's size ends a writer with file_size_limit", .promise("limits.file-size"))
    func fileSize() async throws {
        let outcome = try await Harness.probe("bigfile", "/tmp/big") { $0.fileSizeBytes = 2 << 20 }
        #expect(outcome.verdict.kind == .fileSizeLimit, "\(outcome.summary)")
    }

    @Test(
        "is not blamed for what the program did itself", .promise("limits.own-status"),
        arguments: [
            ("exit", 1), ("exit", 124), ("exit", 137), ("exit", 152), ("exit", 153),
        ])
    func failed(_ way: String, _ status: Int32) async throws {
        let outcome = try await Harness.probe(way, "\(status)")
        #expect(outcome.verdict.kind == .failed, "\(outcome.summary)")
        #expect(outcome.verdict.exitCode == status)
    }

    @Test(
        "is not blamed for a signal that the program sent itself", .promise("limits.own-signal"),
        arguments: [SIGKILL, SIGTERM, SIGSEGV, SIGABRT])
    func signaled(_ signal: Int32) async throws {
        let outcome = try await Harness.probe("raise", "\(signal)")
        #expect(outcome.verdict.kind == .signaled, "\(outcome.summary)")
        #expect(outcome.verdict.signal == signal)
    }

    @Test("stands in the report, with what was reached", .promise("limits.report"))
    func report() async throws {
        let outcome = try await Harness.probe("forks", "5")
        let json = outcome.report.json
        #expect(json["limits"]?["memory"]?.int64 == 512 << 20)
        #expect(json["reached"]?["pids"]?.int64 ?? 0 >= 6)
        #expect(json["reached"]?["memory"]?.int64 ?? 0 > 0)
    }

    @Test(
        "of memory counts what hides in memory files, pipes, sockets and System V memory",
        .promise("limits.memory-hidden"),
        arguments: ["eat-memfd", "eat-pipes", "eat-sockets", "eat-shared"])
    func hiddenMemory(_ way: String) async throws {
        let outcome = try await Harness.probe(way) { $0.memoryBytes = 24 << 20 }
        #expect(outcome.verdict.kind == .memoryLimit, "\(outcome.summary)")
    }

    @Test("of processes holds a fork bomb, which ends with its time", .promise("limits.fork-bomb"))
    func forkBomb() async throws {
        let outcome = try await Harness.probe("fork-bomb", "bomb") { limits in
            limits.pidsMax = 32
            limits.wallMilliseconds = 1000
        }
        #expect([.timeout, .cpuLimit].contains(outcome.verdict.kind), "\(outcome.summary)")
        #expect(outcome.report.json["reached"]?["pids"]?.int64 ?? 0 <= 33)
        #expect(try Harness.probes(marked: "bomb").isEmpty)
    }

    @Test(
        "of processor time holds for threads and processes that ignore the signal, whatever their share",
        .promise("limits.cpu-many"),
        arguments: [
            ("burn-threads", 1, 100), ("burn-threads", 8, 100), ("burn-threads", 8, 200), ("burn-processes", 8, 200),
        ])
    func cpuOfMany(_ way: String, _ count: Int, _ rate: Int64) async throws {
        let outcome = try await Harness.probe(way, "\(count)") { limits in
            limits.cpuMilliseconds = 300
            limits.cpuRatePercent = rate
        }
        #expect(outcome.verdict.kind == .cpuLimit, "\(outcome.summary)")
        let over = outcome.usage.cpuMicroseconds - 300_000
        print("measured: \(way) \(count) at \(rate) % used \(over) us of processor time over its limit of 300 ms")
        #expect(over >= 0 && over < 500_000, "\(over)")
    }

    @Test(
        "of processor time has the kernel's own limit behind it, for a program that heeds it and one that does not",
        .promise("limits.cpu-backstop"), arguments: [["burn"], ["burn-threads", "1"]])
    func cpuBackstop(_ probe: [String]) async throws {
        var request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: ["probe"] + probe)
        request.limits.cpuMilliseconds = 1
        request.withoutLayers = LayerSet([Layer.memory, .pids, .cpu])
        let outcome = await Harness.run(request)
        #expect(outcome.verdict.kind == .cpuLimit, "\(outcome.summary)")
        #expect(outcome.usage.wallMicroseconds < 20_000_000)
    }

    @Test(
        "of one file's size is told for a program that ignores the signal, and for the child of a shell",
        .promise("limits.file-size-quiet"),
        arguments: [["bigfile-quiet", "/tmp/big", "1"], ["bigfile-child", "/tmp/big"]])
    func fileSizeQuietly(_ probe: [String]) async throws {
        let request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: ["probe"] + probe)
        var limited = request
        limited.limits.fileSizeBytes = 2 << 20
        let outcome = await Harness.run(limited)
        #expect(outcome.verdict.kind == .fileSizeLimit, "\(outcome.summary)")
        #expect(outcome.verdict.exitCode == (probe[0] == "bigfile-child" ? 128 + SIGXFSZ : 1))
    }

    @Test("of one file's size that a program copes with is no failure", .promise("limits.file-size-coped"))
    func fileSizeCoped() async throws {
        let outcome = try await Harness.probe("bigfile-quiet", "/tmp/big") { $0.fileSizeBytes = 2 << 20 }
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == "EFBIG")
    }

    @Test("of one file's size ends a program that lets a file grow beyond it", .promise("limits.file-size-grown"))
    func fileSizeGrown() async throws {
        let outcome = try await Harness.probe("grow", "/tmp/big")
        #expect(outcome.verdict.kind == .fileSizeLimit, "\(outcome.summary)")
    }

    @Test("of output and of wall time end a run at once", .promise("limits.at-once"))
    func atOnce() async throws {
        let flood = try await Harness.probe("flood", "1") { $0.outputBytes = 1000 }
        #expect(flood.verdict.kind == .outputLimit)
        let sleeper = try await Harness.probe("sleep", "20") { $0.wallMilliseconds = 300 }
        let late = sleeper.usage.wallMicroseconds - 300_000
        print("measured: output limit after \(flood.usage.wallMicroseconds) us, wall limit \(late) us late")
        #expect(flood.usage.wallMicroseconds < 5_000_000)
        #expect(late >= 0 && late < 500_000)
    }
}
