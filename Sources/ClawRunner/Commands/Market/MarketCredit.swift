import ArgumentParser

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
    @OptionGroup var cash: CashArguments

    func run() async throws {
        try await cash.book(
            "credits", by: operatorOptions.client(connection), json: connection.json,
            again: "That reference was booked before; nothing was added",
            new: "Credited \(cash.agent) with \(cash.amount) \(cash.currency)")
    }
}
