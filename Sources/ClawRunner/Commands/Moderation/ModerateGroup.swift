import ArgumentParser
import Fields

struct ModerateGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "moderate",
        abstract: "Decide about versions that wait and about reports, revoke and hide (operator).",
        discussion: """
            Examples:
              clawrunner moderate list
              clawrunner moderate show hello 1.2.0
              clawrunner moderate approve hello 1.2.0 --reason "the key is a test's"
              clawrunner moderate rescan
              clawrunner moderate reports --state open
              clawrunner moderate uphold REPORT --reason "confirmed"
            """,
        subcommands: [
            ModerateList.self, ModerateShow.self, ModerateApprove.self, ModerateReject.self, ModerateRescan.self,
            ModerateRevoke.self, ModerateHide.self, ModerateRestore.self, ModerateReports.self, ModerateUphold.self,
            ModerateDismiss.self,
        ])
}

struct ModerateList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the versions that wait for a decision, the oldest first.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var page: PageOptions

    @Option(help: "pending, passed, review or rejected.")
    var state = "review"

    func run() async throws {
        let request = page.request("/api/v1/admin/versions", [("state", state)])
        let answer = try await operatorOptions.client(connection).call(request)
        if connection.json { return Terminal.output.line(answer.json.description) }
        var table = TextTable([.init("SKILL"), .init("VERSION"), .init("QUALITY", .right), .init("SINCE")])
        for item in answer.json["items"]?.array ?? [] {
            let version = item["version"]
            table.add(
                item["skill"]?.string ?? "", version?["version"]?.string ?? "",
                version?["quality"]?.isNull == false ? version?["quality"]?.description ?? "" : "",
                version?["createdAt"]?.string ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
        PageOptions.showMore(answer.json)
    }
}

struct ModerateShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what the review of a version found.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var place: VersionPlace

    func run() async throws {
        let answer = try await operatorOptions.client(connection).call(ClientRequest(.get, place.reviewPath))
        if connection.json { return Terminal.output.line(answer.json.description) }
        ReviewReportText(answer.json["report"] ?? .null).show()
    }
}

/// Which version an operator's command is about.
struct VersionPlace: ParsableArguments {
    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The version.")
    var version: String

    var reviewPath: String {
        "/api/v1/admin/versions/\(ClientRequest.escaped(skill))/\(ClientRequest.escaped(version))"
    }
}

struct ModerateApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let a version pass, whatever its review said.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var place: VersionPlace

    @Option(help: "Why; it is shown with the version.")
    var reason: String

    func run() async throws {
        let body: JSONValue = ["decision": "approve", "reason": .string(reason)]
        let answer = try await operatorOptions.client(connection).call(
            ClientRequest(.post, place.reviewPath, body: .json(body)))
        Terminal.output.line(connection.json ? answer.json.description : "\(place.skill) \(place.version) is approved.")
    }
}

struct ModerateReject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "reject", abstract: "Reject a version; it never runs.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var place: VersionPlace

    @Option(help: "Why; its owner sees it.")
    var reason: String

    func run() async throws {
        let body: JSONValue = ["decision": "reject", "reason": .string(reason)]
        let answer = try await operatorOptions.client(connection).call(
            ClientRequest(.post, place.reviewPath, body: .json(body)))
        Terminal.output.line(connection.json ? answer.json.description : "\(place.skill) \(place.version) is rejected.")
    }
}

struct ModerateRescan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rescan", abstract: "Hold versions that earlier rules passed against those of today.",
        discussion: """
            At most 1,000 versions a call, mostly after those that wait to be published. Scanners such as ClamAV learn without \
            new rules; this has all looked at again that passed before today:
              clawrunner moderate rescan --reviewed-before "$(date -u +%FT00:00:00Z)"
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Option(help: ArgumentHelp("Those as well whose last review ended before this moment.", valueName: "time"))
    var reviewedBefore: String?

    func run() async throws {
        var request = ClientRequest(.post, "/api/v1/admin/versions/rescan")
        request.ask([("reviewedBefore", reviewedBefore)])
        let answer = try await operatorOptions.client(connection).call(request)
        let count = answer.json["versions"]?.int64 ?? 0
        Terminal.output.line(connection.json ? answer.json.description : "\(count) versions are looked at again.")
    }
}

struct ModerateRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Forbid a version of anybody's skill for good.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var place: VersionPlace

    @Option(help: "What callers are told.")
    var reason: String

    func run() async throws {
        let path =
            "/api/v1/admin/skills/\(ClientRequest.escaped(place.skill))/versions/"
            + "\(ClientRequest.escaped(place.version))/revoke"
        let answer = try await operatorOptions.client(connection).call(
            ClientRequest(.post, path, body: .json(["reason": .string(reason)])))
        Terminal.output.line(connection.json ? answer.json.description : "\(place.skill) \(place.version) is revoked.")
    }
}

struct ModerateHide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hide", abstract: "Take a skill out of lists and sale; licences go on.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Option(help: "Why.")
    var reason: String

    func run() async throws {
        let answer = try await operatorOptions.client(connection).call(
            ClientRequest(
                .put, "/api/v1/admin/skills/\(ClientRequest.escaped(skill))/hidden",
                body: .json(["reason": .string(reason)])))
        Terminal.output.line(connection.json ? answer.json.description : "\(skill) is hidden.")
    }
}

struct ModerateRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "restore", abstract: "Put a hidden skill back.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    func run() async throws {
        let answer = try await operatorOptions.client(connection).call(
            ClientRequest(.delete, "/api/v1/admin/skills/\(ClientRequest.escaped(skill))/hidden"))
        Terminal.output.line(connection.json ? answer.json.description : "\(skill) is back.")
    }
}
