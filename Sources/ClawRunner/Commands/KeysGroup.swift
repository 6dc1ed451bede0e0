import ArgumentParser
import Fields
import LicenseCheck

struct KeysGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "List and change the keys that sign tokens and receipts (operator).",
        discussion: """
            A former key goes on verifying: tokens and receipts that it signed stay good, and chains of receipts go on \
            across the change. A running daemon signs with the former key until it is told to reload (SIGHUP) or restarted.

            Examples:
              clawrunner keys list
              clawrunner keys rotate --data /srv/claw && systemctl reload clawrunner
            """,
        subcommands: [KeysList.self, KeysRotate.self])
}

/// Which directory, and how to answer.
struct KeysOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The data directory.", discussion: "Default: where the daemon keeps its data.", valueName: "dir"))
    var data: String?

    @Flag(help: "Print the keys as JSON.")
    var json = false

    var directory: String { (data.map(InstalledPaths.absolute) ?? DefaultPlaces.current.dataDirectory) + "/keys" }
}

struct KeysList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the keys, the one that signs first.")

    @OptionGroup var options: KeysOptions

    func run() throws {
        let files: [SigningKeyFile]
        do {
            files = try SigningKeys.files(in: options.directory)
        } catch {
            throw CommandFailure(error)
        }
        if options.json {
            return Terminal.output.line((["items": .array(files.map(\.json))] as JSONValue).description)
        }
        var table = TextTable([.init("KEY"), .init("USE"), .init("FILE", widthMax: 120)])
        for file in files { table.add(file.keyID, file.signs ? "signs" : "verifies", file.name) }
        table.lines().forEach { Terminal.output.line($0) }
    }
}

struct KeysRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a new key that signs from the daemon's next reload or start on.")

    @OptionGroup var options: KeysOptions

    func run() throws {
        let (former, current): (SigningKeyFile, SigningKeyFile)
        do {
            (former, current) = try SigningKeys.rotate(in: options.directory)
        } catch {
            throw CommandFailure(error)
        }
        let terminal = Terminal.output
        if options.json {
            return terminal.line((["current": current.json, "former": former.json] as JSONValue).description)
        }
        terminal.line("\(current.keyID) signs from the daemon's next reload (SIGHUP) or start on.")
        terminal.line("\(former.keyID) verifies, as \(former.name).")
    }
}

extension SigningKeyFile {
    fileprivate var json: JSONValue {
        ["id": .string(keyID), "file": .string(name), "signs": .bool(signs)]
    }
}
