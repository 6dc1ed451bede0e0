import ArgumentParser
import Fields
import Foundation
import MarketCore
import Sandbox

struct ProfileLearn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn", abstract: "Write the smallest profile under which a skill's tests pass.",
        discussion: """
            Runs the [[tests]] of each skill twice: once as it is, for what it needs of each limit, and once observed, for \
            system calls and paths. Observing stays within the profile that is learnt from; what that one refuses stays \
            refused. Then the tests run again under what was learnt. Exit status: 0 all passed, 1 a test failed, 2 wrong \
            usage, 3 no sandbox.

            Examples:
              clawrunner profile learn hello
              clawrunner profile learn hello --profile python --output hello.toml --headroom 100
            """)

    @Argument(help: ArgumentHelp("Skills' folders; they share one profile.", valueName: "dir"))
    var directories: [String]

    @Option(help: "Learn within this profile instead of the skill's own.")
    var profile: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Write it here instead of standard output.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Added to what the tests needed of each limit.", valueName: "percent"))
    var headroom: Int64 = 100

    @OptionGroup var sandboxOptions: LocalSandboxOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func validate() throws {
        guard (0...10_000).contains(headroom) else { throw ValidationError("--headroom is from 0 to 10000.") }
    }

    func run() async throws {
        let skills = try directories.map { directory throws(CommandFailure) in try SkillFolder(directory) }
        for skill in skills where skill.manifest.tests.isEmpty {
            throw CommandFailure(
                .usage, "\(skill.path)/skill.toml has no [[tests]] to learn from.",
                hint: "Add one: [[tests]] with endpoint, payload and expect.")
        }
        if let output { try checkOutput(output) }
        let sandbox = try LocalSandbox.open(sandboxOptions)
        let learnt = try await Interrupts.cancel {
            let files = try TemporaryDirectory("learn")
            defer { files.remove() }
            do {
                let lesson = ProfileLesson(
                    skills: skills, sandbox: sandbox, files: files, profileName: profile, headroomPercent: headroom)
                let learnt = try await lesson.learn()
                await sandbox.close()
                return learnt
            } catch {
                await sandbox.close()
                throw error
            }
        }
        try show(learnt)
    }

    /// Another profile is not written over; one that was learnt before is.
    private func checkOutput(_ path: String) throws(CommandFailure) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let text = String(decoding: try InputFile.read(path, bytesMax: 256 << 10), as: UTF8.self)
        guard text.hasPrefix("# Learnt by ") else {
            throw CommandFailure(
                .usage, "\(path) exists and was not written by this command.", hint: "Choose another file.")
        }
    }

    private func show(_ learnt: ProfileLesson.Result) throws(CommandFailure) {
        if let output {
            do {
                try Data(learnt.text.utf8).write(to: URL(fileURLWithPath: output))
            } catch {
                throw CommandFailure(.usage, "\(output) cannot be written: \(error.localizedDescription)")
            }
        }
        if json {
            Terminal.output.line(learnt.json.description)
            return
        }
        if output == nil { Terminal.output.write(Array(learnt.text.utf8)) }
        let terminal = Terminal.error
        let profile = learnt.profile
        terminal.line(
            "\(learnt.testCount) tests ran under \(profile.base.name), observed, and under what was learnt: all passed."
        )
        terminal.line("System calls: \(profile.syscalls.count) of \(profile.base.syscallCount).")
        if !learnt.refused.isEmpty {
            terminal.line("Also asked for, and refused: \(learnt.refused.sorted().joined(separator: ", ")).")
        }
        if let output { terminal.line("Written to \(output). Now: clawrunner profile lint \(output)") }
    }
}
