import ArgumentParser
import Fields

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
        let skill = try SkillDirectory(directory)
        let client = try connection.client()
        let archive = skill.package.compressedArchive()
        progress("Uploading \(skill.manifest.name) \(skill.manifest.version), \(Quantity.bytes(Int64(archive.count)))…")
        let answer = try await SkillPublication(client: client, skill: skill).publish(archive)
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
    let skill: SkillDirectory

    /// - Returns: the daemon's answer: the skill, and where it is executed.
    func publish(_ archive: [UInt8]) async throws(CommandFailure) -> JSONValue {
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
        // Tests of the skill may run on publication, each up to its profile's limits.
        var create = ClientRequest(.post, "/api/v1/skills", body: .json(.object(body)))
        create.timeoutSeconds = 600
        let created = try await client.send(create)
        guard created.status == 409 else {
            guard created.status < 400 else { throw Problem(created).failure }
            return created.json
        }
        return try await publishVersion(digest)
    }

    private func publishVersion(_ digest: String) async throws(CommandFailure) -> JSONValue {
        let body: JSONObject = [
            "version": .string(skill.manifest.version.description), "code": ["package": .string(digest)],
        ]
        var update = ClientRequest(
            .patch, "/api/v1/skills/\(ClientRequest.escaped(skill.manifest.name))", body: .json(.object(body)))
        update.timeoutSeconds = 600
        return try await client.call(update).json
    }
}
