import ArgumentParser

struct MarketPayout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payout", abstract: "Book what an agent was paid out of its balance (operator).",
        discussion: """
            Only the books change: the money itself you send where that is agreed with the agent. The --reference names \
            that payment, and is needed: the same one books only once, so that the command can be repeated whatever it said.

            Example:
              clawrunner market payout acme 12.50 --reference transfer-2026-0007
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var cash: CashArguments

    func validate() throws {
        guard cash.reference != nil else {
            throw ValidationError(
                "Name the payment that stands behind it with --reference; without it a repetition pays twice.")
        }
    }

    func run() async throws {
        try await cash.book(
            "payouts", by: operatorOptions.client(connection), json: connection.json,
            again: "That reference was booked before; nothing was taken",
            new: "Paid \(cash.agent) \(cash.amount) \(cash.currency) out")
    }
}
