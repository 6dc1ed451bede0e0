import ArgumentParser
import Fields
import MarketCore

struct SkillPublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Upload a skill and put it on the market.",
        discussion: """
            A name that is yours already gets a new version; versions never change once published. Every version is \
            reviewed first: `clawrunner skill review DIR` says beforehand what that will find.

            Examples:
              clawrunner skill publish hello
              clawrunner skill publish hello --as acme --json
              clawrunner skill publish --repo https://git.example/hello.git --ref v1.2.0
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The skill's folder.", valueName: "dir"))
    var directory: String?

    @Option(help: ArgumentHelp("A git repository to publish from instead of a folder.", valueName: "url"))
    var repo: String?

    @Option(help: "The repository's branch, tag or commit; default: what it has as its default.")
    var ref: String?

    func validate() throws {
        guard (directory == nil) != (repo == nil) else {
            throw ValidationError("Name either a folder or --repo URL.")
        }
        guard ref == nil || repo != nil else { throw ValidationError("--ref belongs to --repo.") }
    }

    func run() async throws {
        let origin: SkillPublication.Origin =
            if let directory { .folder(try SkillFolder(directory)) } else { .repository(url: repo ?? "", ref: ref) }
        let client = try connection.client()
        var publication = SkillPublication(client: client, origin: origin)
        if Terminal.error.isInteractive, !connection.json {
            publication.onProgress = { Terminal.error.line(Terminal.error.styled($0, .dim)) }
        }
        let answer = try await publication.publish()
        if connection.json {
            Terminal.output.line(answer.description)
            return
        }
        let name = Terminal.harmless(answer["skill"]?["name"]?.string ?? "The skill")
        let version = Terminal.harmless(answer["version"]?["version"]?.string ?? "")
        switch answer["version"]?["state"]?.string {
        case "review":
            Terminal.output.line("\(Terminal.output.styled(name, .bold)) \(version) waits for the operator's decision.")
            Terminal.output.line("Why: clawrunner skill version report \(name) \(version)")
        case "pending":
            Terminal.output.line("\(Terminal.output.styled(name, .bold)) \(version) is still being reviewed.")
        default:
            Terminal.output.line("\(Terminal.output.styled(name, .bold)) \(version) is published.")
            if let quality = answer["version"]?["quality"], !quality.isNull {
                Terminal.output.line("Quality: \(quality.description)")
            }
            if let url = answer["deploymentUrl"]?.string {
                Terminal.output.line("Execute: POST \(Terminal.harmless(url))")
            }
        }
    }
}

/// The requests that put a skill on the market, until its review is over.
struct SkillPublication {
    enum Origin: Sendable {
        case folder(SkillFolder)
        case repository(url: String, ref: String?)
    }

    let client: MarketClient
    let origin: Origin
    /// Is told what goes on.
    var onProgress: (String) -> Void = { _ in }

    /// The longest that a review is waited for.
    private static let secondsMax = 900

    init(client: MarketClient, origin: Origin) {
        self.client = client
        self.origin = origin
    }

    /// - Returns: the daemon's answer: the skill, the version, and where it is executed.
    /// - Throws: ``CommandFailure`` for a version that was rejected, too.
    func publish() async throws(CommandFailure) -> JSONValue {
        let body: JSONObject
        switch origin {
        case .folder(let skill):
            onProgress("Uploading \(skill.manifest.name) \(skill.manifest.version)…")
            body = ["name": .string(skill.manifest.name), "code": ["package": .string(try await upload(skill))]]
        case .repository(let url, let ref):
            onProgress("The daemon fetches \(Terminal.harmless(url))…")
            body = ["code": ["repoUrl": .string(url), "ref": .optional(ref)]]
        }
        var create = ClientRequest(.post, "/api/v1/skills", body: .json(.object(body)))
        create.headers.append(("Prefer", "wait=1"))
        create.timeoutSeconds = 300
        let answer = try await client.call(create).json
        guard answer["version"]?["state"] == "pending" else { return answer }
        return try await finish(answer)
    }

    private func upload(_ skill: SkillFolder) async throws(CommandFailure) -> String {
        var upload = ClientRequest(.post, "/api/v1/packages", body: .archive(try skill.archive()))
        upload.timeoutSeconds = 300
        let uploaded = try await client.call(upload)
        guard let digest = uploaded.json["digest"]?.string else {
            throw CommandFailure(.refused, "The daemon took the package but did not say its digest.")
        }
        guard digest == skill.package.digest.description else {
            throw CommandFailure(
                .refused, "The daemon received another package (\(digest)) than was sent (\(skill.package.digest)).")
        }
        return digest
    }

    /// Waits for the end of the review, and tells of its steps.
    private func finish(_ answer: JSONValue) async throws(CommandFailure) -> JSONValue {
        guard let name = answer["skill"]?["name"]?.string, let version = answer["version"]?["version"]?.string else {
            throw CommandFailure(.refused, "The daemon did not say which version it took.")
        }
        let path = "/api/v1/skills/\(ClientRequest.escaped(name))"
        var look = ClientRequest(.get, "\(path)/versions/\(ClientRequest.escaped(version))/report")
        look.headers.append(("Prefer", "wait=2"))
        let end = ContinuousClock.now + .seconds(Self.secondsMax)
        var told: Set<String> = []
        while ContinuousClock.now < end {
            let report = try await client.call(look).json["report"] ?? .null
            for step in report["steps"]?.array ?? [] {
                guard let stepName = step["name"]?.string, let state = step["state"]?.string, state != "waiting",
                    told.insert("\(stepName) \(state)").inserted
                else { continue }
                let detail = step["detail"]?.string.map { ": " + Terminal.harmless($0) } ?? ""
                onProgress("  \(Terminal.harmless(stepName)) \(Terminal.harmless(state))\(detail)")
            }
            guard report["state"] != "pending" else { continue }
            if report["state"] == "rejected", let problem = report["problem"] {
                let status = problem["status"]?.int64.map(Int.init) ?? 422
                throw Problem(ClientResponse(status: status, headers: [], body: [], json: problem)).failure
            }
            break
        }
        let shown = try await client.call(ClientRequest(.get, path)).json
        let now = try await client.call(
            ClientRequest(.get, "\(path)/versions/\(ClientRequest.escaped(version))")
        ).json
        return [
            "skill": shown["skill"] ?? .null, "version": now["version"] ?? .null,
            "deploymentUrl": shown["deploymentUrl"] ?? .null,
        ]
    }
}
