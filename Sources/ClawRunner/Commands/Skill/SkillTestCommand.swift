import ArgumentParser
import ExecutionNode
import Fields
import MarketCore
import Sandbox

struct SkillTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the tests of skill.toml in the sandbox.",
        discussion: """
            A test passes when the verdict is ok and the result has what `expect` says: objects may have more members, \
            everything else must be equal. Exit status: 0 all passed, 1 one failed, 2 wrong usage, 3 no sandbox.

            Example:
              clawrunner skill test hello --json
            """)

    @Argument(help: ArgumentHelp("The skill's folder.", valueName: "dir"))
    var directory: String

    @Option(help: "Run under this profile instead of the skill's own.")
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "Of a workflow: where the folders of its skills are; default: beside its own.", valueName: "dir"))
    var skills: String?

    @OptionGroup var sandboxOptions: LocalSandboxOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let skill = try SkillFolder(directory)
        guard !skill.manifest.tests.isEmpty else {
            throw CommandFailure(
                .usage, "\(directory)/skill.toml has no [[tests]].",
                hint: "Add one: [[tests]] with endpoint, payload and expect.")
        }
        let sandbox = try LocalSandbox.open(sandboxOptions)
        let results = try await Interrupts.cancel {
            let files = try TemporaryDirectory("test")
            defer { files.remove() }
            do {
                let results = try await runAll(skill, sandbox, files)
                await sandbox.close()
                return results
            } catch {
                await sandbox.close()
                throw error
            }
        }
        show(results)
        if results.contains(where: { $0.run?.verdict.kind == .launchFailed }) {
            throw ExitCode(CommandStatus.sandbox.rawValue)
        }
        if results.contains(where: { $0.fault != nil }) { throw ExitCode(CommandStatus.refused.rawValue) }
    }

    private func runAll(
        _ skill: SkillFolder, _ sandbox: LocalSandbox, _ files: TemporaryDirectory
    ) async throws(CommandFailure) -> [TestResult] {
        let ready = try sandbox.callable(skill, files, skills: skills, profileName: profile)
        var results: [TestResult] = []
        for test in skill.manifest.tests {
            progress("test \(results.count + 1) of \(skill.manifest.tests.count)")
            results.append(await TestResult(test, ready))
        }
        progress("")
        return results
    }

    /// One line on the terminal that is overwritten by the next.
    private func progress(_ text: String) {
        guard Terminal.error.isInteractive, !json else { return }
        Terminal.error.write(Array("\r\(text.padding(to: 30))\r".utf8))
    }

    private func show(_ results: [TestResult]) {
        let failed = results.count { $0.fault != nil }
        if json {
            let answer: JSONValue = [
                "passed": .number(results.count - failed), "failed": .number(failed),
                "tests": .array(results.map(\.json)),
            ]
            Terminal.output.line(answer.description)
            return
        }
        let terminal = Terminal.output
        var table = TextTable([
            .init("#", .right), .init("ENDPOINT", widthMax: 30), .init("RESULT"), .init("VERDICT"),
            .init("TIME", .right), .init("MEMORY", .right),
        ])
        for (index, result) in results.enumerated() {
            let usage = result.run?.outcome.usage
            table.add(
                String(index + 1), result.test.endpoint, result.fault == nil ? "passed" : "failed",
                result.run?.verdict.kind.rawValue ?? "",
                usage.map { Quantity.time(microseconds: $0.wallMicroseconds) } ?? "",
                usage.map { Quantity.bytes($0.peakMemoryBytes) } ?? "")
        }
        table.lines { _, column, cell in
            column == 2 ? terminal.styled(cell, cell == "passed" ? .green : .red) : cell
        }.forEach { terminal.line($0) }
        for (index, result) in results.enumerated() {
            guard let fault = result.fault else { continue }
            terminal.line("\(index + 1): \(Terminal.harmless(fault))")
            for line in (result.run?.log ?? "").split(whereSeparator: \.isNewline).suffix(10) {
                terminal.line("   log: \(Terminal.harmless(String(line)))")
            }
        }
        terminal.line(failed == 0 ? "All \(results.count) passed." : "\(failed) of \(results.count) failed.")
    }
}

/// One test of a manifest, after it was run.
private struct TestResult: Sendable {
    let test: SkillTestCase
    /// Nil when the call was refused before it ran.
    let run: LocalRun?
    /// Why it failed, as a sentence; nil when it passed.
    let fault: String?

    init(_ test: SkillTestCase, _ skill: any LocalCallable) async {
        self.test = test
        do {
            let run = try await skill.call(endpoint: test.endpoint, payload: test.payload, observes: false)
            self.run = run
            fault = ExpectedResult.fault(test, run.response)
        } catch {
            run = nil
            fault = error.message
        }
    }

    var json: JSONValue {
        [
            "endpoint": .string(test.endpoint), "passed": .bool(fault == nil), "detail": .optional(fault),
            "verdict": run?.verdict.json ?? .null, "result": run?.result ?? .null,
            "duration": .optional(run.map { $0.outcome.usage.wallMicroseconds / 1000 }),
            "stderr": .optional(run?.log),
        ]
    }
}
