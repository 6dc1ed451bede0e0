import ArgumentParser
import Fields

struct PurchaseCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Let a subscription end with its paid time.",
        discussion: """
            Example:
              clawrunner purchase cancel 0190a0a0-0000-7000-8000-000000000000
            """)

    @OptionGroup var renewal: PurchaseRenewal

    func run() async throws { try await renewal.send("cancel") }
}

struct PurchaseResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a cancelled subscription go on.",
        discussion: """
            Example:
              clawrunner purchase resume 0190a0a0-0000-7000-8000-000000000000
            """)

    @OptionGroup var renewal: PurchaseRenewal

    func run() async throws { try await renewal.send("resume") }
}

struct PurchaseRenewal: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The purchase's identifier.")
    var purchase: String

    func send(_ action: String) async throws {
        let answer = try await connection.client().call(
            ClientRequest(.post, "/api/v1/purchases/\(ClientRequest.escaped(purchase))/\(action)")
        ).json
        if connection.json {
            Terminal.output.line(answer.description)
        } else {
            PurchaseText(answer["purchase"]).lines.forEach { Terminal.output.line($0) }
        }
    }
}
