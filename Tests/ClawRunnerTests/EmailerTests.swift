import ExecutionNode
import Fields
import Foundation
import NodeTestSupport
import Testing

@Suite("The example skill smart-emailer", .serialized, .timeLimit(.minutes(3)))
struct EmailerTests {
    private static let host = "smtp.smart-emailer.test"

    /// A copy of the example that uses the test's mail server, without TLS.
    private func copySkill(_ cli: CLIProcess, port: Int) throws {
        let source = NodeFixture.repository + "/Examples/skills/smart-emailer"
        try FileManager.default.copyItem(atPath: source, toPath: cli.path("emailer"))
        func change(_ name: String, _ edits: [(String, String)]) throws {
            var text = try String(contentsOfFile: "\(source)/\(name)", encoding: .utf8)
            for (old, new) in edits {
                try #require(text.contains(old), "\(name) has no \(old)")
                text = text.replacing(old, with: new)
            }
            try cli.write(text, to: "emailer/\(name)")
        }
        try change("skill.toml", [("smtp.example.com:587", "\(Self.host):\(port)")])
        try change(
            "settings.py",
            [
                ("\"smtp.example.com\"", "\"\(Self.host)\""), ("PORT = 587", "PORT = \(port)"),
                ("\"starttls\"", "\"none\""),
            ])
    }

    private static let payload = """
        {"to":"ada@example.org","subject":"Report","body":"The report is ready.","tone":"friendly"}
        """

