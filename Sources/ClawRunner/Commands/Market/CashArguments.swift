import ArgumentParser
import Fields
import Foundation

/// What both deposits and payouts are told, and how they are booked.
struct CashArguments: ParsableArguments {
    @Argument(help: "The agent's name or identifier.")
    var agent: String

    @Argument(help: "In whole units, such as 12.50.")
    var amount: String

    @Option(help: "USDC or SOL.")
    var currency = "USDC"

    @Option(help: "The payment that stands behind it; default: a new random one.")
    var reference: String?

    /// - Parameters:
    ///   - place: `credits` or `payouts`.
    ///   - again: what is said of a reference that was booked before.
    ///   - new: what is said otherwise.
    func book(_ place: String, by client: MarketClient, json: Bool, again: String, new: String) async throws {
        let body: JSONValue = [
            "agentId": .string(agent), "amount": .string(amount), "currency": .string(currency),
            "reference": .string(reference ?? "cli-\(UUID().uuidString.lowercased())"),
        ]
        let answer = try await client.call(ClientRequest(.post, "/api/v1/admin/\(place)", body: .json(body)))
        if json { return Terminal.output.line(answer.json.description) }
        let balance = answer.json["balance"]?["amount"]?.string.map { "; the balance is \($0) \(currency)" } ?? ""
        let isReplay = answer.header("Idempotent-Replayed") == "true"
        Terminal.output.line((isReplay ? again : new) + balance + ".")
    }
}
