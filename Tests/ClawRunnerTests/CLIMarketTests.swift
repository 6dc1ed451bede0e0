import Fields
import Foundation
import Testing

@Suite("Command line: client of a daemon", .serialized, .timeLimit(.minutes(3)))
struct CLIMarketTests {
    /// Runs `body` beside a daemon with the data directory of `cli`, and stops it afterwards.
    private func withDaemon(_ body: (CLIProcess) async throws -> Void) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let daemon = Process()
        daemon.executableURL = CLIProcess.executable
        daemon.arguments = [
            "serve", "--data", cli.path("data"), "--config", try cli.writeConfiguration(), "--log-level", "warning",
        ]
        daemon.standardOutput = FileHandle.nullDevice
        daemon.standardError = FileHandle.nullDevice
        try daemon.run()
        do {
            let end = ContinuousClock.now + .seconds(20)
            while try await cli.run("market", "list").status != 0 {
                try #require(daemon.isRunning && ContinuousClock.now < end, "the daemon did not start")
            }
            try await body(cli)
        } catch {
            await Self.stop(daemon)
            throw error
        }
        await Self.stop(daemon)
        #expect(daemon.terminationStatus == 0)
    }

    private static func stop(_ process: Process) async {
        process.terminate()
        while process.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
    }

    /// A command that must succeed.
    @discardableResult
    private func succeed(_ cli: CLIProcess, _ arguments: String...) async throws -> CLIProcess.Output {
        let output = try await cli.run(arguments)
        #expect(output.status == 0, "\(arguments): \(output.standardError)")
        return output
    }

    private func makeSkill(_ cli: CLIProcess, version: String = "0.1.0") async throws {
        if !FileManager.default.fileExists(atPath: cli.path("hello")) {
            try await succeed(cli, "skill", "init", "hello", "--runtime", "python")
        }
        let file = cli.path("hello/skill.toml")
        let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
        try cli.write(text.replacing(/version = "[^"]*"/, with: "version = \"\(version)\""), to: "hello/skill.toml")
    }

    @Test("publish, credit, buy, run, look at the bill and check the receipts")
    func wholeWay() async throws {
        try await withDaemon { cli in
            try await makeSkill(cli)
            try await succeed(cli, "agent", "register", "seller")
            try await succeed(cli, "agent", "register", "buyer")
            let published = try await succeed(cli, "skill", "publish", "hello", "--as", "seller")
            #expect(published.standardOutput.contains("hello 0.1.0 is published."))
            try await succeed(cli, "market", "credit", "buyer", "0.01", "--reference", "r1")
            let again = try await succeed(cli, "market", "credit", "buyer", "0.01", "--reference", "r1")
            #expect(again.standardOutput.contains("nothing was added"))
            try await succeed(cli, "market", "purchase", "hello", "--as", "buyer", "--usage-limit", "2")
            try await succeed(cli, "market", "verify", "hello", "--as", "buyer")

            let call = ["exec", "hello", "--as", "buyer", "--endpoint", "/hello", "--payload", "{\"name\":\"Ada\"}"]
            let first = try await cli.run(call)
            #expect(first.status == 0, "\(first.standardError)")
            #expect(first.standardOutput == "{\"greeting\":\"Hello, Ada!\"}\n")
            #expect(first.standardError.contains("0.001 USDC"))
            let second = try await cli.run(call + ["--json", "--idempotency-key", "k"])
            let replay = try await cli.run(call + ["--idempotency-key", "k"])
            #expect(replay.status == 0)
            #expect(replay.standardError.contains("stored outcome"))
            let third = try await cli.run(call)
            #expect(third.status == 1)
            #expect(third.standardError.contains("clawrunner market purchase hello"))

            let usage = try await succeed(cli, "usage", "--as", "buyer", "--json", "--all", "--limit", "1")
            #expect(usage.json?["items"]?.array?.count == 2)
            let table = try await succeed(cli, "usage", "--as", "buyer", "--skill", "hello")
            #expect(table.standardOutput.contains("hello/hello"))
            let balance = try await succeed(cli, "balance", "--as", "buyer", "--json")
            #expect(balance.json?["items"]?[0]?["amount"] == "0.008")
            let ledger = try await succeed(cli, "ledger", "verify", "--json")
            #expect(ledger.json?["sound"] == true)
            try await succeed(cli, "ledger", "verify", "--data", cli.path("data"))

            let id = second.json?["usage"]?["id"]?.string ?? ""
            let run = try await succeed(cli, "execution", id, "--as", "buyer")
            #expect(run.standardOutput.contains("profile python"))
            #expect(!run.standardOutput.contains("log:"))
            let owned = try await succeed(cli, "execution", id, "--as", "seller")
            #expect(owned.standardOutput.contains("log: greeting Ada"))

            try cli.write(second.standardOutput, to: "answers.jsonl")
            try await succeed(cli, "receipt", "verify", "answers.jsonl")
            let receipt = second.json?["receipt"]?.string ?? ""
            // Another signature of the right length.
            let parts = receipt.split(separator: ".")
            let forged = parts.dropLast().joined(separator: ".") + "." + String(parts.last?.reversed() ?? [])
            let refused = try await cli.run(["receipt", "verify", "-"], input: forged)
            #expect(refused.status == 1)
        }
    }

    @Test("a new version is published under the same name; the same one is refused; another's name too")
    func versions() async throws {
        try await withDaemon { cli in
            try await succeed(cli, "agent", "register", "one")
            try await succeed(cli, "agent", "register", "two")
            try await makeSkill(cli)
            try await succeed(cli, "skill", "publish", "hello")
            let same = try await cli.run("skill", "publish", "hello")
            #expect(same.status == 1)
            try await makeSkill(cli, version: "0.2.0")
            let foreign = try await cli.run("skill", "publish", "hello", "--as", "two")
            #expect(foreign.status == 1)
            try await makeSkill(cli, version: "0.3.0")
            let newer = try await succeed(cli, "skill", "publish", "hello")
            #expect(newer.standardOutput.contains("hello 0.3.0 is published."))
            let list = try await succeed(cli, "market", "list", "--json")
            #expect(list.json?["skills"]?[0]?["version"] == "0.3.0")
        }
    }

    @Test("what the market refuses has its sentence on standard error and its meaning in the status")
    func refusals() async throws {
        try await withDaemon { cli in
            try await succeed(cli, "agent", "register", "seller")
            try await succeed(cli, "agent", "register", "buyer")
            try await makeSkill(cli)
            try await succeed(cli, "skill", "publish", "hello")
            let cases: [(arguments: [String], status: Int32, says: String)] = [
                (["exec", "hello", "--as", "buyer", "--endpoint", "/hello"], 1, "market purchase hello"),
                (["exec", "nothing", "--endpoint", "/x"], 2, "nothing"),
                (["exec", "hello", "--endpoint", "/none"], 2, "/hello"),
                (["exec", "hello", "--endpoint", "/hello", "--payload", "{}"], 2, "name"),
                (["exec", "hello", "--endpoint", "/hello", "--token", "x"], 1, "token"),
                (["market", "purchase", "hello", "--as", "buyer", "--license", "huge"], 2, "personal"),
                (["market", "credit", "nobody", "1"], 2, "nobody"),
                (["market", "payout", "nobody", "1", "--reference", "r"], 2, "nobody"),
                (["market", "payout", "buyer", "1"], 2, "--reference"),
                (["market", "payout", "buyer", "1", "--reference", "r"], 1, "that can be paid out"),
                (["market", "credit", "buyer", "0.0000001"], 2, "amount"),
                (["market", "list", "--sort", "odd"], 2, "sort"),
                (["usage", "--from", "yesterday"], 2, "from"),
                (["agent", "show", "nobody"], 2, "nobody"),
                (["agent", "register", "x", "--wallet", "not-an-address"], 2, "ownerWallet"),
                (["balance", "--as", "nobody"], 2, "Kept are: buyer, seller"),
                (["execution", "not-an-id"], 2, "not-an-id"),
            ]
            try await succeed(cli, "skill", "init", "wrong", "--runtime", "python")
            let wrong = try String(contentsOfFile: cli.path("wrong/skill.toml"), encoding: .utf8)
            try cli.write(wrong.replacing("Hello, Ada!", with: "Hullo"), to: "wrong/skill.toml")
            let failing = try await cli.run("skill", "publish", "wrong", "--as", "seller")
            #expect(failing.status == 1, "\(failing.standardError)")
            #expect(failing.standardError.contains("Hullo"))
            let verified = try await cli.run("market", "verify", "hello", "--as", "buyer")
            #expect(verified.status == 1)
            #expect(verified.standardOutput.contains("no valid licence"))
            for (arguments, status, says) in cases {
                let output = try await cli.run(arguments)
                #expect(output.status == status, "\(arguments): \(output.standardError)")
                #expect(output.standardError.contains(says), "\(arguments): \(output.standardError)")
                #expect(output.standardOutput == "", "\(arguments)")
            }
        }
    }
}
