import ArgumentParser
import Fields

struct BudgetGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget", abstract: "Bound what you spend in a day or a month.",
        subcommands: [BudgetList.self, BudgetSet.self, BudgetDrop.self])
}

struct BudgetList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show your budgets, and what is left of them.",
        discussion: """
            Example:
              clawrunner budget list --json
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        BudgetTable.show(
            try await connection.client().call(ClientRequest(.get, "/api/v1/budgets")).json, connection)
    }
}

struct BudgetSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set the most to spend in a day or a month.",
        discussion: """
            A budget holds for purchases, renewals and runs together; with --purchase for the runs under that licence. Days \
            and months are those of UTC.

            Examples:
              clawrunner budget set day 5
              clawrunner budget set month 20 --purchase 0190a0a0-0000-7000-8000-000000000000
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "day or month.")
    var period: String

    @Argument(help: "In whole units, such as 12.50.")
    var limit: String

    @Option(help: ArgumentHelp("Only the runs under this licence.", valueName: "id"))
    var purchase: String?

    @Option(help: "USDC or SOL; default: USDC, or what the licence is paid in.")
    var currency: String?

    func run() async throws {
        var body: JSONObject = ["period": .string(period), "limit": .string(limit)]
        if let purchase { body["purchaseId"] = .string(purchase) }
        if let currency { body["currency"] = .string(currency) }
        BudgetTable.show(
            try await connection.client().call(
                ClientRequest(.put, "/api/v1/budgets", body: .json(.object(body)))
            ).json, connection)
    }
}

struct BudgetDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Drop a budget.",
        discussion: """
            Example:
              clawrunner budget drop day
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "day or month.")
    var period: String

    @Option(help: ArgumentHelp("The licence whose budget it is.", valueName: "id"))
    var purchase: String?

    @Option(help: "USDC or SOL; default: USDC, or what the licence is paid in.")
    var currency: String?

    func run() async throws {
        var request = ClientRequest(.delete, "/api/v1/budgets")
        request.ask([("period", period), ("purchaseId", purchase), ("currency", currency)])
        BudgetTable.show(try await connection.client().call(request).json, connection)
    }
}

private enum BudgetTable {
    static func show(_ answer: JSONValue, _ connection: ConnectionOptions) {
        if connection.json { return Terminal.output.line(answer.description) }
        let items = answer["items"]?.array ?? []
        guard !items.isEmpty else { return Terminal.output.line("No budget is set.") }
        var table = TextTable([
            .init("FOR"), .init("A"), .init("LIMIT", .right), .init("SPENT", .right), .init("HELD", .right),
            .init("LEFT", .right), .init("CURRENCY"),
        ])
        for budget in items {
            table.add(
                budget["purchaseId"]?.string.map { "licence \($0.prefix(8))" } ?? "all",
                budget["period"]?.string ?? "", budget["limit"]?.string ?? "", budget["spent"]?.string ?? "",
                budget["held"]?.string ?? "", budget["left"]?.string ?? "", budget["currency"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
    }
}
