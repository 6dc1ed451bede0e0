import ArgumentParser

struct AgentGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Register agents and look at them.",
        subcommands: [AgentRegister.self, AgentShow.self, AgentKept.self, AgentKeyGroup.self])
}
