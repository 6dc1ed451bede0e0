import Fields
import Foundation
import MarketCore

extension DemoStory {
    mutating func executeExamples(_ buyer: Role) async throws(CommandFailure) {
        try await wordStats(buyer)
        try await csvSummary(buyer)
        try await markdown(buyer)
    }

    /// The README of a skill: any text that people wrote.
    private mutating func wordStats(_ buyer: Role) async throws(CommandFailure) {
        let text = try input("skills/csv-summary/README.md")
        let result = try await run("word-stats", "/stats", ["text": .string(text), "top": 3], buyer)
        let top = (result["topWords"]?.array ?? []).compactMap { $0["word"]?.string }.joined(separator: ", ")
        stage.line(
            "  \(result["words"]?.int64 ?? 0) words, \(result["sentences"]?.int64 ?? 0) sentences; most frequent: \(top)"
        )
        stage.check(
            result["characters"]?.int64 == Int64(text.unicodeScalars.count),
            "word-stats counts the characters that the text has")
        // The same call again, with the same key, as after a lost answer.
        let again = try await buyer.client.send(
            execution(of: "word-stats", "/stats", ["text": .string(text), "top": 3]))
        stage.line("  sent again with the same Idempotency-Key: replayed, not run, not charged")
        stage.check(
            again.header("Idempotent-Replayed") == "true" && again.json["result"] == result,
            "the same Idempotency-Key replays the stored result")
    }

    private mutating func csvSummary(_ buyer: Role) async throws(CommandFailure) {
        let text = try input("data/us-census-2020.csv")
        let result = try await run("csv-summary", "/summary", ["text": .string(text), "top": 1], buyer)
        let columns = (result["columns"]?.array ?? []).compactMap { $0["name"]?.string }
        let shown = columns.prefix(3).joined(separator: ", ") + (columns.count > 3 ? ", …" : "")
        stage.line("  \(result["rows"]?.int64 ?? 0) rows, \(columns.count) columns: \(shown)")
        let lines = text.split(whereSeparator: \.isNewline)
        stage.check(
            result["rows"]?.int64 == Int64(lines.count - 1), "csv-summary finds the rows that the file has")
        stage.check(
            columns.count == lines.first?.split(separator: ",").count, "csv-summary finds the columns of the first line"
        )
    }

    private mutating func markdown(_ buyer: Role) async throws(CommandFailure) {
        let text = try input("data/README.md")
        let result = try await run("markdown-html", "/convert", ["markdown": .string(text)], buyer)
        let html = result["html"]?.string ?? ""
        stage.line("  \(html.utf8.count) bytes of HTML: \(html.split(whereSeparator: \.isNewline).first ?? "")")
        let heading = text.split(whereSeparator: \.isNewline).first.map { $0.drop { $0 == "#" || $0 == " " } } ?? ""
        stage.check(html.contains("<h1>\(heading)</h1>"), "markdown-html turns the first line into a heading")
    }

    private func input(_ path: String) throws(CommandFailure) -> String {
        String(decoding: try InputFile.read("\(try root())/\(path)", bytesMax: 1 << 20), as: UTF8.self)
    }

    /// Runs one call that must succeed, shows its line and checks its bill.
    private mutating func run(
        _ name: String, _ endpoint: String, _ payload: JSONValue, _ buyer: Role
    ) async throws(CommandFailure) -> JSONValue {
        let response = try await buyer.client.send(execution(of: name, endpoint, payload))
        guard response.status == 200, let usage = response.json["usage"] else { throw Problem(response).failure }
        let line = VerdictLine(kind: usage["verdict"]?.string ?? "?", detail: nil, usage: usage)
        stage.line("\((name + endpoint).padding(to: 22)) \(line.lines(.plain)[0])")
        let price = pricing(of: name)?.unitPrice ?? .zero(.usdc)
        stage.check(usage["verdict"] == "ok", "\(name) ends with verdict ok")
        stage.check(usage["cost"]?.string == price.decimal, "\(name) costs \(price), as its manifest says")
        runs.append(Run(skill: name, usage: usage, receipt: response.json["receipt"]?.string ?? "", price: price))
        return response.json["result"] ?? .null
    }

    mutating func executeMisbehaving(_ buyer: Role, _ seller: Role) async throws(CommandFailure) {
        let calls = DemoMisbehaviour.all.map { ($0.skill, execution(of: $0.skill, "/run", [:])) }
        let answers = await withTaskGroup { group in
            for (skill, request) in calls {
                group.addTask { (skill, await buyer.client.attempt(request)) }
            }
            return await group.reduce(into: [String: Result<ClientResponse, CommandFailure>]()) { $0[$1.0] = $1.1 }
        }
        for misbehaviour in DemoMisbehaviour.all {
            guard let response = try answers[misbehaviour.skill]?.get() else { continue }
            show(misbehaviour, response)
            if misbehaviour.verdict == "failed" { try await showLog(response, seller, mentions: "PermissionError") }
        }
    }

    /// The last line of a run's log, which only the skill's owner may read.
    private func showLog(_ response: ClientResponse, _ seller: Role, mentions word: String) async throws(CommandFailure)
    {
        let id = response.json["usage"]?["id"]?.string ?? ""
        let execution = try await seller.client.call(
            ClientRequest(.get, "/api/v1/executions/\(ClientRequest.escaped(id))"))
        let line = (execution.json["execution"]?["stderr"]?.string ?? "").split(whereSeparator: \.isNewline).last ?? ""
        stage.line("  its log, for the seller: \(line.prefix(50))")
        stage.check(line.contains(word), "the log says \(word)")
    }

    private mutating func show(_ misbehaviour: DemoMisbehaviour, _ response: ClientResponse) {
        let verdict = response.json["verdict"]?.string ?? "none (status \(response.status))"
        let time = response.json["usage"]?["duration"]?.int64.map { "\($0) ms" } ?? ""
        stage.verdict(misbehaviour.skill, verdict, time, expected: misbehaviour.verdict)
        for line in Terminal.wrapped(response.json["detail"]?.string ?? "", width: 73) { stage.line("  " + line) }
        stage.check(
            verdict == misbehaviour.verdict, "\(misbehaviour.skill) ends with \(misbehaviour.verdict), not \(verdict)")
        stage.check(response.status == misbehaviour.status, "its status is \(misbehaviour.status)")
        guard let usage = response.json["usage"] else {
            stage.check(false, "the run of \(misbehaviour.skill) is recorded")
            return
        }
        stage.check(usage["cost"] == "0", "\(misbehaviour.skill) costs nothing")
        let receipt = response.json["receipt"]?.string ?? ""
        runs.append(Run(skill: misbehaviour.skill, usage: usage, receipt: receipt, price: .zero(.usdc)))
    }
}

extension MarketClient {
    /// The answer or the failure, as a value.
    fileprivate func attempt(_ request: ClientRequest) async -> Result<ClientResponse, CommandFailure> {
        do {
            return .success(try await send(request))
        } catch {
            return .failure(error)
        }
    }
}

/// A skill that breaks one rule, and what comes of it.
struct DemoMisbehaviour: Sendable {
    let skill: String
    let verdict: String
    let status: Int

    static let all = [
        DemoMisbehaviour(skill: "endless-loop", verdict: "cpu_limit", status: 504),
        DemoMisbehaviour(skill: "memory-hog", verdict: "memory_limit", status: 502),
        DemoMisbehaviour(skill: "network-attempt", verdict: "failed", status: 502),
        DemoMisbehaviour(skill: "stdout-flood", verdict: "output_limit", status: 502),
    ]
}
