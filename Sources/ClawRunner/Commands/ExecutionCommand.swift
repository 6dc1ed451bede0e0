import ArgumentParser
import Fields

struct ExecutionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "execution",
        abstract: "Show one run: its verdict, its use, what was enforced, and its receipt.",
        discussion: """
            Open to who called and to who sold; the log of a run only to who sold. `clawrunner usage --json` has the \
            identifiers.

            Example:
              clawrunner execution 0190f2a4-7c1e-7b7e-9d0a-3f1f6f0a1c11 --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The identifier of its usage record.")
    var id: String

    @Flag(help: "Wait until the run is done.")
    var wait = false

    @Flag(help: "End the run, which `exec --later` began.")
    var cancel = false

    private func answer() async throws -> ClientResponse {
        let client = try connection.client()
        let path = "/api/v1/executions/\(ClientRequest.escaped(id))"
        if cancel { return try await client.call(ClientRequest(.post, path + "/cancel")) }
        while true {
            let answer = try await client.call(ClientRequest(.get, path))
            if !wait || answer.json["execution"]?["state"]?.string == "done" { return answer }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    func run() async throws {
        let answer = try await answer()
        if connection.json {
            Terminal.output.line(answer.json.description)
            return
        }
        let execution = answer.json["execution"]
        let terminal = Terminal.output
        guard let verdict = execution?["verdict"] else {
            // It goes on, or was never run.
            terminal.line(execution?["state"]?.string ?? "")
            if let detail = execution?["problem"]?["detail"]?.string { terminal.line(Terminal.harmless(detail)) }
            return
        }
        let usage = execution?["usage"]
        terminal.line("\(usage?["timestamp"]?.string ?? "")  \(Terminal.oneLine(usage?["endpoint"]?.string ?? ""))")
        VerdictLine(
            kind: verdict["kind"]?.string ?? usage?["verdict"]?.string ?? "?", detail: verdict["detail"]?.string,
            usage: usage
        ).lines(terminal).forEach { terminal.line($0) }
        for step in execution?["steps"]?.array ?? [] { terminal.line(Terminal.harmless(Self.line(step))) }
        for line in (execution?["stderr"]?.string ?? "").split(whereSeparator: \.isNewline) {
            terminal.line(terminal.styled("log: ", .dim) + Terminal.harmless(String(line)))
        }
        if let report = execution?["isolation"], !report.isNull {
            ReportText(report: report).lines().forEach { terminal.line($0) }
        }
        if let receipt = execution?["receipt"]?.string { terminal.line("receipt \(receipt)") }
    }

    /// One step of a workflow.
    private static func line(_ step: JSONValue) -> String {
        let name = (step["step"]?.string ?? "?") + (step["fallback"]?.bool == true ? " (fallback)" : "")
        guard step["skipped"]?.bool != true else { return "step \(name): left out" }
        var text = "step \(name): \(step["verdict"]?["kind"]?.string ?? "?")"
        if let skill = step["skill"]?.string, let version = step["version"]?.string { text += ", \(skill) \(version)" }
        if let duration = step["duration"]?.int64 { text += ", \(duration) ms" }
        if let cost = step["cost"]?.string, let currency = step["currency"]?.string { text += ", \(cost) \(currency)" }
        return text
    }
}
