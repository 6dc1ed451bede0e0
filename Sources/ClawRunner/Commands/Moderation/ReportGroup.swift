import ArgumentParser
import Fields

struct ReportGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Report a skill to the operator, answer reports on yours.",
        discussion: """
            Examples:
              clawrunner report file hello --kind malicious --text "It asks for the key of my wallet"
              clawrunner report answer hello REPORT --text "That was an error in 1.0.1"
            """,
        subcommands: [
            ReportFile.self, ReportList.self, ReportAnswer.self,
        ])

    static func show(_ answer: JSONValue) {
        var table = TextTable([
            .init("REPORT"), .init("KIND"), .init("STATE"), .init("CREATED"), .init("TEXT", widthMax: 60),
        ])
        for item in answer["items"]?.array ?? [] {
            table.add(
                item["id"]?.string ?? "", item["kind"]?.string ?? "", item["state"]?.string ?? "",
                item["createdAt"]?.string ?? "", item["text"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
    }
}

struct ReportFile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "file", abstract: "Report a skill to the operator.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Option(help: "malicious, injection, impersonation, copyright, misleading or other.")
    var kind: String

    @Option(help: "What it does; 10 to 2000 bytes.")
    var text: String

    func run() async throws {
        let body: JSONValue = ["kind": .string(kind), "text": .string(text)]
        let answer = try await connection.client().call(
            ClientRequest(.post, "/api/v1/skills/\(ClientRequest.escaped(skill))/reports", body: .json(body)))
        Terminal.output.line(
            connection.json
                ? answer.json.description
                : "Reported as \(Terminal.harmless(answer.json["report"]?["id"]?.string ?? "")).")
    }
}

struct ReportList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the reports on a skill of yours, or your own on another's.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var page: PageOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    func run() async throws {
        let request = page.request("/api/v1/skills/\(ClientRequest.escaped(skill))/reports", [])
        let answer = try await connection.client().call(request)
        if connection.json { return Terminal.output.line(answer.json.description) }
        ReportGroup.show(answer.json)
        PageOptions.showMore(answer.json)
    }
}

struct ReportAnswer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Say to the operator what you think of a report on your skill.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The report's identifier.")
    var report: String

    @Option(help: "The answer.")
    var text: String

    func run() async throws {
        let path = "/api/v1/skills/\(ClientRequest.escaped(skill))/reports/\(ClientRequest.escaped(report))/answer"
        let answer = try await connection.client().call(
            ClientRequest(.put, path, body: .json(["text": .string(text)])))
        Terminal.output.line(connection.json ? answer.json.description : "The report is answered.")
    }
}
