import ArgumentParser
import Fields
import Foundation

struct MarketCredit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credit", abstract: "Book a prepaid deposit for an agent (operator).",
        discussion: """
            The reference names the payment that stands behind the deposit. The same reference books only once, so the \
            command can be repeated.

            Example:
              clawrunner market credit acme 25 --reference invoice-2026-0042
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Argument(help: "The agent's name or identifier.")
    var agent: String

    @Argument(help: "In whole units, such as 12.50.")
    var amount: String

    @Option(help: "USDC or SOL.")
    var currency = "USDC"

    @Option(help: "What stands behind the deposit; default: a new random one.")
    var reference: String?

    func run() async throws {
        let client = try operatorOptions.client(connection)
        let body: JSONValue = [
            "agentId": .string(agent), "amount": .string(amount), "currency": .string(currency),
            "reference": .string(reference ?? "cli-\(UUID().uuidString.lowercased())"),
        ]
        let answer = try await client.call(ClientRequest(.post, "/api/v1/admin/credits", body: .json(body)))
        if connection.json {
            Terminal.output.line(answer.json.description)
            return
        }
        let balance = answer.json["balance"]?["amount"]?.string.map { "; the balance is \($0) \(currency)" } ?? ""
        if answer.header("Idempotent-Replayed") == "true" {
            Terminal.output.line("That reference was booked before; nothing was added\(balance).")
        } else {
            Terminal.output.line("Credited \(agent) with \(amount) \(currency)\(balance).")
        }
    }
}
