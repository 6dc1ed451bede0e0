import ArgumentParser
import Fields

struct AgentList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the agents of the market by name.",
        discussion: """
            Examples:
              clawrunner agent list
              clawrunner agent list --search mail --json
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var page: PageOptions

    @Option(help: "A part of the name or the description.")
    var search: String?

    func run() async throws {
        let answer = try await connection.anonymousClient.call(page.request("/api/v1/agents", [("search", search)]))
            .json
        if connection.json { return Terminal.output.line(answer.description) }
        var table = TextTable([
            .init("AGENT", widthMax: 40), .init("SALES", .right), .init("REPUTATION", .right),
            .init("DESCRIPTION", widthMax: 60),
        ])
        for agent in answer["agents"]?.array ?? [] {
            table.add(
                agent["name"]?.string ?? "", agent["totalSales"]?.description ?? "",
                agent["reputation"]?.description ?? "", agent["description"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
        PageOptions.showMore(answer)
    }
}
