import ArgumentParser
import Fields
import Sandbox

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a skill's folder once in a sandbox; no market, no daemon.",
        discussion: """
            Standard output has the result and nothing else; the skill's log, the verdict and the report go to standard \
            error. Exit status: 0 ok, 1 the skill's fault, 2 wrong usage, 3 the sandbox could not be built.

            Examples:
              clawrunner run hello --endpoint /hello --payload '{"name":"Ada"}'
              clawrunner run hello --endpoint /hello --payload @request.json --report
              clawrunner run hello --endpoint /hello --json --timeout 2s --payload - < in.json
              clawrunner run research-assistant --endpoint /research --skills ~/skills --payload @question.json
            """)

    @Argument(help: ArgumentHelp("The skill's folder.", valueName: "dir"))
    var directory: String

    @Option(help: "One of the skill's endpoints.")
    var endpoint: String

    @Option(help: ArgumentHelp("JSON, @file, or - for standard input.", valueName: "json"))
    var payload = "{}"

    @Option(help: "Run under this profile instead of the skill's own.")
    var profile: String?

    @Option(help: ArgumentHelp("A shorter wall limit, such as 2s or 500ms.", valueName: "duration"))
    var timeout: String?

    @Option(
        help: ArgumentHelp(
            "Of a workflow: where the folders of its skills are; default: beside its own.", valueName: "dir"))
    var skills: String?

    @OptionGroup var sandboxOptions: LocalSandboxOptions

    @Flag(help: "Print what was enforced, layer by layer, to standard error.")
    var report = false

    @Flag(help: "Report every system call and path as well; the run is slower.")
    var observe = false

    @Flag(help: "Print result, verdict, usage, isolation and log as one JSON object.")
    var json = false

    @Flag(help: "Print a text result without quotes.")
    var raw = false

    func run() async throws {
        let skill = try SkillFolder(directory)
        let payload = try JSONArgument(text: payload).value(option: "--payload")
        // What is wrong with the call is told before a sandbox is built for it.
        _ = try skill.manifest.checkedEndpoint(endpoint, payload)
        let sandbox = try LocalSandbox.open(sandboxOptions)
        let run = try await Interrupts.cancel {
            let files = try TemporaryDirectory("run")
            defer { files.remove() }
            do {
                let run = try await call(skill, sandbox, files, payload)
                await sandbox.close()
                return run
            } catch {
                await sandbox.close()
                throw error
            }
        }
        show(run)
        guard run.exitStatus == .ok else { throw ExitCode(run.exitStatus.rawValue) }
    }

    private func call(
        _ skill: SkillFolder, _ sandbox: LocalSandbox, _ files: TemporaryDirectory, _ payload: JSONValue
    ) async throws(CommandFailure) -> LocalRun {
        let ready = try sandbox.callable(skill, files, skills: skills, profileName: profile, timeout: timeout)
        return try await ready.call(endpoint: endpoint, payload: payload, observes: observe)
    }

    private func show(_ run: LocalRun) {
        if json {
            Terminal.output.line(run.json.description)
            return
        }
        let terminal = Terminal.error
        for line in run.log.split(whereSeparator: \.isNewline) {
            terminal.line(terminal.styled("log: ", .dim) + Terminal.harmless(String(line)))
        }
        if let result = run.result { ResultOutput.write(result, raw: raw) }
        run.verdictLine.lines(terminal).forEach { terminal.line($0) }
        if report || observe { ReportText(report: run.outcome.report.json).lines().forEach { terminal.line($0) } }
    }
}
