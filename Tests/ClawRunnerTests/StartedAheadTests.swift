import Fields
import Foundation
import Testing

@Suite("Skills and interpreters that are started ahead of requests", .serialized, .timeLimit(.minutes(3)))
struct StartedAheadTests {
    private struct Skill {
        let name: String
        let runtime: String
        let entry: String
        let file: String
        let text: String
        var warm = false
        var secret = false

        func renamed(_ suffix: String, warm: Bool = false, secret: Bool = false) -> Skill {
            Skill(
                name: name + suffix, runtime: runtime, entry: entry, file: file, text: text, warm: warm, secret: secret)
        }
    }

    private static let python = Skill(
        name: "py", runtime: "python", entry: "main.py:handler", file: "main.py",
        text: """
            import os
            loaded = os.getpid()
            def handler(endpoint, payload, context):
                open("/tmp/used", "x").close()
                return [payload, context["skill"], os.getcwd(), os.environ.get("SECRET", ""), os.getpid() == loaded]
            """)
    private static let node = Skill(
        name: "js", runtime: "node", entry: "main.mjs:handler", file: "main.mjs",
        text: """
            import { writeFileSync } from 'node:fs';
            export function handler(endpoint, payload, context) {
                writeFileSync('/tmp/used', '', { flag: 'wx' });
                return [payload, context.skill, process.cwd(), process.env.SECRET ?? '', true];
            }
            """)

    private func publish(_ skill: Skill, _ cli: CLIProcess) async throws {
        try cli.write(skill.text, to: "\(skill.name)/\(skill.file)")
        let secret = skill.secret ? "\n[[secrets]]\nname = \"SECRET\"\ndescription = \"x\"\n" : ""
        try cli.write(
            """
            name = "\(skill.name)"
            version = "1.0.0"
            description = "A skill of the tests"
            category = "utility"
            runtime = "\(skill.runtime)"
            entryPoint = "\(skill.entry)"
            warm = \(skill.warm)
            [pricing]
            type = "free"
            [[endpoints]]
            path = "/run"
            \(secret)
            """, to: "\(skill.name)/skill.toml")
        try await cli.succeed(["skill", "publish", skill.name, "--as", "seller"])
    }

    /// Calls the skill until something of this kind waited for it; every answer must be right.
    private func call(_ skill: Skill, until waiting: String, _ cli: CLIProcess) async throws {
        var seen: [String] = []
        for number in 0..<60 where seen.last != waiting {
            let output = try await cli.succeed([
                "exec", skill.name, "--as", "seller", "--endpoint", "/run", "--payload", "{\"n\":\(number)}", "--json",
            ])
            let answer = try JSONValue(parsing: Array(output.standardOutput.utf8))
            let expected: JSONValue = [
                ["n": .number(number)], .string(skill.name), "/skill", .string(skill.secret ? "hush" : ""), true,
            ]
            #expect(answer["result"] == expected, "\(output.standardOutput)")
            let id = try #require(answer["usage"]?["id"]?.string)
            let shown = try await cli.succeed(["execution", id, "--as", "seller", "--json"])
            let execution = try JSONValue(parsing: Array(shown.standardOutput.utf8))
            seen.append(execution["execution"]?["isolation"]?["start"]?["waiting"]?.string ?? "?")
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(seen.last == waiting, "\(skill.name): \(seen)")
    }

    @Test("answer as they do otherwise, each process once, with the run's own variables and directory")
    func answers() async throws {
        try await CLIProcess.withDaemon("") { cli in
            try await cli.succeed(["agent", "register", "seller"])
            for skill in [Self.python, Self.node] {
                try await publish(skill, cli)
                try await call(skill, until: "interpreter", cli)
                let secret = skill.renamed("-secret", secret: true)
                try await publish(secret, cli)
                try await cli.succeed(
                    ["skill", "secret", "set", secret.name, "SECRET", "--as", "seller"], input: "hush")
                try await call(secret, until: "interpreter", cli)
                let warm = skill.renamed("-warm", warm: true)
                try await publish(warm, cli)
                try await call(warm, until: "program", cli)
            }
        }
    }

    @Test("say why a skill whose start fails is not started ahead, and answer with its own failure")
    func failing() async throws {
        let skill = Skill(
            name: "broken", runtime: "python", entry: "main.py:handler", file: "main.py",
            text: "raise RuntimeError('no model')\ndef handler(e, p, c): return 1\n", warm: true)
        try await CLIProcess.withDaemon("") { cli in
            try await cli.succeed(["agent", "register", "seller"])
            try await publish(skill, cli)
            var reason: String?
            for _ in 0..<60 where reason == nil {
                let output = try await cli.run(
                    "exec", skill.name, "--as", "seller", "--endpoint", "/run", "--json", "--timing")
                #expect(output.status != 0)
                let problem = try JSONValue(parsing: Array(output.standardOutput.utf8))
                #expect(problem["verdict"]?.string == "failed", "\(output.standardOutput)")
                #expect(problem["stderr"]?.string?.contains("no model") == true)
                #expect(output.standardError.contains("settle"), "\(output.standardError)")
                let id = try #require(problem["usage"]?["id"]?.string)
                let shown = try await cli.succeed(["execution", id, "--as", "seller", "--json"])
                let execution = try JSONValue(parsing: Array(shown.standardOutput.utf8))
                reason = execution["execution"]?["isolation"]?["start"]?["notAhead"]?.string
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(reason?.contains("exit status 1") == true)
        }
    }
}
