import ArgumentParser
import Fields
import Sandbox

struct ProfileExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say whether a profile allows a system call, a path or a host, and why.",
        discussion: """
            Examples:
              clawrunner profile explain default ptrace
              clawrunner profile explain python /etc/passwd
              clawrunner profile explain strict smtp.example.com:587 --json
            """)

    @Argument(help: ArgumentHelp("A profile's name, or its file.", valueName: "profile"))
    var name: String

    @Argument(help: ArgumentHelp("A system call, an absolute path, or a host with or without a port."))
    var subject: String

    @OptionGroup var options: ProfileOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let profile = try ProfileOptions.profile(name, in: try options.store())
        let explanation: ProfileExplanation
        do {
            explanation = try ProfileExplanation.explain(subject, profile)
        } catch {
            throw CommandFailure(.usage, CommandFailure.sentence(error.description))
        }
        let terminal = Terminal.output
        if json {
            terminal.line(explanation.json.description)
            return
        }
        let style: Terminal.Style =
            switch explanation.answer {
            case .yes: .green
            case .partly: .yellow
            case .no: .red
            }
        terminal.line(
            terminal.styled(explanation.answer.rawValue, style, .bold) + ": "
                + Terminal.oneLine(explanation.summary))
        for reason in explanation.because {
            for (index, line) in Terminal.wrapped(reason, width: 76).enumerated() {
                terminal.line((index == 0 ? "  - " : "    ") + Terminal.oneLine(line))
            }
        }
    }
}
