import ArgumentParser
import Fields

struct ReviewGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "Say what skills are worth, and read what others say.",
        subcommands: [
            ReviewList.self, ReviewWrite.self, ReviewEdit.self, ReviewReply.self, ReviewHelpful.self, ReviewReport.self,
            ReviewReported.self, ReviewSettle.self,
        ])
}

/// Which review, of which skill.
struct ReviewOptions: ParsableArguments {
    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The review's identifier.")
    var review: String

    /// The path of the review, or of something below it.
    func path(_ rest: String = "") -> String {
        "\(Self.list(of: skill))/\(ClientRequest.escaped(review))\(rest)"
    }

    static func list(of skill: String) -> String { "/api/v1/skills/\(ClientRequest.escaped(skill))/reviews" }
}

struct ReviewList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what buyers say of a skill.",
        discussion: """
            Example:
              clawrunner review list word-stats --sort helpful
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Option(help: "newest or helpful.")
    var sort: String?

    @OptionGroup var pages: PageOptions

    func run() async throws {
        let request = pages.request(ReviewOptions.list(of: skill), [("sort", sort)])
        let answer = try await connection.anonymousClient.call(request).json
        if connection.json { return Terminal.output.line(answer.description) }
        let items = answer["items"]?.array ?? []
        guard !items.isEmpty else { return Terminal.error.line("Nobody reviewed it yet.") }
        for (index, review) in items.enumerated() {
            if index > 0 { Terminal.output.line("") }
            ReviewText.lines(review).forEach { Terminal.output.line($0) }
        }
        PageOptions.showMore(answer)
    }
}

struct ReviewWrite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write", abstract: "Review a skill that you bought and ran.",
        discussion: """
            The review is of the version that you ran last; each version can be reviewed once, and changed with edit.

            Example:
              clawrunner review write word-stats --stars 5 --text 'Counts what it says, and fast.'
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Option(help: "1 to 5.")
    var stars: Int64

    @Option(help: "What others should know.")
    var text: String?

    func run() async throws {
        var body: JSONObject = ["stars": .number(stars)]
        if let text { body["text"] = .string(text) }
        let request = ClientRequest(.post, ReviewOptions.list(of: skill), body: .json(.object(body)))
        ReviewText.show(try await connection.client().call(request).json, connection)
    }
}

struct ReviewEdit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Change a review of yours.",
        discussion: """
            Example:
              clawrunner review edit word-stats 0190a0a0-0000-7000-8000-000000000000 --stars 4
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var place: ReviewOptions

    @Option(help: "1 to 5; as before when not given.")
    var stars: Int64?

    @Option(help: "As before when not given.")
    var text: String?

    func run() async throws {
        var body = JSONObject()
        if let stars { body["stars"] = .number(stars) }
        if let text { body["text"] = .string(text) }
        let request = ClientRequest(.patch, place.path(), body: .json(.object(body)))
        ReviewText.show(try await connection.client().call(request).json, connection)
    }
}

struct ReviewReply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reply", abstract: "Reply to a review of a skill of yours, or change the reply.",
        discussion: """
            A review of three stars or fewer that is not answered counts against your reputation.

            Example:
              clawrunner review reply word-stats 0190a0a0-0000-7000-8000-000000000000 'Fixed in 1.1.0, thank you.'
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var place: ReviewOptions

    @Argument(help: "The reply.")
    var text: String

    func run() async throws {
        let request = ClientRequest(.put, place.path("/reply"), body: .json(["text": .string(text)]))
        ReviewText.show(try await connection.client().call(request).json, connection)
    }
}

struct ReviewHelpful: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "helpful", abstract: "Say that a review of a skill that you ran is helpful.",
        discussion: """
            Example:
              clawrunner review helpful word-stats 0190a0a0-0000-7000-8000-000000000000
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var place: ReviewOptions

    @Flag(help: "Take it back.")
    var undo = false

    func run() async throws {
        let request = ClientRequest(undo ? .delete : .put, place.path("/helpful"))
        ReviewText.show(try await connection.client().call(request).json, connection)
    }
}

struct ReviewReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Ask the operator to look at a review.",
        discussion: """
            Example:
              clawrunner review report word-stats 0190a0a0-0000-7000-8000-000000000000 'It advertises another skill.'
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var place: ReviewOptions

    @Argument(help: "What is wrong with it.")
    var reason: String

    func run() async throws {
        let request = ClientRequest(.post, place.path("/report"), body: .json(["reason": .string(reason)]))
        let answer = try await connection.client().call(request).json
        Terminal.output.line(connection.json ? answer.description : "Reported; the operator will look at it.")
    }
}
