import ArgumentParser
import Fields

struct MarketList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the skills of the market.",
        discussion: """
            Examples:
              clawrunner market list --search csv
              clawrunner market list --category analysis --sort rating --json
              clawrunner market list --network none --max-price 0.01
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "Words of name, tags or description; the last may be a beginning.")
    var search: String?

    @Option(help: "communication, automation, analysis, creative, utility or integration.")
    var category: String?

    @Option(help: "Only with this tag.")
    var tag: String?

    @Option(help: "free, one-time, subscription or usage.")
    var pricing: String?

    @Option(help: "exec, python, node or workflow.")
    var runtime: String?

    @Option(help: "none or declared: whether it reaches out.")
    var network: String?

    @Option(help: "none or declared: whether it needs secrets of its seller.")
    var secrets: String?

    @Option(help: "USDC or SOL.")
    var currency: String?

    @Option(help: "The least price, in whole units.")
    var minPrice: String?

    @Option(help: "The highest price, in whole units.")
    var maxPrice: String?

    @Option(help: "Stars, 1 to 5.")
    var minRating: String?

    @Option(help: "relevance, popular, newest or rating.")
    var sort: String?

    @OptionGroup var pages: PageOptions

    func run() async throws {
        let request = pages.request(
            "/api/v1/skills",
            [
                ("search", search), ("category", category), ("tag", tag), ("pricing", pricing), ("runtime", runtime),
                ("network", network), ("secrets", secrets), ("currency", currency), ("minPrice", minPrice),
                ("maxPrice", maxPrice), ("minRating", minRating), ("sort", sort),
            ])
        let answer = try await connection.anonymousClient.call(request)
        if connection.json {
            Terminal.output.line(answer.json.description)
            return
        }
        var table = TextTable([
            .init("SKILL", widthMax: 30), .init("VERSION", widthMax: 12), .init("CATEGORY"), .init("PRICE"),
            .init("RATING", .right),
        ])
        for skill in answer.json["skills"]?.array ?? [] {
            table.add(
                skill["name"]?.string ?? "", skill["version"]?.string ?? "", skill["category"]?.string ?? "",
                PriceText(skill["pricing"]).description, Self.rating(of: skill))
        }
        guard !table.rows.isEmpty else {
            Terminal.error.line("No skill matches.")
            return
        }
        table.lines().forEach { Terminal.output.line($0) }
        PageOptions.showMore(answer.json)
    }

    /// Such as `4.5 (12)`.
    private static func rating(of skill: JSONValue) -> String {
        guard let reviews = skill["reviewCount"]?.int64, reviews > 0 else { return "-" }
        return "\(skill["rating"]?.number?.text ?? "0") (\(reviews))"
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
