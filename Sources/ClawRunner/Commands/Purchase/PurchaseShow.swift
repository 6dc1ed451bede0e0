import ArgumentParser
import Fields

struct PurchaseShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a purchase with what was paid for it and given back.",
        discussion: """
            Example:
              clawrunner purchase show 0190a0a0-0000-7000-8000-000000000000
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The purchase's identifier.")
    var purchase: String

    func run() async throws {
        let answer = try await connection.client().call(
            ClientRequest(.get, "/api/v1/purchases/\(ClientRequest.escaped(purchase))")
        ).json
        if connection.json {
            Terminal.output.line(answer.description)
        } else {
            PurchaseText(answer["purchase"]).lines.forEach { Terminal.output.line($0) }
            for payment in answer["payments"]?.array ?? [] {
                let period = payment["periodEnd"]?.string.map { " for the time until \($0)" } ?? ""
                Terminal.output.line(
                    "Paid \(Self.amount(payment)) on \(payment["createdAt"]?.string ?? "")\(period)")
            }
            for upgrade in answer["upgrades"]?.array ?? [] {
                Terminal.output.line(
                    "Upgraded on \(upgrade["createdAt"]?.string ?? "") from \(Self.terms(upgrade["from"])) to "
                        + "\(Self.terms(upgrade["to"])) for \(Self.amount(upgrade))")
            }
            for refund in answer["refunds"]?.array ?? [] {
                Terminal.output.line(
                    "Given back \(Self.amount(refund)) on \(refund["createdAt"]?.string ?? ""): "
                        + Terminal.oneLine(refund["reason"]?.string ?? ""))
            }
        }
    }

    private static func terms(_ terms: JSONValue?) -> String {
        "\(terms?["type"]?.string ?? "")"
            + (terms?["usageLimit"]?.int64.map { " with at most \($0) runs" } ?? "")
    }

    private static func amount(_ value: JSONValue) -> String {
        "\(value["amount"]?.string ?? "") \(value["currency"]?.string ?? "")"
    }
}

/// A purchase in sentences.
struct PurchaseText {
    private let purchase: JSONValue?

    init(_ purchase: JSONValue?) {
        self.purchase = purchase
    }

    var lines: [String] {
        let license = purchase?["license"]
        var lines = [
            "A \(license?["type"]?.string ?? "") licence at \(PriceText(purchase?["pricing"])), "
                + "\(purchase?["status"]?.string ?? "").",
            uses,
        ]
        if let subscription = purchase?["subscription"], !subscription.isNull {
            let end = license?["expiresAt"]?.string ?? ""
            lines.append(
                subscription["renews"] == true
                    ? "Paid until \(end), and renewed then." : "Paid until \(end); it ends then.")
        }
        if let reason = purchase?["revokedReason"]?.string { lines.append("Revoked: \(Terminal.oneLine(reason))") }
        return lines
    }

    private var uses: String {
        let used = purchase?["license"]?["currentUsage"]?.int64 ?? 0
        var text = "\(used) billed \(used == 1 ? "run" : "runs")"
        if let limit = purchase?["license"]?["usageLimit"]?.int64 { text += " of at most \(limit)" }
        if let trial = purchase?["trialCallsLeft"]?.int64, trial > 0 { text += ", \(trial) free ones left" }
        return text + "."
    }
}
