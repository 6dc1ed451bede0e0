import ArgumentParser
import Fields

struct MarketVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Ask whether you hold a valid licence of a skill.",
        discussion: """
            The exit status is 0 for a valid licence, 1 for none.

            Example:
              clawrunner market verify word-stats && echo licensed
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    func run() async throws {
        let client = try connection.client()
        let skillID = try await client.skill(skill).id
        let answer = try await client.call(
            ClientRequest(.get, "/api/v1/marketplace/verify/\(ClientRequest.escaped(skillID))"))
        let isValid = answer.json["valid"]?.bool == true
        if connection.json {
            Terminal.output.line(answer.json.description)
        } else {
            Terminal.output.line(isValid ? sentence(answer.json) : refusal(answer.json))
        }
        guard isValid else { throw ExitCode(CommandStatus.refused.rawValue) }
    }

    private func refusal(_ answer: JSONValue) -> String {
        let reason = answer["detail"]?.string.map { " " + Terminal.oneLine($0) } ?? ""
        return "You hold no valid licence of \(skill).\(reason)"
    }

    private func sentence(_ answer: JSONValue) -> String {
        if answer["owner"] == true { return "\(skill) is yours; you need no licence." }
        let license = answer["license"]
        var text = "You hold a valid \(license?["type"]?.string ?? license?.string ?? "") licence of \(skill)"
        if let limit = license?["usageLimit"]?.int64 {
            text += ", \(license?["currentUsage"]?.int64 ?? 0) of \(limit) runs used"
        }
        if let end = answer["expiresAt"]?.string { text += ", until \(end)" }
        return text + "."
    }
}
