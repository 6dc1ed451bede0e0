import Fields
import MarketCore
import Metering

extension DemoStory {
    /// The usage table; every run of the story is in it once, as it was answered.
    func showUsage(_ buyer: Role) async throws(CommandFailure) {
        var request = ClientRequest(.get, "/api/v1/usage")
        request.query = [("limit", "200")]
        let items = try await buyer.client.call(request).json["items"]?.array ?? []
        var table = UsageTable(skillNames: try await SkillNames.of(items, buyer.client), showsDate: false)
        for usage in items.reversed() { table.add(usage) }
        table.lines(.output).forEach { stage.styledLine($0) }
        stage.check(items.count == runs.count, "\(runs.count) runs are recorded, not \(items.count)")
        for run in runs {
            let record = items.first { $0["id"] == run.usage["id"] }
            stage.check(record == run.usage, "the record of \(run.skill) is the one that was answered")
        }
        try await checkReceipts()
    }

    /// Receipts need nothing but the public keys: no account, and no trust in the connection.
    private func checkReceipts() async throws(CommandFailure) {
        let keys = try await daemon.client(key: nil).call(ClientRequest(.get, "/.well-known/jwks.json")).json
        let verifier = ReceiptVerifier(jwks: keys)
        var good = 0
        for run in runs {
            do {
                let claims = try verifier.verify(run.receipt).claims
                let matches =
                    claims.usageID.description == run.usage["id"]?.string && claims.number == 1
                    && claims.verdict == run.usage["verdict"]?.string && claims.cost == run.price
                good += stage.check(matches, "the receipt of \(run.skill) says what its record says") ? 1 : 0
            } catch {
                stage.check(false, "the receipt of \(run.skill) is signed by the daemon: \(error)")
            }
        }
        stage.line("\(good) of \(runs.count) receipts: signature and contents verified with the public key")
    }

    /// Balances against the sums that the prices give, and the ledger against itself.
    func showMoney(seller: Role, buyer: Role) async throws(CommandFailure) {
        let payments = paid + runs.map(\.price)
        let spent = payments.reduce(0) { $0 + $1.base }
        let fees = payments.reduce(0) { $0 + PaymentSplit($1).fee.base }
        let admin = daemon.client(key: try daemon.operatorKey())
        let ledger = LedgerSummary(try await admin.call(ClientRequest(.get, "/api/v1/admin/ledger")).json)
        let sums = ledger.sums.first { $0.currency == Currency.usdc.rawValue }

        let rows: [(account: String, amount: Int64?, expected: Int64)] = [
            ("seller (97.5 %)", try await balance(seller), spent - fees),
            ("platform (2.5 %)", sums?.platformBase, fees),
            ("buyer", try await balance(buyer), Self.credit.base - spent),
            ("deposits", sums?.depositsBase, -Self.credit.base),
        ]
        var table = TextTable([.init("ACCOUNT"), .init("BALANCE (USDC)", .right)])
        for row in rows { table.add(row.account, row.amount.map { Money(base: $0, currency: .usdc).decimal } ?? "?") }
        let total = rows.reduce(0) { $0 + ($1.amount ?? 0) }
        table.add("sum", Money(base: total, currency: .usdc).decimal)
        stage.table(table)
        stage.line("ledger: \(ledger.sentence)")

        for row in rows {
            let expected = Money(base: row.expected, currency: .usdc)
            stage.check(row.amount == row.expected, "\(row.account) must be \(expected)")
        }
        stage.check(total == 0, "the accounts add up to zero")
        stage.check(sums?.totalBase == 0 && ledger.isSound, "the daemon's own check of the ledger finds it sound")
    }

    private func balance(_ role: Role) async throws(CommandFailure) -> Int64? {
        let answer = try await role.client.call(ClientRequest(.get, "/api/v1/balances"))
        let own = answer.json["items"]?.array?.first { $0["currency"]?.string == Currency.usdc.rawValue }
        // An agent that never had any has no entry.
        guard let own else { return 0 }
        return (own["amount"]?.string).flatMap { try? Money(decimal: $0, currency: .usdc).base }
    }
}
