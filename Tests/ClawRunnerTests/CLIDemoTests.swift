import Foundation
import Testing

@testable import ClawRunner

@Suite("Command line: the demo", .serialized, .timeLimit(.minutes(3)))
struct CLIDemoTests {
    private func prepare() throws -> CLIProcess {
        var cli = try CLIProcess()
        // A socket's path is short; the demo passes over a TMPDIR that is too long.
        try FileManager.default.createDirectory(atPath: cli.path("t"), withIntermediateDirectories: false)
        cli.environment["TMPDIR"] = cli.path("t")
        return cli
    }

    @Test("it holds what it claims, fits 80 columns, and leaves nothing behind")
    func wholeStory() async throws {
        let cli = try prepare()
        defer { cli.remove() }
        let demo = try await cli.run(["demo"], secondsMax: 120)
        #expect(demo.status == 0, "\(demo.standardOutput)\n\(demo.standardError)")
        #expect(demo.standardOutput.contains("checks hold."))
        for verdict in ["cpu_limit", "memory_limit", "failed", "output_limit"] {
            #expect(demo.standardOutput.contains(verdict))
        }
        for line in demo.standardOutput.split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
        }
        #expect(!demo.standardOutput.contains("\u{1B}"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: cli.path("t")) == [])
    }

    @Test("interrupted, it stops its daemon, removes its directory and exits with 130", arguments: [0.05, 0.5, 1.2])
    func interrupted(seconds: Double) async throws {
        let cli = try prepare()
        defer { cli.remove() }
        let demo = try await cli.run(["demo"], secondsMax: 60, interruptAfterSeconds: seconds)
        #expect(demo.status == 130, "\(demo.standardOutput)\n\(demo.standardError)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: cli.path("t")) == [])
        #expect(Self.processes(mentioning: cli.directory.lastPathComponent) == [])
    }

    @Test("an example that is missing is a failure, and everything is cleared up all the same")
    func missingExamples() async throws {
        var cli = try prepare()
        defer { cli.remove() }
        try FileManager.default.createDirectory(atPath: cli.path("none"), withIntermediateDirectories: false)
        cli.environment["CLAWRUNNER_EXAMPLES"] = cli.path("none")
        let demo = try await cli.run(["demo"], secondsMax: 60)
        #expect(demo.status == 2)
        #expect(demo.standardError.contains("word-stats"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: cli.path("t")) == [])
        #expect(Self.processes(mentioning: cli.directory.lastPathComponent) == [])
    }

    @Test("a skill that ends otherwise than claimed is called out, and the exit status is 1")
    func falseClaim() async throws {
        var cli = try prepare()
        defer { cli.remove() }
        let examples = try InstalledPaths(
            executable: CLIProcess.executable.path, environment: ProcessInfo.processInfo.environment
        ).path(of: .examples)
        try FileManager.default.copyItem(atPath: examples, toPath: cli.path("examples"))
        try cli.write("def handler(e, p, c):\n    return 1\n", to: "examples/misbehaving/endless-loop/main.py")
        cli.environment["CLAWRUNNER_EXAMPLES"] = cli.path("examples")
        let demo = try await cli.run(["demo"], secondsMax: 60)
        #expect(demo.status == 1, "\(demo.standardError)")
        #expect(demo.standardOutput.contains("NOT SO: endless-loop ends with cpu_limit"))
        #expect(demo.standardOutput.contains("checks do not hold."))
        #expect(try FileManager.default.contentsOfDirectory(atPath: cli.path("t")) == [])
    }

    /// The command lines of running processes that have a word in them.
    private static func processes(mentioning word: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { $0.allSatisfy(\.isNumber) }.compactMap { pid in
            let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            let line = String(decoding: bytes.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
            return line.contains(word) ? line : nil
        }
    }
}
