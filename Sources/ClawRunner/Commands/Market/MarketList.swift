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

    @OptionGroup var pages: PageOptions

    func run() async throws {
        let request = pages.request("/api/v1/skills", [("search", search), ("category", category), ("sort", sort)])
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
        PageOptions.showMore(answer.json)
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
