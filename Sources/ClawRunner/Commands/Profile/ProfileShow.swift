import ArgumentParser
import Fields
import Sandbox

struct ProfileShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a profile with all that it inherits.",
        discussion: """
            The text is a profile itself, with the same policy; beside every value stands the line that it came from.

            Examples:
              clawrunner profile show python
              clawrunner profile show ./mine.toml --json | jq .limits
            """)

    @Argument(help: ArgumentHelp("A profile's name, or its file.", valueName: "profile"))
    var name: String

    @OptionGroup var options: ProfileOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let profile = try ProfileOptions.profile(name, in: try options.store())
        Terminal.output.write(
            json ? Array((profile.json.description + "\n").utf8) : Array(ProfileText(profile).text.utf8))
    }
}
