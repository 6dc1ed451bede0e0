import ArgumentParser
import Fields
import Foundation
import MarketCore

struct SkillPack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Write a skill as one archive, the same bytes every time.",
        discussion: """
            Examples:
              clawrunner skill pack hello
              clawrunner skill pack hello -o - | tar tz
            """)

    @Argument(help: ArgumentHelp("The skill's folder.", valueName: "dir"))
    var directory: String

    @Option(
        name: [.short, .customLong("output")],
        help: ArgumentHelp(
            "Where to write, or - for standard output; default: NAME-VERSION.tar.gz.", valueName: "file"))
    var output: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func validate() throws {
        guard !(json && output == "-") else {
            throw ValidationError("Standard output takes either the archive or --json, not both.")
        }
    }

    func run() throws {
        let skill = try SkillFolder(directory)
        let archive = try skill.archive()
        if output == "-" {
            Terminal.output.write(archive)
            return
        }
        let file = output ?? "\(skill.manifest.name)-\(skill.manifest.version).tar.gz"
        do {
            try Data(archive).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw CommandFailure(.usage, "\(file) cannot be written: \(error.localizedDescription)")
        }
        if json {
            let answer: JSONValue = [
                "file": .string(file), "digest": .string(skill.package.digest.description),
                "size": .number(archive.count), "files": .number(skill.fileCount),
            ]
            Terminal.output.line(answer.description)
            return
        }
        Terminal.output.line("\(file): \(skill.fileCount) files, \(Quantity.bytes(Int64(archive.count)))")
        Terminal.output.line(skill.package.digest.description)
    }
}
