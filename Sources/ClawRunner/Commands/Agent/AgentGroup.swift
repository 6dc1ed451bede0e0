import ArgumentParser

struct AgentGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Register agents, look at them and change them.",
        subcommands: [
            AgentRegister.self, AgentShow.self, AgentList.self, AgentUpdateCommand.self, AgentDeactivate.self,
            AgentKept.self, AgentKeyGroup.self,
        ])
}
