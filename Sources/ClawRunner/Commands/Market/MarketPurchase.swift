import ArgumentParser
import Fields

struct MarketPurchase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purchase", abstract: "Buy a licence of a skill and keep its purchase token.",
        discussion: """
            Examples:
              clawrunner market purchase word-stats
              clawrunner market purchase word-stats --license commercial --usage-limit 1000
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The skill's name or identifier.")
    var skill: String

    @Option(help: "personal, commercial or enterprise.")
    var license = "personal"

    @Option(help: "The most runs that may be billed under the licence.")
    var usageLimit: Int64?

    @Option(help: ArgumentHelp("Repeating the command with the same key buys only once.", valueName: "key"))
    var idempotencyKey: String?

    func run() async throws {
        let client = try connection.client()
        let (skillID, name) = try await client.skill(skill)
        var body: JSONObject = ["skillId": .string(skillID), "licenseType": .string(license)]
        if let usageLimit { body["usageLimit"] = .number(usageLimit) }
        var request = ClientRequest(.post, "/api/v1/marketplace/purchase", body: .json(.object(body)))
        if let idempotencyKey { request.headers.append(("Idempotency-Key", idempotencyKey)) }
        let answer = try await client.call(request)
        let isKept = try connection.keepToken(
            answer.json["purchaseToken"]?.string, of: (skillID, name), key: client.key)
        if connection.json {
            Terminal.output.line(answer.json.description)
        } else {
            show(answer.json, name: name, isKept: isKept)
        }
    }

    private func show(_ answer: JSONValue, name: String, isKept: Bool) {
        let terminal = Terminal.output
        let purchase = answer["purchase"]
        let kind = purchase?["license"]?["type"]?.string ?? license
        let amount = purchase?["amount"]?.string ?? "0"
        let currency = purchase?["currency"]?.string ?? ""
        terminal.line(
            "Bought a \(kind) licence of \(terminal.styled(name, .bold)) for \(amount) \(currency)"
                + (usageLimit.map { ", at most \($0) billed runs" } ?? "") + ".")
        if let url = answer["paymentUrl"]?.string { terminal.line("To pay: \(Terminal.oneLine(url))") }
        if isKept {
            terminal.line("Its token is kept; run it with `clawrunner exec \(name) --endpoint … --payload …`.")
        } else if let token = answer["purchaseToken"]?.string {
            terminal.line("Purchase token, to be passed with --token: \(token)")
        }
    }
}

extension ConnectionOptions {
    /// Keeps the token of a skill for the caller, in place of an older one.
    /// - Returns: false when there is none, or the caller's key came from elsewhere.
    @discardableResult
    func keepToken(
        _ token: String?, of skill: (id: String, name: String), key: String?
    ) throws(CommandFailure) -> Bool {
        guard let token, let key else { return false }
        return try CredentialStore.current.update { credentials in
            var isKept = false
            credentials.update(socketPath) { market in
                isKept = market.keep(.init(skillID: skill.id, skillName: skill.name, token: token), forKey: key)
            }
            return isKept
        }
    }
}
