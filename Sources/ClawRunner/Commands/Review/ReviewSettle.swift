import ArgumentParser
import Fields

struct ReviewReported: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reported", abstract: "List reviews that were reported and not settled (operator).",
        discussion: """
            Example:
              clawrunner review reported
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var pages: PageOptions

    func run() async throws {
        let request = pages.request("/api/v1/admin/reviews", [])
        let answer = try await operatorOptions.client(connection).call(request).json
        if connection.json { return Terminal.output.line(answer.description) }
        let items = answer["items"]?.array ?? []
        guard !items.isEmpty else { return Terminal.error.line("No report is open.") }
        for report in items {
            ReviewText.lines(report["review"]).forEach { Terminal.output.line($0) }
            let reason = Terminal.harmless(report["firstReason"]?.string ?? "")
            Terminal.output.line(
                "  reported \(Quantity.count(report["reportCount"]?.int64 ?? 0, "time")), first: \(reason)")
        }
        PageOptions.showMore(answer)
    }
}

struct ReviewSettle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle", abstract: "Remove a reported review, or let it stay (operator).",
        discussion: """
            With --remove the review is shown to nobody and counts for nothing any more; without, it stays and its reports \
            are settled.

            Examples:
              clawrunner review settle 0190a0a0-0000-7000-8000-000000000000
              clawrunner review settle 0190a0a0-0000-7000-8000-000000000000 --remove 'It names a person.'
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions

    @Argument(help: "The review's identifier.")
    var review: String

    @Option(help: ArgumentHelp("Remove it, for this reason.", valueName: "reason"))
    var remove: String?

    func run() async throws {
        let path = "/api/v1/admin/reviews/\(ClientRequest.escaped(review))"
        let request =
            if let remove {
                ClientRequest(.post, "\(path)/remove", body: .json(["reason": .string(remove)]))
            } else {
                ClientRequest(.post, "\(path)/keep")
            }
        ReviewText.show(try await operatorOptions.client(connection).call(request).json, connection)
    }
}

/// A review as people read it.
enum ReviewText {
    static func show(_ answer: JSONValue, _ connection: ConnectionOptions) {
        if connection.json { return Terminal.output.line(answer.description) }
        lines(answer["review"]).forEach { Terminal.output.line($0) }
    }

    static func lines(_ review: JSONValue?) -> [String] {
        let stars = Int(min(5, max(0, review?["stars"]?.int64 ?? 0)))
        let day = (review?["createdAt"]?.string ?? "").prefix(10)
        let edited = review?["editedAt"]?.string.map { ", edited \($0.prefix(10))" } ?? ""
        let helpful = review?["helpfulCount"]?.int64 ?? 0
        var lines = [
            String(repeating: "★", count: stars) + String(repeating: "☆", count: 5 - stars)
                + "  \(review?["version"]?.string ?? "")  \(day)\(edited)  \(review?["id"]?.string ?? "")"
                + (helpful > 0 ? "  (\(helpful) found it helpful)" : "")
        ]
        if let text = review?["text"]?.string, !text.isEmpty { lines.append("  \(Terminal.harmless(text))") }
        if let reply = review?["reply"]?["text"]?.string { lines.append("  seller: \(Terminal.harmless(reply))") }
        if let reason = review?["removed"]?["reason"]?.string {
            lines.append("  removed: \(Terminal.harmless(reason))")
        }
        return lines
    }
}
