import Fields
import Foundation
import MarketCore
import Sandbox
import Testing

@testable import ClawRunner

@Suite("Command line: profiles", .serialized, .timeLimit(.minutes(5)))
struct CLIProfileTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static let careless = """
        extends = "default"
        description = "Too much"
        permitDegraded = ["seccomp"]
        [seccomp]
        allow = ["personality"]
        """

    @Test("list names the shipped profiles")
    func list() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let answer = try await cli.run("profile", "list", "--json")
        let names = answer.json?["items"]?.array?.compactMap { $0["name"]?.string }
        #expect(
            names == ["default", "git", "native", "node", "python", "scanner", "strict"], "\(answer.standardError)")
        let text = try await cli.run("profile", "list")
        #expect(text.standardOutput.split(separator: "\n").allSatisfy { $0.count <= 90 }, "\(text.standardOutput)")
    }

    @Test("show prints a profile that lints as an own file")
    func show() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let shown = try await cli.run("profile", "show", "strict")
        #expect(shown.status == 0, "\(shown.standardError)")
        try cli.write(shown.standardOutput, to: "again.toml")
        let diff = try await cli.run("profile", "diff", "strict", "./again.toml", "--json")
        #expect(diff.json?["changes"] == [], "\(diff.standardOutput)\(diff.standardError)")
        let wrong = try await cli.run("profile", "show", "pyhton")
        #expect(wrong.status == 2)
        #expect(wrong.standardError.contains("python"))
    }

    @Test("lint passes the shipped profiles, strictly, and fails a careless one")
    func lint() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let clean = try await cli.run("profile", "lint", "--strict")
        #expect(clean.status == 0, "\(clean.standardOutput)")
        try cli.write(Self.careless, to: "careless.toml")
        let found = try await cli.run("profile", "lint", "careless.toml", "--json")
        #expect(found.status == 1)
        #expect(found.json?["errors"] == 1 && found.json?["warnings"] == 1, "\(found.standardOutput)")
        #expect(found.json?["findings"]?[0]?["line"] == 3)
        try cli.write("extends = \"default\"\ndescription = \"x\"\n[limits]\nmemroy = \"1MiB\"\n", to: "wrong.toml")
        let wrong = try await cli.run("profile", "lint", "wrong.toml")
        #expect(wrong.status == 1)
        #expect(wrong.standardOutput.contains("wrong.toml:4") && wrong.standardOutput.contains("memory"))
        let warned = "extends = \"default\"\ndescription = \"x\"\n[seccomp]\nallow = [\"personality\"]\n"
        try cli.write(warned, to: "warned.toml")
        #expect(try await cli.run("profile", "lint", "warned.toml").status == 0)
        #expect(try await cli.run("profile", "lint", "warned.toml", "--strict").status == 1)
    }

    @Test("explain answers for a call, a path and a host", arguments: ["ptrace", "/home/me", "smtp.example.com:587"])
    func explain(_ subject: String) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let answer = try await cli.run("profile", "explain", "strict", subject, "--json")
        #expect(answer.json?["allowed"] == "no", "\(answer.standardError)")
        #expect(answer.json?["because"]?.array?.isEmpty == false)
        #expect(try await cli.run("profile", "explain", "default", "scoket").status == 2)
    }

    @Test("schema is valid, and every shipped profile fits it")
    func schema() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let answer = try await cli.run("profile", "schema")
        let schema = try JSONSchema(try #require(answer.json))
        let directory = Self.repository + "/profiles"
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".toml") {
            let text = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
            let violations = schema.validate(.object(try FieldReader.toml(text, file: name).object))
            #expect(violations.isEmpty, "\(name): \(violations)")
        }
        let wrong = try FieldReader.toml("description = \"x\"\n[limits]\nwall = 5\n", file: "x").object
        #expect(schema.validate(.object(wrong)).isEmpty == false)
    }

    @Test(
        "learn writes a profile under which the tests pass, with under 60 % of default's calls, and that lints",
        arguments: ["word-stats", "csv-summary", "markdown-html"])
    func learn(_ name: String) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let skill = "\(Self.repository)/Examples/skills/\(name)"
        let learnt = try await cli.run(["profile", "learn", skill, "-o", "learnt.toml", "--json"], secondsMax: 120)
        try #require(learnt.status == 0, "\(learnt.standardError)")
        let store = try ProfileStore(directory: Self.repository + "/profiles")
        let granted = try #require(store.profile(named: "default")).syscallCount
        let calls = try #require(learnt.json?["syscalls"]?.array?.count)
        #expect(calls * 100 < granted * 60, "\(calls) of \(granted)")
        let lint = try await cli.run("profile", "lint", "./learnt.toml", "--strict")
        #expect(lint.status == 0, "\(lint.standardOutput)")
        let again = try await cli.run("profile", "learn", skill, "-o", "learnt.toml")
        #expect(again.status == 0 && again.standardError.contains("all passed"), "\(again.standardError)")
    }

    @Test("learn does not write over another file, nor learn from a test that fails")
    func learnRefuses() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "exec")
        try cli.write("mine", to: "mine.toml")
        #expect(try await cli.run("profile", "learn", "hello", "-o", "mine.toml").status == 2)
        let manifest = try String(contentsOfFile: cli.path("hello/skill.toml"), encoding: .utf8)
        try cli.write(manifest.replacingOccurrences(of: "\"hello\" }", with: "\"bye\" }"), to: "hello/skill.toml")
        let failed = try await cli.run("profile", "learn", "hello")
        #expect(failed.status == 1, "\(failed.standardError)")
        #expect(failed.standardOutput.isEmpty)
    }

    @Test("run --report shows each limit's share, and --observe the calls")
    func report() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        let arguments = ["run", "hello", "--endpoint", "/hello", "--payload", "{\"name\":\"Ada\"}"]
        let text = try await cli.run(arguments + ["--observe"])
        #expect(text.standardError.contains("SHARE") && text.standardError.contains("calls made"))
        #expect(text.standardError.contains("openat"))
        let json = try await cli.run(arguments + ["--observe", "--json"]).json
        #expect(json?["isolation"]?["reachedPercent"]?["memory"]?.int64 ?? 0 > 0)
        #expect(json?["isolation"]?["observed"]?["syscalls"]?.array?.isEmpty == false)
        #expect(try await cli.run(arguments + ["--json"]).json?["isolation"]?["observed"] == nil)
    }
}
