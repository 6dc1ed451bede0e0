import ArgumentParser
import Fields

struct UsageGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "List, sum up and export your runs.",
        subcommands: [UsageCommand.self, UsageSum.self, UsageExportCommand.self], defaultSubcommand: UsageCommand.self)
}

struct UsageSum: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sum", abstract: "Sum up your runs, or those of your skills, by hour, day or month.",
        discussion: """
            Examples:
              clawrunner usage sum
              clawrunner usage sum --by month --sold --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "hour, day or month.")
    var by = "day"

    @Flag(help: "Runs of the skills that you sell.")
    var sold = false

    @Option(help: ArgumentHelp("From this moment on (RFC 3339).", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this moment (RFC 3339).", valueName: "time"))
    var to: String?

    @OptionGroup var pages: PageOptions

    func run() async throws {
        let client = try connection.client()
        let request = pages.request(
            "/api/v1/usage/summary", [("by", by), ("role", sold ? "seller" : "buyer"), ("from", from), ("to", to)])
        let answer = try await client.call(request).json
        if connection.json {
            Terminal.output.line(answer.description)
            return
        }
        let items = answer["items"]?.array ?? []
        guard !items.isEmpty else {
            Terminal.error.line("No run is recorded.")
            return
        }
        let names = try await SkillNames.of(items, client)
        var table = TextTable([
            .init("FROM"), .init("SKILL", widthMax: 20), .init("VERDICT"), .init("CALLS", .right),
            .init("UNITS", .right), .init("COST", .right),
        ])
        for sum in items {
            table.add(
                String((sum["start"]?.string ?? "").prefix(by == "month" ? 7 : by == "day" ? 10 : 16)),
                names[sum["skillId"]?.string ?? ""] ?? "", sum["verdict"]?.string ?? "",
                String(sum["calls"]?.int64 ?? 0), String(sum["units"]?.int64 ?? 0), sum["cost"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
        PageOptions.showMore(answer)
    }
}

struct UsageExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all your runs to standard output, the newest first.",
        discussion: """
            Examples:
              clawrunner usage export > runs.csv
              clawrunner usage export --format jsonl --from 2026-01-01T00:00:00Z | jq -s 'map(.cost|tonumber)|add'
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "csv or jsonl.")
    var format = "csv"

    @Option(help: ArgumentHelp("From this moment on (RFC 3339).", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this moment (RFC 3339).", valueName: "time"))
    var to: String?

    func run() async throws {
        let client = try connection.client()
        var cursor: String?
        repeat {
            var request = ClientRequest(.get, "/api/v1/usage/export")
            request.ask([("format", format), ("from", from), ("to", to), ("cursor", cursor)])
            request.answersText = true
            let answer = try await client.call(request)
            Terminal.output.write(answer.body)
            cursor = answer.header("X-Next-Cursor")
        } while cursor != nil
    }
}
