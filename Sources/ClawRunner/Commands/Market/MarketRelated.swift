import ArgumentParser
import Fields

struct MarketRelated: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "related", abstract: "List skills that belong to a skill, or that you may want.",
        discussion: """
            Without a skill, by what you bought.

            Examples:
              clawrunner market related word-stats
              clawrunner market related
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String?

    @Option(help: "The most to list, 1 to 50.")
    var limit = 10

    func run() async throws {
        let client = skill == nil ? try connection.client() : connection.anonymousClient
        var request = ClientRequest(
            .get, skill.map { "/api/v1/skills/\(ClientRequest.escaped($0))/related" } ?? "/api/v1/recommendations")
        request.ask([("limit", String(limit))])
        let answer = try await client.call(request).json
        if connection.json { return Terminal.output.line(answer.description) }
        let items = answer["items"]?.array ?? []
        guard !items.isEmpty else { return Terminal.error.line("Nothing belongs to it yet.") }
        var table = TextTable([.init("SKILL", widthMax: 30), .init("PRICE"), .init("WHY", widthMax: 90)])
        for item in items {
            table.add(
                item["skill"]?["name"]?.string ?? "", PriceText(item["skill"]?["pricing"]).description,
                item["why"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
    }
}
