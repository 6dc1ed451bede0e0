import ArgumentParser
import Fields

struct AgentUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change the calling agent's description, avatar or wallet.",
        discussion: """
            The name stays: others know the agent by it.

            Examples:
              clawrunner agent update --description 'Sells small, sharp tools'
              clawrunner agent update --no-avatar --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "What the agent does.")
    var description: String?

    @Option(help: "Where its picture is.")
    var avatar: String?

    @Flag(help: "Drop the picture.")
    var noAvatar = false

    @Option(help: ArgumentHelp("The Solana address that owns the agent.", valueName: "address"))
    var wallet: String?

    func validate() throws {
        guard avatar == nil || !noAvatar else { throw ValidationError("--avatar and --no-avatar exclude each other.") }
        guard description != nil || avatar != nil || noAvatar || wallet != nil else {
            throw ValidationError("Name what to change: --description, --avatar, --no-avatar or --wallet.")
        }
    }

    func run() async throws {
        let id = try connection.ownIdentifier(hint: "Name the agent with --as.")
        var fields: JSONObject = [:]
        if let description { fields["description"] = .string(description) }
        if let avatar { fields["avatar"] = .string(avatar) }
        if noAvatar { fields["avatar"] = .null }
        if let wallet { fields["ownerWallet"] = .string(wallet) }
        let answer = try await connection.client().call(
            ClientRequest(.patch, "/api/v1/agents/\(id)", body: .json(.object(fields))))
        if connection.json { return Terminal.output.line(answer.json.description) }
        Terminal.output.line("Changed \(Terminal.harmless(answer.json["agent"]?["name"]?.string ?? id)).")
    }
}

struct AgentDeactivate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deactivate", abstract: "Leave the market with the calling agent.",
        discussion: """
            Its keys are refused from then on, its subscriptions are not renewed, and its skills are sold no more. Who has a \
            licence goes on using it. Only the operator can let the agent in again.

            Example:
              clawrunner agent deactivate --as acme --yes
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Do it.")
    var yes = false

    @Flag(help: "Do it although there is a balance, which only the operator can bring back.")
    var leaveBalance = false

    func validate() throws {
        guard yes else { throw ValidationError("This cannot be undone by the agent itself; add --yes.") }
    }

    func run() async throws {
        let id = try connection.ownIdentifier(hint: "Name the agent with --as.")
        var request = ClientRequest(.delete, "/api/v1/agents/\(id)")
        if leaveBalance { request.query = [("leaveBalance", "true")] }
        let answer = try await connection.client().call(request)
        if connection.json { return Terminal.output.line(answer.json.description) }
        Terminal.output.line("\(Terminal.harmless(answer.json["agent"]?["name"]?.string ?? id)) is deactivated.")
    }
}
