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

    func run() async throws {
        let answer = try await connection.client().call(
            ClientRequest(.get, "/api/v1/executions/\(ClientRequest.escaped(id))"))
        if connection.json {
            Terminal.output.line(answer.json.description)
            return
        }
        let execution = answer.json["execution"]
        let terminal = Terminal.output
        let verdict = execution?["verdict"]
        let usage = execution?["usage"]
        terminal.line("\(usage?["timestamp"]?.string ?? "")  \(Terminal.harmless(usage?["endpoint"]?.string ?? ""))")
        VerdictLine(
            kind: verdict?["kind"]?.string ?? usage?["verdict"]?.string ?? "?", detail: verdict?["detail"]?.string,
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
