import ArgumentParser
import Fields
import MarketCore

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a data directory into one file, daemon running or not.",
        discussion: """
            The file (a tar archive, mode 0600) holds the database, the packages and all keys: keep it as safe as the \
            data directory itself. The database is copied as it is at one moment and its ledger checked; when it is not \
            sound, nothing is written and the exit status is 1. Run it as the daemon's user.

            Examples:
              clawrunner backup /backup/claw-$(date +%F).tar
              clawrunner backup claw.tar --data /srv/claw --force --json
            """)

    @Argument(help: "The file to make.")
    var file: String

    @Option(
        help: ArgumentHelp(
            "The data directory.", discussion: "Default: where the daemon keeps its data.", valueName: "dir"))
    var data: String?

    @Flag(help: "Replace the file when it exists.")
    var force = false

    @Flag(help: "Print what the backup holds as JSON.")
    var json = false

    func run() async throws {
        let maker = BackupMaker(
            data: data.map(InstalledPaths.absolute) ?? DefaultPlaces.current.dataDirectory,
            target: InstalledPaths.absolute(file), replaces: force)
        let report = try await Interrupts.cancel { try maker.run() }
        let terminal = Terminal.output
        if json { return terminal.line(report.json.description) }
        report.ledger.lines(terminal).forEach { terminal.line($0) }
        terminal.line("\(report.file): \(report.contents), as of \(report.manifest.createdAt).")
    }
}
