import Fields
import Foundation
import Testing

@Suite("Command line: help, wrong usage, exit status", .timeLimit(.minutes(2)))
struct CLIUsageTests {
    @Test(
        "every command has a help text with an example, on standard output, with status 0",
        arguments: [
            ["serve"], ["backup"], ["restore"], ["keys"], ["run"], ["doctor"], ["demo"], ["exec"], ["execution"],
            ["balance"],
            ["ledger", "verify"], ["audit", "list"], ["audit", "verify"], ["receipt", "verify"],
            ["agent", "register"], ["agent", "show"], ["agent", "kept"], ["agent", "key"],
            ["agent", "list"], ["agent", "update"], ["agent", "deactivate"], ["admin", "status"], ["admin", "pause"],
            ["admin", "resume"], ["admin", "ban"], ["admin", "unban"], ["admin", "reactivate"], ["admin", "feature"],
            ["market", "list"],
            ["market", "purchase"],
            ["market", "verify"], ["market", "credit"], ["skill", "init"], ["skill", "validate"], ["skill", "pack"],
            ["skill", "test"], ["skill", "publish"], ["purchase", "list"], ["purchase", "show"],
            ["purchase", "cancel"],
            ["purchase", "resume"], ["purchase", "refund"], ["purchase", "upgrade"], ["budget", "list"],
            ["budget", "set"], ["budget", "drop"],
            ["usage", "list"], ["usage", "sum"], ["usage", "export"],
        ])
    func help(command: [String]) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let name = command.joined(separator: " ")
        let help = try await cli.run(command + ["--help"])
        #expect(help.status == 0)
        #expect(help.standardOutput.contains("USAGE: clawrunner \(name)"))
        #expect(help.standardOutput.contains("Example"))
        #expect(help.standardError == "")
        #expect(!help.standardOutput.contains("\u{1B}"))
    }

    @Test(
        "wrong usage has status 2, a reason on standard error and nothing on standard output",
        arguments: [
            ["no-such-command"], ["run"], ["run", "somewhere"], ["exec", "skill"], ["skill", "init"],
            ["skill", "init", "Not A Name"], ["skill", "init", "ok", "--runtime", "perl"],
            ["serve", "--log-format", "xml"], ["backup"], ["restore", "claw.tar"],
            ["usage", "--no-such-option"], ["exec", "skill", "--endpoint", "/x", "--timeout", "0"],
        ])
    func wrongUsage(arguments: [String]) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let output = try await cli.run(arguments)
        #expect(output.status == 2)
        #expect(output.standardOutput == "")
        #expect(output.standardError.count > 20)
    }

    @Test("a name that is nearly one is told together with the one that is")
    func nearName() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let output = try await cli.run("skill", "init", "SmartEmailer Pro")
        #expect(output.status == 2)
        #expect(output.standardError.contains("smartemailer-pro"))
    }

    @Test("without a daemon every client command says so with status 4")
    func unreachable() async throws {
        var cli = try CLIProcess()
        defer { cli.remove() }
        cli.environment["CLAWRUNNER_API_KEY"] = "claw_live_x"
        let socket = cli.path("nobody.sock")
        for arguments in [["agent", "show", "x"], ["market", "list"], ["usage"], ["balance"]] {
            let output = try await cli.run(arguments + ["--socket", socket])
            #expect(output.status == 4, "\(arguments)")
            #expect(output.standardError.contains("No daemon answers at \(socket)"), "\(arguments)")
            #expect(output.standardError.contains("clawrunner serve"))
            #expect(output.standardOutput == "")
        }
    }

    @Test("with --json a failure is one JSON object on standard output")
    func failureAsJSON() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let output = try await cli.run("market", "list", "--json", "--socket", cli.path("nobody.sock"))
        #expect(output.status == 4)
        #expect(output.json?["error"]?.string?.contains("No daemon answers") == true)
    }

    @Test("without any key the caller is told how to get one")
    func noKey() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let output = try await cli.run("balance", "--socket", cli.path("nobody.sock"))
        #expect(output.status == 2)
        #expect(output.standardError.contains("clawrunner agent register"))
    }

    @Test("a key file that others may read is refused with the fix")
    func openKeyFile() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        try cli.write("claw_live_x\n", to: "key")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: cli.path("key"))
        let output = try await cli.run("balance", "--key-file", cli.path("key"))
        #expect(output.status == 2)
        #expect(output.standardError.contains("chmod 600"))
    }

    @Test("a socket path that Linux cannot take is named as such")
    func longSocket() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let output = try await cli.run("market", "list", "--socket", "/" + String(repeating: "x", count: 120))
        #expect(output.status == 2)
        #expect(output.standardError.contains("107 bytes"))
    }
}
