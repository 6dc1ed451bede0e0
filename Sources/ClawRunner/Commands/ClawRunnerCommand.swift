import ArgumentParser
import Fields
import Glibc

/// The command line: one word for what to do, then its options.
@main
struct ClawRunnerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clawrunner",
        abstract: "Runs marketplace skills in sealed sandboxes and books every use.",
        discussion: """
            A first look, without a daemon:
              clawrunner doctor
              clawrunner skill init hello --runtime python
              clawrunner run hello --endpoint /hello --payload '{"name":"Ada"}'
              clawrunner demo

            Exit status: 0 ok; 1 the skill, the market or a check said no; \
            2 wrong usage or input; 3 no sandbox; 4 no daemon answered.
            """,
        version: version,
        groupedSubcommands: [
            CommandGroup(
                name: "Local", subcommands: [RunCommand.self, DoctorCommand.self, DemoCommand.self]),
            CommandGroup(name: "Skill", subcommands: [SkillGroup.self]),
            CommandGroup(name: "Profile", subcommands: [ProfileGroup.self]),
            CommandGroup(
                name: "Daemon",
                subcommands: [
                    ServeCommand.self, AdminGroup.self, BackupCommand.self, RestoreCommand.self, KeysGroup.self,
                ]),
            CommandGroup(
                name: "Client",
                subcommands: [
                    AgentGroup.self, MarketGroup.self, PurchaseGroup.self, ReviewGroup.self, BudgetGroup.self,
                    ExecCommand.self,
                    ExecutionCommand.self, UsageGroup.self, AnalyticsGroup.self, BalanceCommand.self, ReceiptGroup.self,
                    LedgerGroup.self,
                    AuditGroup.self, ModerateGroup.self, ReportGroup.self,
                ]),
        ])

    static let version = "0.1.0"

    // On the main thread, which is the only one up to the first await.
    @MainActor static func main() async {
        // A reader of our output that goes away (`| head`) must not end us in the middle of clearing up.
        signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        Glibc.exit(await status(of: arguments))
    }

    @MainActor private static func status(of arguments: [String]) async -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            if let serve = command as? ServeCommand {
                // Threads that are there before the daemon drops its capabilities would keep theirs.
                try await serve.start().run()
            } else if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return CommandStatus.ok.rawValue
        } catch let failure as CommandFailure {
            show(failure, asJSON: wantsJSON(arguments))
            return failure.status.rawValue
        } catch {
            return show(error)
        }
    }

    /// Help and version are asked for and go to standard output; everything else the parser says is a complaint.
    private static func show(_ error: any Error) -> Int32 {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if !message.isEmpty { (code.isSuccess ? Terminal.output : Terminal.error).line(message) }
        if code.isSuccess { return CommandStatus.ok.rawValue }
        return error is ExitCode ? code.rawValue : CommandStatus.usage.rawValue
    }

    private static func show(_ failure: CommandFailure, asJSON: Bool) {
        let terminal = Terminal.error
        if asJSON {
            Terminal.output.line(failure.json ?? (["error": .string(failure.message)] as JSONValue).description)
        }
        terminal.line(terminal.styled("clawrunner: ", .red, .bold) + Terminal.harmless(failure.message))
        if let hint = failure.hint { terminal.line(Terminal.harmless(hint)) }
    }

    private static func wantsJSON(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains("--json")
    }
}
