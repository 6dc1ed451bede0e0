import ArgumentParser
import Fields

struct PurchaseUpgrade: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "Make a licence larger against the difference of today's prices.",
        discussion: """
            A licence becomes larger only: personal, commercial, enterprise, or a higher usage limit. With --max-price 0 \
            nothing is paid, and the refusal says what it would cost. Its new token is kept; the one before stays valid.

            Examples:
              clawrunner purchase upgrade 0190a0a0-0000-7000-8000-000000000000 --license commercial
              clawrunner purchase upgrade 0190a0a0-0000-7000-8000-000000000000 --usage-limit 5000 --max-price 2.50
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The purchase's identifier.")
    var purchase: String

    @Option(help: "commercial or enterprise; default: its kind stays.")
    var license: String?

    @Option(help: "The most runs that may be billed under it; default: its limit stays.")
    var usageLimit: Int64?

    @Option(help: "The most that it may cost, in whole units; default: today's prices.")
    var maxPrice: String?

    @Option(help: ArgumentHelp("Repeating the command with the same key upgrades only once.", valueName: "key"))
    var idempotencyKey: String?

    func validate() throws {
        guard license != nil || usageLimit != nil else {
            throw ValidationError("Say what it shall become: --license, --usage-limit, or both.")
        }
    }

    func run() async throws {
        let client = try connection.client()
        var body: JSONObject = [:]
        if let license { body["licenseType"] = .string(license) }
        if let usageLimit { body["usageLimit"] = .number(usageLimit) }
        if let maxPrice { body["maxPrice"] = .string(maxPrice) }
        var request = ClientRequest(
            .post, "/api/v1/purchases/\(ClientRequest.escaped(purchase))/upgrade", body: .json(.object(body)))
        if let idempotencyKey { request.headers.append(("Idempotency-Key", idempotencyKey)) }
        let answer = try await client.call(request).json
        let skillID = answer["purchase"]?["skillId"]?.string ?? ""
        let name = try await client.skill(skillID).name
        try connection.keepToken(answer["purchaseToken"]?.string, of: (skillID, name), key: client.key)
        if connection.json {
            Terminal.output.line(answer.description)
            return
        }
        let upgrade = answer["upgrade"]
        Terminal.output.line("Paid \(upgrade?["amount"]?.string ?? "0") \(upgrade?["currency"]?.string ?? "").")
        PurchaseText(answer["purchase"]).lines.forEach { Terminal.output.line($0) }
    }
}
