import ArgumentParser
import ExecutionNode
import Fields

struct SkillSecretGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Set, list and remove the secrets of a skill of yours.",
        discussion: """
            A skill declares its secrets in skill.toml ([[secrets]]) and finds their values in its environment. The \
            daemon keeps them encrypted, gives them to runs only, and never shows them.

            Examples:
              clawrunner skill secret set smart-emailer SMTP_PASSWORD < password.txt
              clawrunner skill secret list smart-emailer
              clawrunner skill secret remove smart-emailer SMTP_PASSWORD
            """,
        subcommands: [SkillSecretSet.self, SkillSecretList.self, SkillSecretRemove.self])

    static func path(_ skill: String, _ name: String? = nil) -> String {
        "/api/v1/skills/\(ClientRequest.escaped(skill))/secrets" + (name.map { "/\(ClientRequest.escaped($0))" } ?? "")
    }
}

struct SkillSecretSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set a secret from standard input or a file; one line break at its end is dropped.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The secret's name, as skill.toml declares it.")
    var name: String

    @Option(help: ArgumentHelp("Read the value from this file instead of standard input.", valueName: "path"))
    var file: String?

    func run() async throws {
        var bytes = try InputFile.read(file, bytesMax: ExecutionNode.secretBytesMax + 2)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let value = String(validating: bytes, as: UTF8.self), !value.isEmpty else {
            throw CommandFailure(
                .usage, "The value is empty or not UTF-8.", hint: "Pass it as `< file` or --file FILE.")
        }
        let body = ClientRequest.Body.json(["value": .string(value)])
        let answer = try await connection.client().call(
            ClientRequest(.put, SkillSecretGroup.path(skill, name), body: body))
        Terminal.output.line(connection.json ? answer.json.description : "\(name) of \(skill) is set.")
    }
}

struct SkillSecretList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the secrets that a skill declares, and whether they are set.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    func run() async throws {
        let answer = try await connection.client().call(ClientRequest(.get, SkillSecretGroup.path(skill)))
        if connection.json { return Terminal.output.line(answer.json.description) }
        var table = TextTable([.init("SECRET"), .init("SET"), .init("DESCRIPTION", widthMax: 60)])
        for item in answer.json["items"]?.array ?? [] {
            table.add(
                item["name"]?.string ?? "", item["updatedAt"]?.string ?? "no",
                Terminal.oneLine(item["description"]?.string ?? ""))
        }
        table.lines().forEach { Terminal.output.line($0) }
    }
}

struct SkillSecretRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a secret; calls of the skill are refused until it is set again.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Argument(help: "The secret's name.")
    var name: String

    func run() async throws {
        let answer = try await connection.client().call(
            ClientRequest(.delete, SkillSecretGroup.path(skill, name)))
        Terminal.output.line(connection.json ? answer.json.description : "\(name) of \(skill) is removed.")
    }
}
