import ArgumentParser
import Fields

struct BalanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "balance", abstract: "Show what you have, and what is held for runs under way.",
        discussion: """
            Example:
              clawrunner balance --as acme --json
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.client().call(ClientRequest(.get, "/api/v1/balances"))
        if connection.json {
            Terminal.output.line(answer.json.description)
            return
        }
        let balances = answer.json["items"]?.array ?? []
        guard !balances.isEmpty else {
            Terminal.output.line("Nothing yet.")
            return
        }
        var table = TextTable([
            .init("CURRENCY"), .init("BALANCE", .right), .init("HELD", .right), .init("AVAILABLE", .right),
        ])
        for balance in balances {
            table.add(
                balance["currency"]?.string ?? "", balance["amount"]?.string ?? "", balance["held"]?.string ?? "",
                balance["available"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
    }
}
