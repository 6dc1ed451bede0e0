import ArgumentParser
import Fields

struct MarketList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the skills of the market.",
        discussion: """
            Examples:
              clawrunner market list --search csv
              clawrunner market list --category analysis --sort rating --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "Words to look for.")
    var search: String?

    @Option(help: "communication, automation, analysis, creative, utility or integration.")
    var category: String?

    @Option(help: "popular, newest or rating.")
    var sort: String?

    @Option(help: "The most to list, 1 to 200.")
    var limit = 50

    @Option(help: "Where the page before ended.")
    var cursor: String?

    func run() async throws {
        var request = ClientRequest(.get, "/api/v1/skills")
        let parameters = [("search", search), ("category", category), ("sort", sort), ("cursor", cursor)]
        request.query = parameters.compactMap { name, value in value.map { (name, $0) } } + [("limit", String(limit))]
        let answer = try await connection.anonymousClient.call(request)
        if connection.json {
            Terminal.output.line(answer.json.description)
            return
        }
        var table = TextTable([
            .init("SKILL", widthMax: 30), .init("VERSION", widthMax: 12), .init("CATEGORY"), .init("PRICE"),
        ])
        for skill in answer.json["skills"]?.array ?? [] {
            table.add(
                skill["name"]?.string ?? "", skill["version"]?.string ?? "", skill["category"]?.string ?? "",
                PriceText(skill["pricing"]).description)
        }
        guard !table.rows.isEmpty else {
            Terminal.error.line("No skill matches.")
            return
        }
        table.lines().forEach { Terminal.output.line($0) }
        if let next = answer.json["pagination"]?["nextCursor"]?.string {
            Terminal.error.line("More: --cursor \(next)")
        }
    }
}

/// A price as people read it, such as `0.001 USDC per email`.
struct PriceText: CustomStringConvertible {
    let pricing: JSONValue?

    init(_ pricing: JSONValue?) {
        self.pricing = pricing
    }

    var description: String {
        guard let type = pricing?["type"]?.string, type != "free" else { return "free" }
        let price = pricing?["price"]?.string ?? pricing?["price"]?.number?.text ?? "?"
        let amount = "\(price) \(pricing?["currency"]?.string ?? "")"
        switch type {
        case "usage":
            let unit = pricing?["unit"]?.string ?? "call"
            return (pricing?["per"]?.int64).map { "\(amount) per \($0) \(unit)s" } ?? "\(amount) per \(unit)"
        case "subscription": return "\(amount) \(pricing?["interval"]?.string ?? "")"
        default: return (pricing?["prepaidUses"]?.int64).map { "\(amount) for \($0) runs" } ?? "\(amount) once"
        }
    }
}
