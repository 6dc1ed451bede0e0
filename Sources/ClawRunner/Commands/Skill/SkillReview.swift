import ArgumentParser
import Fields
import MarketCore

struct SkillReview: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "Look for what the market's review of a skill will find, without running it.",
        discussion: """
            The market also runs the tests of skill.toml (`clawrunner skill test`) and scanners that it has. Exit status: \
            0 it would pass, 1 it would be rejected or wait for the operator, 2 wrong usage.

            Examples:
              clawrunner skill review hello
              clawrunner skill review hello --json
            """)

    @Argument(help: ArgumentHelp("The skill's folder.", valueName: "dir"))
    var directory: String

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() throws {
        let skill = try SkillFolder(directory)
        let review = PackageReview(skill.package, manifest: skill.manifest)
        let state = PackageReview.state(of: review.findings)
        let quality = QualityScore(
            skill.manifest, documentation: skill.manifest.documentation.flatMap { skill.package.file($0)?.bytes },
            findings: review.findings)
        if json {
            let answer: JSONValue = [
                "name": .string(skill.manifest.name), "version": .string(skill.manifest.version.description),
                "state": .string(state.rawValue), "rules": .number(ReviewRule.version), "quality": quality.json,
                "findings": .array(review.findings.map(\.json)), "findingsCut": .bool(review.isCut),
            ]
            Terminal.output.line(answer.description)
        } else {
            FindingList(review.findings.map(\.json)).show()
            let outcome =
                switch state {
                case .rejected: "It would be rejected."
                case .review: "It would wait for the operator's decision."
                case .passed, .pending: "It would pass, if its tests do."
                }
            Terminal.output.line("\(outcome) Quality \(quality.value), \(review.files) files.")
        }
        if state != .passed { throw ExitCode(CommandStatus.refused.rawValue) }
    }
}

/// The findings of a review, for people.
struct FindingList {
    private let findings: [JSONValue]

    init(_ findings: [JSONValue]) {
        self.findings = findings
    }

    func show() {
        let terminal = Terminal.output
        for finding in findings {
            let severity = finding["severity"]?.string ?? ""
            let place = [finding["file"]?.string, finding["line"]?.int64.map(String.init)].compactMap { $0 }
                .joined(separator: ":")
            let isHeavy = severity == "critical" || severity == "high"
            terminal.line(
                terminal.styled(severity.padding(to: 8), isHeavy ? .red : .yellow) + "  "
                    + Terminal.harmless(finding["rule"]?.string ?? "")
                    + (place.isEmpty ? "" : "  " + Terminal.harmless(place)))
            for text in [finding["why"]?.string, finding["fix"]?.string] {
                if let text { terminal.line("          " + Terminal.harmless(text)) }
            }
            if let excerpt = finding["excerpt"]?.string {
                terminal.line("          " + terminal.styled(Terminal.harmless(excerpt), .dim))
            }
        }
    }
}
