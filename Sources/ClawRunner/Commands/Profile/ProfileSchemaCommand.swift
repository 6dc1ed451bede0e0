import ArgumentParser
import Fields
import Sandbox

struct ProfileSchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of profile files.",
        discussion: """
            Editors that read TOML by a schema complete and check profiles with it.

            Example:
              clawrunner profile schema > profile.schema.json
            """)

    @Flag(help: "As it is always: the schema is JSON.")
    var json = false

    func run() async throws {
        Terminal.output.line(ProfileSchema.json.prettyPrinted())
    }
}
