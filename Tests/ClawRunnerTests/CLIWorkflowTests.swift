import Fields
import Foundation
import NodeTestSupport
import Testing

@Suite("Command line: workflows", .serialized, .timeLimit(.minutes(4)))
struct CLIWorkflowTests {
    private static let examples = NodeFixture.repository + "/Examples/skills"
    private static let question = #"""
        {"question": "Where do herons nest?", "sentences": 1, "documents": [
          {"id": "birds", "title": "Birds", "text": "Herons nest in colonies high in trees.\n\nStorks winter in Africa."},
          {"id": "fish", "text": "Carp live in slow rivers."}]}
        """#

    @Test("a new workflow passes its own test once the skill of its step is beside it")
    func scaffold() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let made = try await cli.succeed(["skill", "init", "report", "--kind", "workflow"])
        #expect(made.standardOutput.contains("clawrunner skill init report-step --runtime python"))
        let lonely = try await cli.run(["skill", "test", "report"])
        #expect(lonely.status == 2)
        #expect(lonely.standardError.contains("The step greet calls report-step, but there is no folder"))
        try await cli.succeed(["skill", "init", "report-step", "--runtime", "python"])
        try await cli.succeed(["skill", "test", "report"])
        let valid = try await cli.succeed(["skill", "validate", "report"])
        #expect(valid.standardOutput.contains("workflow of 1 steps"))
        let profile = try await cli.run(["run", "report", "--endpoint", "/welcome", "--profile", "python"])
        #expect(profile.status == 2)
        let text = try String(contentsOfFile: cli.path("report/skill.toml"), encoding: .utf8)
        try cli.write(text.replacing("/steps/greet/", with: "/steps/great/"), to: "report/skill.toml")
        let wrong = try await cli.run(["skill", "validate", "report"])
        #expect(wrong.status == 2)
        #expect(wrong.standardError.contains("skill.toml:"))
        #expect(wrong.standardError.contains("did you mean \"greet\"?"))
    }

    @Test("the research assistant answers from folders, without a market")
    func local() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        try await cli.succeed(["skill", "test", Self.examples + "/research-assistant"])
        let run = try await cli.succeed([
            "run", Self.examples + "/research-assistant", "--endpoint", "/research", "--payload", Self.question,
        ])
        let result = try JSONValue(parsing: run.standardOutput)
        #expect(result["answer"] == "Herons nest in colonies high in trees. [1]")
        #expect(run.standardError.contains("step cite: ok"))
    }

    @Test("three sellers, a composer and a buyer: the price of an answer is shared to the base unit")
    func market() async throws {
        try await CLIProcess.withDaemon("") { cli in
            for name in ["searcher", "digester", "citer", "composer", "buyer"] {
                try await cli.succeed(["agent", "register", name])
            }
            let sold = [("searcher", "corpus-search"), ("digester", "text-digest"), ("citer", "cite-sources")]
            for (seller, skill) in sold {
                try await cli.succeed(["skill", "publish", "\(Self.examples)/\(skill)", "--as", seller])
            }
            let flow = Self.examples + "/research-assistant"
            let early = try await cli.run(["skill", "publish", flow, "--as", "composer"])
            #expect(early.status == 2)
            #expect(early.standardError.contains("licence for corpus-search"))
            for (_, skill) in sold {
                try await cli.succeed(["market", "purchase", skill, "--license", "commercial", "--as", "composer"])
            }
            // Its test is a run that the composer pays: 0.006.
            try await cli.succeed(["market", "credit", "composer", "0.006", "--reference", "composer"])
            try await cli.succeed(["skill", "publish", flow, "--as", "composer"])
            #expect(try await balance(cli, "composer") == "0")
            try await cli.succeed(["market", "credit", "buyer", "0.02", "--reference", "buyer"])
            try await cli.succeed(["market", "purchase", "research-assistant", "--as", "buyer"])
            let call = [
                "exec", "research-assistant", "--as", "buyer", "--endpoint", "/research", "--payload", Self.question,
                "--json",
            ]
            let answer = try await cli.succeed(call)
            #expect(answer.json?["result"]?["references"] == ["[1] Birds."])
            // Twice, with its own test: 2000, 3000 and 1000 base units, less fees of 50, 75 and 25.
            #expect(try await balance(cli, "searcher") == "0.0039")
            #expect(try await balance(cli, "digester") == "0.00585")
            #expect(try await balance(cli, "citer") == "0.00195")
            // Of 10000, 4000 are left, less a fee of 100.
            #expect(try await balance(cli, "composer") == "0.0039")
            #expect(try await balance(cli, "buyer") == "0.01")

            let nothing = try await cli.succeed(
                call.map { $0 == Self.question ? Self.question.replacing("herons nest", with: "owls") : $0 })
            #expect(nothing.json?["result"]?["answer"] == "nothing was found")
            #expect(try await balance(cli, "searcher") == "0.00585")
            #expect(try await balance(cli, "composer") == "0.0117", "what was not called is the composer's")
            #expect(try await balance(cli, "buyer") == "0")

            let id = answer.json?["usage"]?["id"]?.string ?? ""
            let shown = try await cli.succeed(["execution", id, "--as", "buyer"])
            #expect(shown.standardOutput.contains("step digest: ok, text-digest 1.0.0"))
            let left = try await cli.succeed([
                "execution", nothing.json?["usage"]?["id"]?.string ?? "", "--as", "buyer",
            ])
            #expect(left.standardOutput.contains("step cite: left out"))
            let poor = try await cli.run(call)
            #expect(poor.status == 1)
            let ledger = try await cli.succeed(["ledger", "verify", "--json"])
            #expect(ledger.json?["sound"] == true)
            let usage = try await cli.succeed(["usage", "--as", "buyer", "--json"])
            #expect(usage.json?["items"]?.array?.count == 6, "two answers, three steps and one")
            try cli.write(answer.standardOutput, to: "answer.json")
            try await cli.succeed(["receipt", "verify", "answer.json"])
        }
    }

    private func balance(_ cli: CLIProcess, _ agent: String) async throws -> String? {
        let answer = try await cli.succeed(["balance", "--as", agent, "--json"])
        return answer.json?["items"]?[0]?["amount"]?.string
    }
}
