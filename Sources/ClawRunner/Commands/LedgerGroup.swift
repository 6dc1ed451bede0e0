import ArgumentParser
import Fields
import MarketCore
import Metering
import Storage

struct LedgerGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Check the books (operator).", subcommands: [LedgerVerify.self])
}

struct LedgerVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute every balance, count and sum from the entries.",
        discussion: """
            Asks the daemon, or with --data opens the data directory itself, daemon running or not. The exit status is \
            0 when everything agrees, else 1.

            Examples:
              clawrunner ledger verify
              clawrunner ledger verify --data /var/lib/clawrunner --json
            """,
        aliases: ["check"])

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Option(help: ArgumentHelp("The data directory to open.", valueName: "dir"))
    var data: String?

    func run() async throws {
        let summary: LedgerSummary
        if let data {
            summary = try open(data)
        } else {
            summary = try await ask()
        }
        if connection.json {
            Terminal.output.line(summary.json.description)
        } else {
            summary.lines(.output).forEach { Terminal.output.line($0) }
        }
        guard summary.isSound else { throw ExitCode(CommandStatus.refused.rawValue) }
    }

    private func ask() async throws(CommandFailure) -> LedgerSummary {
        let client = try operatorOptions.client(connection)
        return LedgerSummary(try await client.call(ClientRequest(.get, "/api/v1/admin/ledger")).json)
    }

    private func open(_ directory: String) throws(CommandFailure) -> LedgerSummary {
        do {
            return LedgerSummary(try SQLiteStore.verifyLedger(at: "\(directory)/market.db"))
        } catch {
            throw CommandFailure(.usage, error.description)
        }
    }
}
