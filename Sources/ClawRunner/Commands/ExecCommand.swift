import ArgumentParser
import Fields

struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a skill of the market.",
        discussion: """
            The result goes to standard output, the verdict and the cost to standard error. The kept purchase token of \
            the skill is sent along; your own skills need none.

            Examples:
              clawrunner exec word-stats --endpoint /stats --payload '{"text":"hi"}'
              clawrunner exec word-stats@1.2.0 --endpoint /stats --payload '{"text":"hi"}'
              clawrunner exec csv-summary --endpoint /summary --payload @csv.json
              jq -n '{text:"hi"}' | clawrunner exec word-stats \\
                --endpoint /stats --payload - --max-cost 0.01
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier; NAME@VERSION runs that version instead of the latest.")
    var skill: String

    @Option(help: "One of the skill's endpoints.")
    var endpoint: String

    @Option(help: ArgumentHelp("JSON, @file, or - for standard input.", valueName: "json"))
    var payload = "{}"

    @Option(help: ArgumentHelp("Refuse the run if it could cost more.", valueName: "amount"))
    var maxCost: String?

    @Option(help: ArgumentHelp("A purchase token; default: the kept one.", valueName: "token"))
    var token: String?

    @Option(help: ArgumentHelp("Repeating the command with the same key runs only once.", valueName: "key"))
    var idempotencyKey: String?

    @Option(help: ArgumentHelp("Seconds to wait for the answer.", valueName: "seconds"))
    var timeout: Int64 = 300

    @Flag(help: "Show where the time went.")
    var timing = false

    @Flag(help: "Do not wait: print the identifier of the execution, for `clawrunner execution ID --wait`.")
    var later = false

    @Flag(help: "Print a text result without quotes.")
    var raw = false

    func validate() throws {
        guard (1...86_400).contains(timeout) else {
            throw ValidationError("--timeout must be between 1 and 86400 seconds.")
        }
    }

    func run() async throws {
        let client = try connection.client()
        var body: JSONObject = [
            "endpoint": .string(endpoint), "payload": try JSONArgument(text: payload).value(option: "--payload"),
        ]
        if let maxCost { body["maxCost"] = .string(maxCost) }
        var request = ClientRequest(
            .post, "/api/v1/skills/\(ClientRequest.escaped(skill))/execute", body: .json(.object(body)))
        request.timeoutSeconds = timeout
        if let token = try token ?? connection.keptAgent()?.token(for: String(skill.prefix { $0 != "@" })) {
            request.headers.append(("X-Purchase-Token", token))
        }
        if let idempotencyKey { request.headers.append(("Idempotency-Key", idempotencyKey)) }
        if later { request.headers.append(("Prefer", "respond-async")) }
        let begun = ContinuousClock.now
        let response = try await client.send(request)
        if timing { show(response.header("Server-Timing"), waited: begun.duration(to: .now)) }
        guard response.status < 400 else { throw failure(response) }
        if connection.json {
            Terminal.output.line(response.json.description)
            return
        }
        if response.status == 202 {
            Terminal.output.line(response.json["execution"]?["id"]?.string ?? "")
            return
        }
        ResultOutput.write(response.json["result"] ?? .null, raw: raw)
        show(kind: "ok", detail: nil, response.json["usage"])
        if response.header("Idempotent-Replayed") == "true" {
            Terminal.error.line("This is the stored outcome of an earlier call with the same key.")
        }
    }

    /// A line for each phase that the daemon names, and one for all.
    private func show(_ header: String?, waited: Duration) {
        var table = TextTable([.init("PHASE"), .init("MS", .right)])
        for part in header?.split(separator: ",") ?? [] {
            let halves = part.split(separator: ";dur=")
            guard halves.count == 2 else { continue }
            table.add(Terminal.harmless(halves[0].filter { $0 != " " }), Terminal.harmless(String(halves[1])))
        }
        let microseconds = waited.nanoseconds / 1000
        table.add("all, here", "\(microseconds / 1000).\(String(1000 + microseconds % 1000).dropFirst())")
        table.lines().forEach { Terminal.error.line($0) }
    }

    /// A run that took place shows its verdict, and its usage, before the sentence.
    private func failure(_ response: ClientResponse) -> CommandFailure {
        let problem = Problem(response, skill: skill)
        if let verdict = problem.verdict, !connection.json {
            show(kind: verdict, detail: nil, response.json["usage"])
        }
        return problem.failure
    }

    private func show(kind: String, detail: String?, _ usage: JSONValue?) {
        VerdictLine(kind: kind, detail: detail, usage: usage).lines(.error).forEach { Terminal.error.line($0) }
    }
}
