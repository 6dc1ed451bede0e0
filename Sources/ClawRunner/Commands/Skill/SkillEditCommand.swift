import ArgumentParser
import Fields

struct SkillEditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Change what a skill is shown with; its versions stay.",
        discussion: """
            Examples:
              clawrunner skill edit hello --description "Greets by name, in 12 languages" --tag greeting
              clawrunner skill edit hello --deprecated "No longer maintained" --successor hello-2
              clawrunner skill edit hello --not-deprecated
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Option(help: "The name for people.")
    var displayName: String?

    @Option(help: "What it does.")
    var description: String?

    @Option(help: "communication, automation, analysis, creative, utility or integration.")
    var category: String?

    @Option(name: .customLong("tag"), help: "A tag; repeat it for more. They replace those there are.")
    var tags: [String] = []

    @Option(help: ArgumentHelp("Advise against beginning to use it.", valueName: "message"))
    var deprecated: String?

    @Option(help: ArgumentHelp("The skill to use instead.", valueName: "name"))
    var successor: String?

    @Flag(help: "Take the advice back.")
    var notDeprecated = false

    func validate() throws {
        guard successor == nil || deprecated != nil else {
            throw ValidationError("--successor belongs to --deprecated.")
        }
        guard deprecated == nil || !notDeprecated else {
            throw ValidationError("--deprecated and --not-deprecated exclude each other.")
        }
    }

    func run() async throws {
        var body = JSONObject()
        if let displayName { body["displayName"] = .string(displayName) }
        if let description { body["description"] = .string(description) }
        if let category { body["category"] = .string(category) }
        if !tags.isEmpty { body["tags"] = .array(tags.map(JSONValue.string)) }
        if let deprecated { body["deprecated"] = ["message": .string(deprecated), "successor": .optional(successor)] }
        if notDeprecated { body["deprecated"] = .null }
        let answer = try await connection.client().call(
            ClientRequest(.patch, "/api/v1/skills/\(ClientRequest.escaped(skill))", body: .json(.object(body))))
        Terminal.output.line(connection.json ? answer.json.description : "\(skill) is changed.")
    }
}
