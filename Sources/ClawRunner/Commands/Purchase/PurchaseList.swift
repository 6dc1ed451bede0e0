import ArgumentParser
import Fields

struct PurchaseList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what you bought, or sold, the newest first.",
        discussion: """
            Examples:
              clawrunner purchase list
              clawrunner purchase list --sold --status refunded --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "What you sold instead of what you bought.")
    var sold = false

    @Option(help: "Only those that are pending, completed or refunded.")
    var status: String?

    @OptionGroup var pages: PageOptions

    func run() async throws {
        let client = try connection.client()
        let request = pages.request(
            "/api/v1/purchases", [("role", sold ? "seller" : "buyer"), ("status", status)])
        let answer = try await client.call(request).json
        if connection.json {
            Terminal.output.line(answer.description)
            return
        }
        let items = answer["items"]?.array ?? []
        guard !items.isEmpty else {
            Terminal.error.line(sold ? "Nothing was sold yet." : "Nothing was bought yet.")
            return
        }
        let names = try await SkillNames.of(items, client)
        var table = TextTable([
            .init("PURCHASE"), .init("SKILL", widthMax: 20), .init("LICENCE"), .init("PAID", .right), .init("STATUS"),
        ])
        for purchase in items {
            table.add(
                purchase["id"]?.string ?? "", names[purchase["skillId"]?.string ?? ""] ?? "",
                purchase["license"]?["type"]?.string ?? "", purchase["amount"]?.string ?? "",
                purchase["revokedReason"]?.string == nil ? purchase["status"]?.string ?? "" : "revoked")
        }
        table.lines().forEach { Terminal.output.line($0) }
        PageOptions.showMore(answer)
    }
}
