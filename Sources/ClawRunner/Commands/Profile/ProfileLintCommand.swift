import ArgumentParser
import Fields
import Sandbox

struct ProfileLintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Look for what is dangerous, contradictory or without effect in profiles.",
        discussion: """
            Without a name all profiles are looked at. Exit status: 0 no error, 1 an error (with --strict: any \
            finding), 2 wrong usage.

            Examples:
              clawrunner profile lint
              clawrunner profile lint --strict --json mine.toml
            """)

    @Argument(help: ArgumentHelp("Names of profiles, or their files.", valueName: "profile"))
    var names: [String] = []

    @OptionGroup var options: ProfileOptions

    @Flag(help: "Warnings are errors.")
    var strict = false

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let looked = try findings()
        let all = looked.flatMap(\.findings)
        let errors = all.count { $0.severity == .error }
        if json {
            let answer: JSONValue = [
                "profiles": .array(looked.map { .string($0.name) }), "errors": .number(errors),
                "warnings": .number(all.count - errors), "findings": .array(all.map(\.json)),
            ]
            Terminal.output.line(answer.description)
        } else {
            all.forEach(show)
            let profiles = looked.count == 1 ? "1 profile" : "\(looked.count) profiles"
            Terminal.output.line(
                all.isEmpty
                    ? "\(profiles), nothing found."
                    : "\(profiles), \(errors) errors, \(all.count - errors) warnings.")
        }
        if errors > 0 || strict && !all.isEmpty { throw ExitCode(CommandStatus.refused.rawValue) }
    }

    private func findings() throws(CommandFailure) -> [(name: String, findings: [LintFinding])] {
        let directory = try options.directory
        let each: [(name: String, result: Result<Profile, FieldError>)]
        do {
            each = try ProfileStore.loadEach(directory)
        } catch {
            throw CommandFailure(.usage, error.description)
        }
        func findings(_ result: Result<Profile, FieldError>) -> [LintFinding] {
            switch result {
            case .success(let profile): ProfileLint.findings(profile)
            case .failure(let error): [LintFinding(error)]
            }
        }
        if names.isEmpty { return each.map { ($0.name, findings($0.result)) } }
        var looked: [(name: String, findings: [LintFinding])] = []
        for name in names {
            if ProfileOptions.isFile(name) {
                let store = try options.store()
                let file = InstalledPaths.absolute(name)
                looked.append((name, findings(Result { () throws(FieldError) in try store.load(file: file) })))
            } else if let found = each.first(where: { $0.name == name }) {
                looked.append((name, findings(found.result)))
            } else {
                // The store says which there are.
                _ = try ProfileOptions.profile(name, in: try options.store())
            }
        }
        return looked
    }

    private func show(_ finding: LintFinding) {
        let terminal = Terminal.output
        let place = finding.place.map { "\($0): " } ?? ""
        let style: Terminal.Style = finding.severity == .error ? .red : .yellow
        terminal.line(
            place + terminal.styled(finding.severity.rawValue, style, .bold)
                + ": \(Terminal.oneLine(finding.what)) [\(finding.code)]")
        for (label, text) in [("risk", finding.risk), ("fix", finding.fix)] {
            for (index, line) in Terminal.wrapped(text, width: 72).enumerated() {
                terminal.line("  " + (index == 0 ? label : "").padding(to: 6) + Terminal.oneLine(line))
            }
        }
    }
}
