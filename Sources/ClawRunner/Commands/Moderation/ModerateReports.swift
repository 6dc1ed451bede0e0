import ArgumentParser
import Fields

struct ModerateReports: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reports", abstract: "List reports on every skill, newest first.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var page: PageOptions

    @Option(help: "open, upheld or dismissed.")
    var state: String?

    @Option(help: "Only on this skill.")
    var skill: String?

    func run() async throws {
        let request = page.request("/api/v1/admin/reports", [("state", state), ("skillId", skill)])
        let answer = try await operatorOptions.client(connection).call(request)
        if connection.json { return Terminal.output.line(answer.json.description) }
        ReportGroup.show(answer.json)
        PageOptions.showMore(answer.json)
    }
}

struct ModerateUphold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uphold", abstract: "Agree with a report; the skill is hidden.")

    @OptionGroup var decision: ReportDecisionOptions

    func run() async throws { try await decision.send("uphold") }
}

struct ModerateDismiss: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dismiss", abstract: "Disagree with a report; a skill that reports hid comes back.")

    @OptionGroup var decision: ReportDecisionOptions

    func run() async throws { try await decision.send("dismiss") }
}

struct ReportDecisionOptions: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Argument(help: "The report's identifier.")
    var report: String

    @Option(help: "Why; seller and reporter see it.")
    var reason: String

    func send(_ decision: String) async throws {
        let body: JSONValue = ["decision": .string(decision), "reason": .string(reason)]
        let answer = try await operatorOptions.client(connection).call(
            ClientRequest(.post, "/api/v1/admin/reports/\(ClientRequest.escaped(report))", body: .json(body)))
        Terminal.output.line(connection.json ? answer.json.description : "The report is decided.")
    }
}
