import ArgumentParser
import Fields

struct PurchaseRefund: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refund", abstract: "Give a buyer money back, as the seller or the operator.",
        discussion: """
            Gives back what was paid for the licence with its upgrades, of a subscription for its present period, or with \
            --execution what a run cost: all that is left of it, or --amount. With all of it the licence ends.

            Examples:
              clawrunner purchase refund 0190a0a0-0000-7000-8000-000000000000 --reason "does not work"
              clawrunner purchase refund --execution 0190a0a0-0000-7000-8000-000000000001 --amount 0.5 --reason slow
              clawrunner purchase refund 0190a0a0-0000-7000-8000-000000000000 --operator --reason fraud
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Argument(help: "The purchase's identifier.")
    var purchase: String?

    @Option(help: ArgumentHelp("A run instead of the licence.", valueName: "id"))
    var execution: String?

    @Option(help: "In whole units, such as 12.50; default: all that is left.")
    var amount: String?

    @Option(help: "What both sides will read.")
    var reason: String

    @Flag(name: .customLong("operator"), help: "As the operator, in the seller's name.")
    var asOperator = false

    func validate() throws {
        guard (purchase == nil) != (execution == nil) else {
            throw ValidationError("Name a purchase, or a run with --execution.")
        }
    }

    func run() async throws {
        let client = asOperator ? try operatorOptions.client(connection) : try connection.client()
        let target =
            execution.map { "executions/\(ClientRequest.escaped($0))" }
            ?? "purchases/\(ClientRequest.escaped(purchase ?? ""))"
        var body: JSONObject = ["reason": .string(reason)]
        if let amount { body["amount"] = .string(amount) }
        let answer = try await client.call(
            ClientRequest(
                .post, "/api/v1/\(asOperator ? "admin/" : "")\(target)/refund", body: .json(.object(body)))
        ).json
        if connection.json {
            Terminal.output.line(answer.description)
            return
        }
        for refund in answer["refunds"]?.array ?? [] {
            Terminal.output.line(
                "Gave back \(refund["amount"]?.string ?? "") \(refund["currency"]?.string ?? ""): "
                    + "\(refund["sellerPart"]?.string ?? "") from the seller, "
                    + "\(refund["platformPart"]?.string ?? "") from the platform.")
        }
        if answer["purchase"]?["status"] == "refunded" { Terminal.output.line("The licence has ended.") }
    }
}
