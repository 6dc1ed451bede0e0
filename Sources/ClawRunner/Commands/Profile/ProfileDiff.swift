import ArgumentParser
import Fields
import Sandbox

struct ProfileDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Say what one profile grants more or less than another.",
        discussion: """
            Examples:
              clawrunner profile diff default strict
              clawrunner profile diff python ./learned.toml --json
            """)

    @Argument(help: ArgumentHelp("The profile that is known: its name, or its file.", valueName: "a"))
    var old: String

    @Argument(help: ArgumentHelp("The profile that is held against it.", valueName: "b"))
    var new: String

    @OptionGroup var options: ProfileOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let store = try options.store()
        let (first, second) = (
            try ProfileOptions.profile(old, in: store), try ProfileOptions.profile(new, in: store)
        )
        let difference = ProfileDifference(first, second)
        let terminal = Terminal.output
        if json {
            let answer: JSONValue = [
                "a": .string(first.name), "b": .string(second.name),
                "changes": .array(difference.changes.map(\.json)),
            ]
            terminal.line(answer.description)
            return
        }
        guard !difference.changes.isEmpty else {
            terminal.line("\(first.name) and \(second.name) grant the same.")
            return
        }
        for (direction, title) in [
            (ProfileDifference.Direction.more, "\(second.name) grants more than \(first.name):"),
            (.less, "\(second.name) grants less than \(first.name):"), (.other, "Different:"),
        ] {
            let changes = difference.changes.filter { $0.direction == direction }
            guard !changes.isEmpty else { continue }
            terminal.line(terminal.styled(title, .bold))
            for change in changes { show(change) }
        }
    }

    private func show(_ change: ProfileDifference.Change) {
        let indent = 16
        for (index, line) in Terminal.wrapped(change.text, width: 80 - indent).enumerated() {
            Terminal.output.line(
                (index == 0 ? "  \(change.area)" : "").padding(to: indent) + Terminal.oneLine(line))
        }
    }
}
