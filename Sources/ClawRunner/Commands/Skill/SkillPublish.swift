import ArgumentParser
import Fields
import MarketCore

struct SkillPublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Upload a skill and put it on the market.",
        discussion: """
            A name that is yours already gets a new version; versions never change once published.

            Examples:
              clawrunner skill publish hello
              clawrunner skill publish hello --as acme --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The skill's folder.", valueName: "dir"))
    var directory: String

    func run() async throws {
        let skill = try SkillFolder(directory)
        let client = try connection.client()
        progress("Uploading \(skill.manifest.name) \(skill.manifest.version); its tests run before it is published…")
        let answer = try await SkillPublication(client: client, skill: skill).publish()
        if connection.json {
            Terminal.output.line(answer.description)
            return
        }
        let status = answer["skill"]?["status"]?.string ?? "published"
        Terminal.output.line(
            "\(Terminal.output.styled(skill.manifest.name, .bold)) \(skill.manifest.version) is \(status).")
        if let url = answer["deploymentUrl"]?.string { Terminal.output.line("Execute: POST \(url)") }
    }

    private func progress(_ text: String) {
        if Terminal.error.isInteractive, !connection.json { Terminal.error.line(Terminal.error.styled(text, .dim)) }
    }
}

/// The two requests that put a skill on the market.
struct SkillPublication {
    let client: MarketClient
    let skill: SkillFolder

    /// - Returns: the daemon's answer: the skill, and where it is executed.
    func publish() async throws(CommandFailure) -> JSONValue {
        let archive = try skill.archive()
        var upload = ClientRequest(.post, "/api/v1/packages", body: .archive(archive))
        upload.timeoutSeconds = 300
        let uploaded = try await client.call(upload)
        guard let digest = uploaded.json["digest"]?.string else {
            throw CommandFailure(.refused, "The daemon took the package but did not say its digest.")
        }
        guard digest == skill.package.digest.description else {
            throw CommandFailure(
                .refused, "The daemon received another package (\(digest)) than was sent (\(skill.package.digest)).")
        }
        let body: JSONObject = ["name": .string(skill.manifest.name), "code": ["package": .string(digest)]]
        // The skill's tests run before it is published, each up to its limits.
        var create = ClientRequest(.post, "/api/v1/skills", body: .json(.object(body)))
        create.timeoutSeconds = 600
        return try await client.call(create).json
    }
}
