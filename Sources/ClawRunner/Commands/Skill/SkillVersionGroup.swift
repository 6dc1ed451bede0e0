import ArgumentParser
import Fields

struct SkillVersionGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "List the versions of a skill, take one back or forbid it.",
        discussion: """
            Examples:
              clawrunner skill version list hello
              clawrunner skill version report hello 1.2.0
              clawrunner skill version yank hello 1.2.0 --reason "rounds wrongly"
              clawrunner skill version revoke hello 1.2.0 --reason "leaks its input"
            """,
        subcommands: [
            SkillVersionList.self, SkillVersionReport.self, SkillVersionYank.self, SkillVersionUnyank.self,
            SkillVersionRevoke.self,
        ])

    static func path(_ skill: String, _ version: String? = nil, _ rest: String = "") -> String {
        "/api/v1/skills/\(ClientRequest.escaped(skill))/versions"
            + (version.map { "/\(ClientRequest.escaped($0))\(rest)" } ?? "")
    }
}

struct SkillVersionList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the versions of a skill, the highest first.",
        discussion: "With your key, those of your own skill that never passed are listed as well.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    func run() async throws {
        let client = (try? connection.client()) ?? connection.anonymousClient
        let answer = try await client.call(ClientRequest(.get, SkillVersionGroup.path(skill)))
        if connection.json { return Terminal.output.line(answer.json.description) }
        VersionTable(answer.json["items"]?.array ?? []).show()
    }
}

/// Versions, a line each.
struct VersionTable {
    private let versions: [JSONValue]

    init(_ versions: [JSONValue]) {
        self.versions = versions
    }

    func show() {
        var table = TextTable([
            .init("VERSION"), .init("STATE"), .init("QUALITY", .right), .init("SINCE"), .init("REASON", widthMax: 60),
        ])
        for version in versions {
            let withdrawal =
                version["revoked"]?.object.map { ("revoked", $0) }
                ?? version["yanked"]?.object.map { ("yanked", $0) }
            table.add(
                version["version"]?.string ?? "", withdrawal?.0 ?? version["state"]?.string ?? "",
                version["quality"]?.isNull == false ? version["quality"]?.description ?? "" : "",
                withdrawal?.1["at"]?.string ?? version["createdAt"]?.string ?? "",
                withdrawal?.1["reason"]?.string ?? version["decision"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
    }
}

struct SkillVersionReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Show what the review of a version of yours found.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The version.")
    var version: String

    func run() async throws {
        let answer = try await connection.client().call(
            ClientRequest(.get, SkillVersionGroup.path(skill, version, "/report")))
        if connection.json { return Terminal.output.line(answer.json.description) }
        ReviewReportText(answer.json["report"] ?? .null).show()
    }
}

/// A review's report, for people.
struct ReviewReportText {
    private let report: JSONValue

    init(_ report: JSONValue) {
        self.report = report
    }

    func show() {
        var table = TextTable([.init("STEP"), .init("STATE"), .init("DETAIL", widthMax: 80)])
        for step in report["steps"]?.array ?? [] {
            table.add(step["name"]?.string ?? "", step["state"]?.string ?? "", step["detail"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
        FindingList(report["findings"]?.array ?? []).show()
        let quality = report["quality"]?["value"]?.description
        Terminal.output.line(
            "State: \(Terminal.harmless(report["state"]?.string ?? ""))\(quality.map { ", quality \($0)" } ?? "").")
    }
}

struct SkillVersionYank: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "yank", abstract: "Take a version back: only calls that name it run it.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The version.")
    var version: String

    @Option(help: "What callers are told.")
    var reason: String

    func run() async throws {
        let answer = try await connection.client().call(
            ClientRequest(
                .put, SkillVersionGroup.path(skill, version, "/yank"), body: .json(["reason": .string(reason)])))
        Terminal.output.line(connection.json ? answer.json.description : "\(skill) \(version) is taken back.")
    }
}

struct SkillVersionUnyank: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unyank", abstract: "Put a version back.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The version.")
    var version: String

    func run() async throws {
        let answer = try await connection.client().call(
            ClientRequest(.delete, SkillVersionGroup.path(skill, version, "/yank")))
        Terminal.output.line(connection.json ? answer.json.description : "\(skill) \(version) is back.")
    }
}

struct SkillVersionRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Forbid a version for good: every call of it is refused.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The version.")
    var version: String

    @Option(help: "What callers are told.")
    var reason: String

    func run() async throws {
        let answer = try await connection.client().call(
            ClientRequest(
                .post, SkillVersionGroup.path(skill, version, "/revoke"), body: .json(["reason": .string(reason)])))
        Terminal.output.line(connection.json ? answer.json.description : "\(skill) \(version) is revoked.")
    }
}
