import ArgumentParser
import Fields

struct UsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List your runs, the newest first.",
        discussion: """
            Examples:
              clawrunner usage --limit 10
              clawrunner usage --skill word-stats --from 2026-01-01T00:00:00Z
              clawrunner usage --all --json | jq '[.items[].cost|tonumber]|add'
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "Only runs of this skill.")
    var skill: String?

    @Option(help: ArgumentHelp("From this moment on (RFC 3339).", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this moment (RFC 3339).", valueName: "time"))
    var to: String?

    @OptionGroup var pages: PageOptions

    @Flag(help: "All pages.")
    var all = false

    func run() async throws {
        let client = try connection.client()
        var skillID: String?
        if let skill { skillID = try await client.skill(skill).id }
        var page = try await self.page(client, skillID, pages.cursor)
        var items = page["items"]?.array ?? []
        while all, let next = page["pagination"]?["nextCursor"]?.string {
            page = try await self.page(client, skillID, next)
            items += page["items"]?.array ?? []
        }
        if connection.json {
            var object = page.object ?? [:]
            object["items"] = .array(items)
            Terminal.output.line(JSONValue.object(object).description)
            return
        }
        guard !items.isEmpty else {
            Terminal.error.line("No run is recorded.")
            return
        }
        var table = UsageTable(skillNames: try await SkillNames.of(items, client))
        items.forEach { table.add($0) }
        table.lines(.output).forEach { Terminal.output.line($0) }
        PageOptions.showMore(page)
    }

    private func page(
        _ client: MarketClient, _ skillID: String?, _ cursor: String?
    ) async throws(CommandFailure) -> JSONValue {
        let request = pages.request(
            "/api/v1/usage", [("from", from), ("to", to), ("skillId", skillID)], cursor: cursor)
        return try await client.call(request).json
    }
}