    @Test("is published, bought, given its password and sends a mail that arrives, at the price of one use")
    func wholeWay() async throws {
        let server = try SMTPServer()
        let configuration = """
            [egress]
            privateAllowed = ["127.0.0.1:\(server.port)"]
            [egress.hosts]
            "\(Self.host)" = "127.0.0.1"
            """
        try await CLIProcess.withDaemon(configuration) { cli in
            try copySkill(cli, port: server.port)
            for name in ["seller", "buyer"] { _ = try await cli.succeed(["agent", "register", name]) }
            _ = try await cli.succeed(["skill", "publish", "emailer", "--as", "seller"])
            _ = try await cli.succeed(["market", "credit", "buyer", "0.01"])
            _ = try await cli.succeed(["market", "purchase", "smart-emailer", "--as", "buyer"])
            let call = [
                "exec", "smart-emailer", "--as", "buyer", "--endpoint", "/send", "--payload", Self.payload, "--json",
            ]
            // Not before its seller has set the password.
            let early = try await cli.run(call)
            #expect(early.status != 0)
            #expect((early.standardOutput + early.standardError).contains("SMTP_PASSWORD"), "\(early)")
            let secret = ["skill", "secret"]
            let list = try await cli.succeed(secret + ["list", "smart-emailer", "--as", "seller", "--json"])
            #expect(list.json?["items"]?[0]?["set"] == false)
            let foreign = try await cli.run(
                secret + ["set", "smart-emailer", "SMTP_PASSWORD", "--as", "buyer"], input: "x")
            #expect(foreign.status == 1, "\(foreign.standardError)")
            // A wrong one first: what the server says goes into the log, the password does not.
            let set = secret + ["set", "smart-emailer", "SMTP_PASSWORD", "--as", "seller"]
            _ = try await cli.succeed(set, input: "wrong-password\n")
            let refused = try await cli.run(call)
            #expect(refused.json?["verdict"] == "failed", "\(refused)")
            #expect(server.mails.isEmpty)
            _ = try await cli.succeed(set, input: SMTPServer.password + "\n")
            let sent = try await cli.succeed(call)
            #expect(sent.json?["result"]?["to"] == "ada@example.org", "\(sent.standardOutput)")
            #expect(sent.json?["usage"]?["cost"] == "0.001")
            let mail = try #require(server.mails.first)
            for part in [
                "RCPT ada@example.org", "Subject: Report", "Hello ada!", "The report is ready.", "Warm wishes",
                "From: smart-emailer@example.com", sent.json?["result"]?["messageId"]?.string ?? "no identifier",
            ] { #expect(mail.contains(part), "\(part): \(mail)") }
            let balance = try await cli.succeed(["balance", "--as", "buyer", "--json"])
            #expect(balance.json?["items"]?[0]?["amount"] == "0.009")
            // The stored report names the destination and what went there.
            let id = sent.json?["usage"]?["id"]?.string ?? ""
            let execution = try await cli.succeed(["execution", id, "--as", "seller", "--json"])
            let row = execution.json?["execution"]?["isolation"]?["egress"]?["destinations"]?[0]
            #expect(row?["destination"]?.string == "\(Self.host):\(server.port)", "\(execution.standardOutput)")
            #expect(row?["connections"] == 1)
            #expect((row?["bytesSent"]?.int64 ?? 0) > 300)
            // The password stands nowhere: not in the log, not in the data directory.
            let files = try FileManager.default.subpathsOfDirectory(atPath: cli.path("data"))
            for file in files.map({ cli.path("data/\($0)") }) + [cli.path("daemon.log")] {
                let bytes = FileManager.default.contents(atPath: file) ?? Data()
                #expect(bytes.range(of: Data(SMTPServer.password.utf8)) == nil, "\(file)")
                #expect(bytes.range(of: Data("wrong-password".utf8)) == nil, "\(file)")
            }
        }
    }

    @Test("reaches no mail server at a private address that the operator has not permitted")
    func privateAddress() async throws {
        let server = try SMTPServer()
        try await CLIProcess.withDaemon("[egress.hosts]\n\"\(Self.host)\" = \"127.0.0.1\"\n") { cli in
            try copySkill(cli, port: server.port)
            _ = try await cli.succeed(["agent", "register", "seller"])
            _ = try await cli.succeed(["skill", "publish", "emailer"])
            _ = try await cli.succeed(
                ["skill", "secret", "set", "smart-emailer", "SMTP_PASSWORD"], input: SMTPServer.password)
            let call = ["exec", "smart-emailer", "--endpoint", "/send", "--payload", Self.payload, "--json"]
            let refused = try await cli.run(call)
            #expect(refused.json?["verdict"] == "failed", "\(refused)")
            #expect(refused.json?["detail"]?.string?.contains("loopback") == true, "\(refused.standardOutput)")
            #expect(refused.json?["stderr"]?.string?.contains("egress.privateAllowed") == true)
            #expect(server.mails.isEmpty)
        }
    }

    @Test("runs by hand as well, with what the command line permits and gives")
    func byHand() async throws {
        let server = try SMTPServer()
        var cli = try CLIProcess()
        defer { NodeFixture.remove(cli.directory.path) }
        try copySkill(cli, port: server.port)
        let tested = try await cli.succeed(["skill", "test", "emailer"])
        #expect(tested.standardOutput.contains("All 2 passed."))
        cli.environment["SMTP_PASSWORD"] = SMTPServer.password
        let call = [
            "run", "emailer", "--endpoint", "/send", "--payload", Self.payload, "--resolve", "\(Self.host)=127.0.0.1",
            "--allow-private", "127.0.0.1:\(server.port)", "--json",
        ]
        let without = try await cli.run(call)
        #expect(without.status == 1, "\(without)")
        let sent = try await cli.succeed(call + ["--secret", "SMTP_PASSWORD"])
        #expect(sent.json?["result"]?["to"] == "ada@example.org", "\(sent.standardOutput)")
        #expect(server.mails.count == 1)
        #expect(!sent.standardOutput.contains(SMTPServer.password))
        for (option, value) in [("--allow-private", "localhost:1"), ("--resolve", "x"), ("--secret", "NOT_SET")] {
            let wrong = try await cli.run(call + [option, value])
            #expect(wrong.status == 2, "\(option): \(wrong.standardError)")
            #expect(wrong.standardError.contains(option))
        }
    }
}
