import ArgumentParser
import Fields
import Foundation
import MarketCore

struct SkillInit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Begin a new skill: a folder that runs as it stands and passes its own test.",
        discussion: """
            Examples:
              clawrunner skill init hello
              clawrunner skill init csv-tools --runtime python --directory skills/csv-tools
              clawrunner skill init report --kind workflow
            """)

    @Argument(help: "The skill's name: a-z, 0-9 and -, at most 64.")
    var name: String

    @Option(help: "exec, python or node.")
    var runtime: String?

    @Option(help: "program, or workflow for steps that call other skills.")
    var kind = "program"

    @Option(help: ArgumentHelp("Where to make it; default: a folder of its name.", valueName: "dir"))
    var directory: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func validate() throws {
        guard SkillName.isValid(name) else {
            let slug = SkillName.slug(of: name).map { " Did you mean \"\($0)\"?" } ?? ""
            throw ValidationError(
                "A skill's name is 1 to 64 of a-z, 0-9 and -, with a letter or digit at both ends.\(slug)")
        }
        guard ["program", "workflow"].contains(kind) else {
            throw ValidationError("--kind is program or workflow, not \(kind).")
        }
        guard kind == "program" || runtime == nil else {
            throw ValidationError("A workflow has no program, so --runtime cannot be given with --kind workflow.")
        }
        guard ["exec", "python", "node"].contains(runtime ?? "exec") else {
            throw ValidationError("--runtime is exec, python or node, not \(runtime ?? "").")
        }
    }

    func run() throws {
        let target = directory ?? name
        let scaffold = ScaffoldFiles(
            name: name, runtime: kind == "workflow" ? .workflow : .init(rawValue: runtime ?? "exec") ?? .exec)
        let files = scaffold.files
        let existing = try? FileManager.default.contentsOfDirectory(atPath: target)
        guard existing?.isEmpty ?? !FileManager.default.fileExists(atPath: target) else {
            throw CommandFailure(.usage, "\(target) exists already and is not an empty folder; nothing was written.")
        }
        do {
            for file in files { try write(file, in: target) }
        } catch {
            throw CommandFailure(.usage, "\(target) cannot be written: \(error.localizedDescription)")
        }
        if json {
            let paths = files.map { JSONValue.string($0.path) }
            Terminal.output.line(
                (["directory": .string(target), "files": .array(paths)] as JSONValue).description)
            return
        }
        Terminal.output.line("Made \(target): \(files.map(\.path).joined(separator: ", ")).")
        if kind == "workflow" {
            let folder = ((target as NSString).deletingLastPathComponent as NSString)
                .appendingPathComponent(scaffold.stepSkill)
            Terminal.output.line("Its step calls the skill \(scaffold.stepSkill), which it is tested with:")
            Terminal.output.line(
                "Next: clawrunner skill init \(scaffold.stepSkill) --runtime python --directory \(folder)")
        }
        Terminal.output.line("Next: clawrunner skill test \(target)")
    }

    private func write(_ file: ScaffoldFiles.File, in directory: String) throws {
        let path = "\(directory)/\(file.path)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(file.text.utf8).write(to: URL(fileURLWithPath: path))
        if file.isExecutable {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
    }
}
