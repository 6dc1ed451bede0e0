import ArgumentParser
import Fields

struct MarketReputation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reputation", abstract: "Show what an agent's reputation is made of, or recount all (operator).",
        discussion: """
            With --recount every reputation and rating is computed anew from runs, payments, refunds and reviews; what \
            differs is set, and the exit status is 1.

            Examples:
              clawrunner market reputation acme
              clawrunner market reputation --recount
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Argument(help: "The agent's name or identifier.")
    var agent: String?

    @Flag(help: "Recount all.")
    var recount = false

    func validate() throws {
        guard (agent != nil) != recount else { throw ValidationError("Name an agent, or ask for --recount.") }
    }

    func run() async throws {
        guard let agent else { return try await recountAll() }
        let answer = try await connection.anonymousClient.call(
            ClientRequest(.get, "/api/v1/agents/\(ClientRequest.escaped(agent))/reputation")
        ).json
        if connection.json { return Terminal.output.line(answer.description) }
        let quality = answer["qualityOf"]
        for (name, value) in [
            ("reputation", answer["reputation"]), ("rating", answer["rating"]), ("reviews", answer["reviews"]),
            ("transactions", answer["transactions"]), ("parties", answer["parties"]), ("quality", answer["quality"]),
            ("  code", quality?["code"]), ("  documentation", quality?["documentation"]),
            ("  support", quality?["support"]), ("standing", answer["standing"]),
        ] {
            Terminal.output.line(name.padding(to: 18) + (value?.description ?? ""))
        }
    }

    private func recountAll() async throws {
        let client = try operatorOptions.client(connection)
        let answer = try await client.call(ClientRequest(.post, "/api/v1/admin/reputation/recount")).json
        let differing = answer["differing"]?.array ?? []
        if connection.json {
            Terminal.output.line(answer.description)
        } else {
            Terminal.output.line(
                "\(Quantity.count(answer["sellers"]?.int64 ?? 0, "seller")) recounted; \(differing.count) differed"
                    + (differing.isEmpty ? "." : " and were set:"))
            for agent in differing { Terminal.output.line("  \(agent.string ?? "")") }
        }
        guard differing.isEmpty else { throw ExitCode(CommandStatus.refused.rawValue) }
    }
}
