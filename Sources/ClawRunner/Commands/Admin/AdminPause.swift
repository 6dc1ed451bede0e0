import ArgumentParser
import Fields

struct AdminPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop purchases, executions, publishing, a skill or an agent.",
        discussion: """
            New calls are refused with 503 and the reason until it is resumed, across restarts of the daemon. What runs goes \
            on, unless --cancel-running ends it.

            Examples:
              clawrunner admin pause executions --reason 'moving to a new disk' --retry-after 600
              clawrunner admin pause skill emailer --reason 'under review' --cancel-running
            """)

    @OptionGroup var options: AdminOptions

    @Argument(help: "purchases, executions, publishing, skill or agent.")
    var what: String

    @Argument(help: "The name or identifier of the skill or the agent.")
    var target: String?

    @Option(help: "Why; shown to whoever is refused.")
    var reason: String

    @Option(help: ArgumentHelp("When clients may try again.", valueName: "seconds"))
    var retryAfter: Int64 = 300

    @Flag(help: "End what runs as well.")
    var cancelRunning = false

    func run() async throws {
        var fields: JSONObject = [
            "what": .string(what), "reason": .string(reason), "retryAfter": .number(retryAfter),
            "cancelRunning": .bool(cancelRunning),
        ]
        if let target { fields["target"] = .string(target) }
        let answer = try await options.call(
            ClientRequest(.post, "/api/v1/admin/pauses", body: .json(.object(fields))))
        options.show(answer, "Paused: \(what)\(target.map { " \($0)" } ?? "")\(AdminOptions.cancelled(answer)).")
    }
}

struct AdminResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let go on what is paused.",
        discussion: """
            Examples:
              clawrunner admin resume executions
              clawrunner admin resume skill emailer
            """)

    @OptionGroup var options: AdminOptions

    @Argument(help: "purchases, executions, publishing, skill or agent.")
    var what: String

    @Argument(help: "The name or identifier of the skill or the agent.")
    var target: String?

    func run() async throws {
        var request = ClientRequest(.delete, "/api/v1/admin/pauses")
        request.ask([("what", what), ("target", target)])
        options.show(try await options.call(request), "Resumed: \(what)\(target.map { " \($0)" } ?? "").")
    }
}
