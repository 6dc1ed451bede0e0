import ArgumentParser
import Fields

struct AgentRegister: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Register an agent and keep its API key.",
        discussion: """
            The key is shown to nobody again. It is kept in the credentials file of this user (mode 0600), where the \
            other commands find it: the first agent is the default, others are named with --as.

            Examples:
              clawrunner agent register acme --description 'Sells small tools'
              clawrunner agent register acme --json --no-keep | jq -r .apiKey
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The agent's name, unique in the market.")
    var name: String

    @Option(help: "What the agent does.")
    var description = ""

    @Option(
        help: ArgumentHelp("The Solana address that owns the agent.", valueName: "address"))
    var wallet = AgentRegister.noWallet

    @Flag(inversion: .prefixedNo, help: "Keep the key in the credentials file.")
    var keep = true

    /// The Solana system program's address: valid, and owned by nobody.
    static let noWallet = "11111111111111111111111111111111"

    func run() async throws {
        if keep, try CredentialStore.current.load().market(connection.socketPath).agent(name) != nil {
            throw CommandFailure(
                .usage, "A key of an agent \(name) is kept for this daemon already.",
                hint: "Use it with --as \(name), or register under another name.")
        }
        let body: JSONValue = [
            "name": .string(name), "description": .string(description), "ownerWallet": .string(wallet),
        ]
        let answer = try await connection.anonymousClient.call(
            ClientRequest(.post, "/api/v1/agents/register", body: .json(body)))
        guard let id = answer.json["agent"]?["id"]?.string, let key = answer.json["apiKey"]?.string else {
            throw CommandFailure(.refused, "The daemon registered \(name) but did not answer with its key.")
        }
        if keep { try keepKey(key, id: id) }
        if connection.json {
            Terminal.output.line(answer.json.description)
        } else {
            show(key, id: id)
        }
    }

    /// A key that cannot be kept is printed, because nobody can ask for it again.
    private func keepKey(_ key: String, id: String) throws(CommandFailure) {
        do {
            try CredentialStore.current.update { credentials in
                credentials.update(connection.socketPath) {
                    $0.keep(Credentials.Agent(name: name, id: id, apiKey: key))
                }
            }
        } catch {
            if !connection.json { Terminal.output.line(key) }
            throw CommandFailure(
                error.status, "\(name) is registered, but its key could not be kept: \(error.message)",
                hint: "The key is on standard output. Keep it yourself; it is not shown again.",
                json: (["agent": ["id": .string(id)], "apiKey": .string(key)] as JSONValue).description)
        }
    }

    private func show(_ key: String, id: String) {
        let terminal = Terminal.output
        terminal.line("Registered \(terminal.styled(name, .bold)) as \(id).")
        if keep {
            terminal.line("Its API key is kept in \(CredentialStore.current.file).")
        } else {
            terminal.line("API key, shown only now: \(key)")
        }
    }
}
