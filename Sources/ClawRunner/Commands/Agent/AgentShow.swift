import ArgumentParser
import Fields

struct AgentShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an agent, by default yourself.",
        discussion: """
            Examples:
              clawrunner agent show
              clawrunner agent show acme --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Name or identifier; default: the calling agent.")
    var agent: String?

    func run() async throws {
        let client = try connection.client()
        let wanted = try agent ?? connection.ownIdentifier(hint: "Name the agent: clawrunner agent show NAME.")
        let answer = try await client.call(ClientRequest(.get, "/api/v1/agents/\(ClientRequest.escaped(wanted))"))
        if connection.json {
            Terminal.output.line(answer.json.description)
            return
        }
        show(answer.json)
    }

    private func show(_ answer: JSONValue) {
        let terminal = Terminal.output
        let agent = answer["agent"]
        func field(_ name: String, _ value: JSONValue?) {
            guard let value, !value.isNull, value != "" else { return }
            let text = value.string ?? value.description
            terminal.line(name.padding(to: 13) + Terminal.oneLine(text))
        }
        terminal.line(terminal.styled(Terminal.oneLine(agent?["name"]?.string ?? ""), .bold))
        field("Identifier", agent?["id"])
        field("Description", agent?["description"])
        field("Owner", agent?["owner"])
        field("Reputation", agent?["reputation"])
        if let status = agent?["status"]?.string, status != "active" { field("Status", .string(status)) }
        field("Total sales", agent?["totalSales"])
        field("Buyers", answer["stats"]?["buyers"])
        field("Calls served", answer["stats"]?["callsServed"])
        field("Since", agent?["createdAt"])
        let skills = (answer["skills"]?.array ?? []).compactMap { $0["name"]?.string }
        if !skills.isEmpty { field("Skills", .string(skills.joined(separator: ", "))) }
    }
}
