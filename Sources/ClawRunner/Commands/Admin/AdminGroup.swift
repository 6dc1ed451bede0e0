import ArgumentParser
import Fields

struct AdminGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Run the market: pause, ban, feature (operator).",
        subcommands: [
            AdminStatus.self, AdminPause.self, AdminResume.self, AdminBan.self, AdminUnban.self, AdminReactivate.self,
            AdminFeature.self,
        ])
}

/// How the operator's commands reach the daemon.
struct AdminOptions: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    func call(_ request: ClientRequest) async throws -> JSONValue {
        try await operatorOptions.client(connection).call(request).json
    }

    /// The answer as JSON where that was asked for, else a sentence of it.
    func show(_ answer: JSONValue, _ sentence: String) {
        Terminal.output.line(connection.json ? answer.description : Terminal.harmless(sentence))
    }

    static func agent(_ name: String, _ verb: String, body: JSONValue? = nil) -> ClientRequest {
        ClientRequest(
            .post, "/api/v1/admin/agents/\(ClientRequest.escaped(name))/\(verb)", body: body.map { .json($0) } ?? .none)
    }

    /// `; 2 runs were told to end`, where some were.
    static func cancelled(_ answer: JSONValue) -> String {
        guard let count = answer["cancelled"]?.int64, count > 0 else { return "" }
        return "; \(count) \(count == 1 ? "run was" : "runs were") told to end"
    }
}

struct AdminStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how the market stands: counts, load, what is paused.",
        discussion: """
            Example:
              clawrunner admin status --json
            """)

    @OptionGroup var options: AdminOptions

    func run() async throws {
        let answer = try await options.call(ClientRequest(.get, "/api/v1/admin/status"))
        if options.connection.json { return Terminal.output.line(answer.description) }
        let terminal = Terminal.output
        func counts(_ name: String) -> String {
            (answer[name]?.object ?? [:]).map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
        terminal.line("Agents      \(counts("agents"))")
        terminal.line("Skills      \(counts("skills"))")
        terminal.line("Purchases   \(answer["purchases"]?.description ?? "")")
        terminal.line("Executions  \(answer["executions"]?.description ?? "")")
        terminal.line("Load        \(counts("load"))")
        for balance in answer["platform"]?.array ?? [] {
            terminal.line("Platform    \(balance["amount"]?.string ?? "") \(balance["currency"]?.string ?? "")")
        }
        if let problem = answer["problem"]?.string { terminal.line("Problem     \(problem)") }
        for pause in answer["pauses"]?.array ?? [] {
            let what = [pause["what"], pause["target"]].compactMap { $0?.string }.joined(separator: " ")
            terminal.line(
                "Paused      " + Terminal.harmless("\(what) since \(pause["since"]?.string ?? ""): ")
                    + Terminal.harmless(pause["reason"]?.string ?? ""))
        }
    }
}

struct AdminBan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ban", abstract: "Bar an agent: its keys are refused, its skills neither shown, sold nor run.",
        discussion: """
            Example:
              clawrunner admin ban mallory --reason 'sells a skill that steals keys' --cancel-running
            """)

    @OptionGroup var options: AdminOptions

    @Argument(help: "The agent's name or identifier.")
    var agent: String

    @Option(help: "Why; kept in the audit log.")
    var reason: String

    @Flag(help: "End its runs, and those of its skills, as well.")
    var cancelRunning = false

    func run() async throws {
        let body: JSONValue = ["reason": .string(reason), "cancelRunning": .bool(cancelRunning)]
        let answer = try await options.call(AdminOptions.agent(agent, "ban", body: body))
        options.show(answer, "\(agent) is banned\(AdminOptions.cancelled(answer)).")
    }
}

struct AdminUnban: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unban", abstract: "Let an agent in again that was banned.",
        discussion: """
            Example:
              clawrunner admin unban mallory
            """)

    @OptionGroup var options: AdminOptions

    @Argument(help: "The agent's name or identifier.")
    var agent: String

    func run() async throws {
        options.show(try await options.call(AdminOptions.agent(agent, "unban")), "\(agent) is not banned any more.")
    }
}

struct AdminReactivate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reactivate", abstract: "Let an agent in again that left, with the keys that it has.",
        discussion: """
            Example:
              clawrunner admin reactivate acme
            """)

    @OptionGroup var options: AdminOptions

    @Argument(help: "The agent's name or identifier.")
    var agent: String

    func run() async throws {
        options.show(try await options.call(AdminOptions.agent(agent, "reactivate")), "\(agent) takes part again.")
    }
}

struct AdminFeature: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feature", abstract: "Replace the list of featured skills.",
        discussion: """
            Examples:
              clawrunner admin feature emailer word-stats
              clawrunner admin feature --none
            """)

    @OptionGroup var options: AdminOptions

    @Argument(help: "Names or identifiers of the skills, in the order in which they are shown.")
    var skills: [String] = []

    @Flag(help: "Feature none.")
    var none = false

    func validate() throws {
        guard skills.isEmpty == none else { throw ValidationError("Name the skills, or say --none.") }
    }

    func run() async throws {
        let answer = try await options.call(
            ClientRequest(
                .put, "/api/v1/admin/featured", body: .json(["skills": .array(skills.map(JSONValue.string))])))
        let count = answer["skills"]?.array?.count ?? 0
        options.show(answer, "\(count) \(count == 1 ? "skill is" : "skills are") featured.")
    }
}
