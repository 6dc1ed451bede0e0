import ArgumentParser
import Fields
import MarketCore

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory from a backup.",
        discussion: """
            The directory must not exist, or be empty. Every file is checked against the digests in the backup, and the \
            ledger is recomputed; when anything is wrong, nothing is made and the exit status is 1. Run it as the \
            daemon's user, and never start the node that the backup was taken of again.

            Example:
              clawrunner restore claw.tar --data /var/lib/clawrunner
            """)

    @Argument(help: "The backup.")
    var file: String

    @Option(help: ArgumentHelp("The data directory to make.", valueName: "dir"))
    var data: String

    @Flag(help: "Print what was restored as JSON.")
    var json = false

    func run() async throws {
        let restorer = BackupRestorer(
            backup: InstalledPaths.absolute(file), data: InstalledPaths.absolute(data))
        let report = try await Interrupts.cancel { try await restorer.run() }
        let terminal = Terminal.output
        if json { return terminal.line(report.json.description) }
        report.ledger.lines(terminal).forEach { terminal.line($0) }
        terminal.line("\(report.file): \(report.contents), as of \(report.manifest.createdAt).")
        terminal.line("What was booked after that moment is not in it: runs, purchases, deposits and their receipts.")
    }
}
