import ArgumentParser
import ExecutionNode
import Fields
import MarketCore
import Sandbox

struct SkillValidate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a skill as the market would, without running it.",
        discussion: """
            The exit status is 0 for a valid skill, else 2.

            Example:
              clawrunner skill validate hello --json
            """)

    @Argument(help: ArgumentHelp("The skill's folder.", valueName: "dir"))
    var directory: String

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() throws {
        let skill = try SkillFolder(directory)
        try checkLimits(skill.manifest)
        let advice = Self.advice(skill.manifest)
        if json {
            Terminal.output.line(answer(skill, advice).description)
            return
        }
        let manifest = skill.manifest
        let terminal = Terminal.output
        terminal.line(
            terminal.styled("valid", .green, .bold) + "  \(manifest.name) \(manifest.version), "
                + "\(manifest.runtime.rawValue)\(manifest.workflow.map { " of \($0.steps.count) steps" } ?? ""), \(skill.fileCount) files, "
                + "\(manifest.endpoints.count) \(manifest.endpoints.count == 1 ? "endpoint" : "endpoints"), "
                + "\(manifest.tests.count) \(manifest.tests.count == 1 ? "test" : "tests")")
        terminal.line(skill.package.digest.description)
        for sentence in advice { Terminal.error.line(Terminal.error.styled("note: ", .yellow) + sentence) }
    }

    /// A skill may ask for less than its profile allows, never for more.
    private func checkLimits(_ manifest: SkillManifest) throws(CommandFailure) {
        let name = manifest.profile ?? SkillCommand.defaultProfile(of: manifest.runtime)
        do {
            let profiles = try ProfileStore(directory: try InstalledPaths.current.path(of: .profiles))
            guard let profile = profiles.forSkills(named: name) else {
                let known = profiles.namesForSkills
                throw FieldError(
                    path: "profile",
                    message: "there is no profile \(quoted(name)) for skills; there are "
                        + known.joined(separator: ", "), suggestion: nearestName(to: name, in: known),
                    file: "skill.toml")
            }
            _ = try SkillRequest(manifest: manifest, directory: "", profile: profile)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// What is allowed but probably not meant.
    private static func advice(_ manifest: SkillManifest) -> [String] {
        var advice: [String] = []
        if manifest.tests.isEmpty {
            advice.append("There are no [[tests]]; one shows buyers, and you, that the skill works.")
        }
        for endpoint in manifest.endpoints where endpoint.input == nil {
            advice.append("\(endpoint.path) declares no input schema, so every payload reaches the skill unchecked.")
        }
        if manifest.documentation == nil {
            advice.append("No documentation is named, such as documentation = \"README.md\".")
        }
        if let workflow = manifest.workflow {
            let names = Set(workflow.steps.flatMap { [$0.target.skill, $0.fallback?.skill].compactMap { $0 } }).sorted()
            advice.append(
                "It calls \(names.joined(separator: ", ")); whether they are on the market and you have licences for them "
                    + "is looked at when it is published.")
        }
        if manifest.pricing == nil {
            advice.append("There is no [pricing], so the price must be given when the skill is published.")
        }
        return advice
    }

    private func answer(_ skill: SkillFolder, _ advice: [String]) -> JSONValue {
        [
            "valid": true,
            "name": .string(skill.manifest.name),
            "version": .string(skill.manifest.version.description),
            "runtime": .string(skill.manifest.runtime.rawValue),
            "digest": .string(skill.package.digest.description),
            "files": .number(skill.fileCount),
            "endpoints": .array(skill.manifest.endpoints.map { .string($0.path) }),
            "tests": .number(skill.manifest.tests.count),
            "notes": .array(advice.map(JSONValue.string)),
        ]
    }
}
