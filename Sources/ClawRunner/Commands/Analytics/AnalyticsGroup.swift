import ArgumentParser
import Fields

struct AnalyticsGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analytics", abstract: "See what you sold and how it ran; the operator sees the market.",
        subcommands: [AnalyticsSales.self, AnalyticsMarket.self], defaultSubcommand: AnalyticsSales.self)
}

/// Which days.
struct RangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The first day (RFC 3339); 30 days back unless given.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("The first day that is no longer part of it; tomorrow unless given.", valueName: "time"))
    var to: String?

    func request(_ path: String, _ parameters: [(name: String, value: String?)]) -> ClientRequest {
        var request = ClientRequest(.get, path)
        request.ask(parameters + [("from", from), ("to", to)])
        return request
    }
}

struct AnalyticsSales: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sales", abstract: "Calls, buyers, revenue, failures and durations of your skills.",
        discussion: """
            Durations are those of calls that ended ok, in milliseconds, to about a sixth.

            Examples:
              clawrunner analytics
              clawrunner analytics sales --by skill
              clawrunner analytics sales --by day --skill word-stats --from 2026-01-01T00:00:00Z --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "total, skill or day.")
    var by = "total"

    @Option(help: "Only this skill, by name or identifier.")
    var skill: String?

    @OptionGroup var range: RangeOptions

    func run() async throws {
        let client = try connection.client()
        let answer = try await client.call(range.request("/api/v1/analytics", [("by", by), ("skillId", skill)])).json
        if connection.json { return Terminal.output.line(answer.description) }
        let items = answer["items"]?.array ?? []
        guard !items.isEmpty else { return Terminal.error.line("Nothing was called or sold.") }
        let names = by == "skill" ? try await SkillNames.of(items, client) : [:]
        var table = TextTable([
            .init(by == "total" ? "OF" : by.uppercased(), widthMax: 24), .init("CALLS", .right), .init("OK", .right),
            .init("BUYERS", .right), .init("REVENUE", .right, widthMax: 40), .init("P50", .right), .init("P95", .right),
            .init("P99", .right), .init("FAILURES", widthMax: 40),
        ])
        for item in items {
            let latency = item["latency"]
            table.add(
                item["day"]?.string ?? names[item["skillId"]?.string ?? ""] ?? "all",
                String(item["calls"]?.int64 ?? 0), String(item["ok"]?.int64 ?? 0), String(item["buyers"]?.int64 ?? 0),
                AmountText.list(item["revenue"], "total"), Self.number(latency?["p50"]), Self.number(latency?["p95"]),
                Self.number(latency?["p99"]),
                (item["failures"]?.object.map { $0.map { "\($0.key) \($0.value)" } } ?? []).joined(separator: ", "))
        }
        table.lines().forEach { Terminal.output.line($0) }
        if let former = answer["retention"]?["formerBuyers"]?.int64, former > 0 {
            Terminal.output.line(
                "Of \(Quantity.count(former, "buyer")) of the time before \(answer["retention"]?["returned"]?.int64 ?? 0) came back."
            )
        }
    }

    private static func number(_ value: JSONValue?) -> String { value?.int64.map(String.init) ?? "-" }
}

struct AnalyticsMarket: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "market", abstract: "New agents and skills, purchases, runs and volume of the market (operator).",
        discussion: """
            Example:
              clawrunner analytics market --by month
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Option(help: "day or month.")
    var by = "day"

    @OptionGroup var range: RangeOptions

    func run() async throws {
        let client = try operatorOptions.client(connection)
        let answer = try await client.call(range.request("/api/v1/admin/analytics", [("by", by)])).json
        if connection.json { return Terminal.output.line(answer.description) }
        var table = TextTable([
            .init("FROM"), .init("AGENTS", .right), .init("SKILLS", .right), .init("PURCHASES", .right),
            .init("RUNS", .right), .init("VOLUME", .right, widthMax: 40),
        ])
        for item in answer["items"]?.array ?? [] {
            table.add(
                String((item["start"]?.string ?? "").prefix(by == "month" ? 7 : 10)),
                "+\(item["newAgents"]?.int64 ?? 0)", "+\(item["newSkills"]?.int64 ?? 0)",
                String(item["purchases"]?.int64 ?? 0), String(item["runs"]?.int64 ?? 0),
                AmountText.list(item["volumes"], "amount"))
        }
        table.lines().forEach { Terminal.output.line($0) }
        let totals = answer["totals"]
        Terminal.output.line(
            "In all: "
                + ["agent", "skill", "purchase", "run"].map {
                    Quantity.count(totals?["\($0)s"]?.int64 ?? 0, $0)
                }.joined(separator: ", ") + ".")
    }
}

/// Amounts of several currencies in one cell.
enum AmountText {
    static func list(_ amounts: JSONValue?, _ key: String) -> String {
        let texts = (amounts?.array ?? []).map { "\($0[key]?.string ?? "0") \($0["currency"]?.string ?? "")" }
        return texts.isEmpty ? "-" : texts.joined(separator: ", ")
    }
}
