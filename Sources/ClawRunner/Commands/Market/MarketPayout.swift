import ArgumentParser

struct MarketPayout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payout", abstract: "Book what an agent was paid out of its balance (operator).",
        discussion: """
            Only the books change: the money itself you send where that is agreed with the agent. The reference names \
            that payment. The same reference books only once, so the command can be repeated.

            Example:
              clawrunner market payout acme 12.50 --reference transfer-2026-0007
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var cash: CashArguments

    func run() async throws {
        try await cash.book(
            "payouts", by: operatorOptions.client(connection), json: connection.json,
            again: "That reference was booked before; nothing was taken",
            new: "Paid \(cash.agent) \(cash.amount) \(cash.currency) out")
    }
}
