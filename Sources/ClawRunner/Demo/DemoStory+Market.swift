import Fields
import MarketCore

extension DemoStory {
    mutating func creditAndPurchase(_ buyer: Role) async throws(CommandFailure) {
        let admin = daemon.client(key: try daemon.operatorKey())
        let body: JSONValue = [
            "agentId": .string(buyer.id), "amount": .string(Self.credit.decimal),
            "currency": .string(Self.credit.currency.rawValue), "reference": "demo-deposit",
        ]
        // Twice, as after a lost answer: the same reference books once.
        for _ in 0..<2 {
            _ = try await admin.call(ClientRequest(.post, "/api/v1/admin/credits", body: .json(body)))
        }
        stage.line("credit of \(Self.credit), sent twice with one reference, booked once")
        let refused = try await buyer.client.send(
            ClientRequest(
                .post, "/api/v1/skills/word-stats/execute",
                body: .json(["endpoint": "/stats", "payload": ["text": "not bought yet"]])))
        stage.line("a call without a licence: \(refused.status) \(refused.json["code"]?.string ?? "")")
        stage.check(refused.status == 402, "a call without a licence is refused with 402")
        var table = TextTable([.init("LICENCE OF"), .init("KIND"), .init("PAID", .right), .init("TOKEN", widthMax: 24)])
        for skill in skills {
            let purchase = try await purchase(skill.manifest.name, buyer)
            table.add(
                skill.manifest.name, purchase["license"]?["type"]?.string ?? "",
                "\(purchase["amount"]?.string ?? "?") \(purchase["currency"]?.string ?? "")",
                tokens[skill.manifest.name] ?? "")
        }
        stage.table(table)
    }

    /// Buys a licence and keeps its token.
    @discardableResult
    mutating func purchase(_ name: String, _ buyer: Role) async throws(CommandFailure) -> JSONValue {
        let found = try await buyer.client.skill(name)
        let answer = try await buyer.client.call(
            ClientRequest(
                .post, "/api/v1/marketplace/purchase",
                body: .json(["skillId": .string(found.id), "licenseType": "personal"])))
        guard let purchase = answer.json["purchase"], let token = answer.json["purchaseToken"]?.string else {
            throw CommandFailure(.refused, "The purchase of \(name) was answered without purchase or token.")
        }
        tokens[name] = token
        let price = pricing(of: name)?.purchasePrice ?? .zero(.usdc)
        stage.check(purchase["status"] == "completed", "the purchase of \(name) is completed")
        stage.check(
            purchase["amount"]?.string == price.decimal, "the purchase of \(name) costs \(price), as its manifest says")
        paid.append(price)
        return purchase
    }

    func pricing(of name: String) -> Pricing? {
        skills.first { $0.manifest.name == name }?.manifest.pricing
    }

    /// A call of a skill with its token.
    func execution(of name: String, _ endpoint: String, _ payload: JSONValue) -> ClientRequest {
        var request = ClientRequest(
            .post, "/api/v1/skills/\(name)/execute",
            body: .json(["endpoint": .string(endpoint), "payload": payload]))
        request.headers.append(("X-Purchase-Token", tokens[name] ?? ""))
        request.headers.append(("Idempotency-Key", "\"demo-\(name)-\(endpoint.dropFirst())\""))
        return request
    }
}
