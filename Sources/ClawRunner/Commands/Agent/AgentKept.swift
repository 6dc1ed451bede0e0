import ArgumentParser
import Fields

struct AgentKept: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kept", abstract: "List the agents whose keys are kept here, or choose the default.",
        discussion: """
            Examples:
              clawrunner agent kept
              clawrunner agent kept --default acme
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(name: .customLong("default"), help: "Make this agent the default of this daemon.")
    var chosen: String?

    func run() throws {
        if let chosen { try choose(chosen) }
        let market = try CredentialStore.current.load().market(connection.socketPath)
        if connection.json {
            let agents = market.agents.map { agent -> JSONValue in
                ["name": .string(agent.name), "id": .string(agent.id), "default": .bool(agent.name == market.current)]
            }
            Terminal.output.line((["items": .array(agents)] as JSONValue).description)
            return
        }
        var table = TextTable([.init("AGENT", widthMax: 40), .init("IDENTIFIER"), .init("DEFAULT")])
        for agent in market.agents { table.add(agent.name, agent.id, agent.name == market.current ? "yes" : "") }
        table.lines().forEach { Terminal.output.line($0) }
    }

    private func choose(_ name: String) throws(CommandFailure) {
        let isKnown = try CredentialStore.current.update { credentials in
            var isKnown = false
            credentials.update(connection.socketPath) { market in
                isKnown = market.agent(name) != nil
                if isKnown { market.current = name }
            }
            return isKnown
        }
        guard isKnown else {
            throw CommandFailure(
                .usage, "No key of an agent \(name) is kept for the daemon at \(connection.socketPath).")
        }
    }
}
