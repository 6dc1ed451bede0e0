import ExecutionNode
import Fields
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("HTTP: reviews and reputations", .timeLimit(.minutes(2)))
struct HTTPReviewTests {
    private let path = "/api/v1/skills/echo/reviews"

    /// A seller, and a buyer of another wallet who ran its skill once.
    private func market() async throws -> (HTTPFixture, seller: NodeFixture.Member, buyer: NodeFixture.Member) {
        let http = try await HTTPFixture(try await NodeFixture())
        let seller = try await http.node.register("seller")
        let buyer = try await http.node.register("buyer", wallet: NodeFixture.wallets[0])
        let skill = try await http.node.publish(by: seller)
        try await http.node.credit(buyer, "10")
        let token = try await http.node.buy(skill, by: buyer)
        #expect(try await http.execute(key: buyer.apiKey, token: token).status == 200)
        return (http, seller, buyer)
    }

    @Test("a buyer reviews, edits and is answered; the page, the list and the reputation follow")
    func life() async throws {
        let (http, seller, buyer) = try await market()
        let written = try await http.send(
            "POST", path, key: buyer.apiKey, json: ["stars": 2, "text": "Slow.\nBut right, naïve 👩‍🚀 too."])
        #expect(written.status == 201)
        let id = try #require(written.json["review"]?["id"]?.string)
        #expect(written.json["review"]?["version"]?.string == "1.0.0")
        let twice = try await http.send("POST", path, key: buyer.apiKey, json: ["stars": 5])
        #expect(twice.status == 409 && twice.code == "review_exists")

        let before = try await http.send("GET", "/api/v1/agents/seller/reputation")
        let edited = try await http.send("PATCH", "\(path)/\(id)", key: buyer.apiKey, json: ["stars": 4])
        #expect(edited.json["review"]?["text"]?.string?.hasPrefix("Slow.") == true)
        #expect(edited.json["review"]?["editedAt"]?.string != nil)
        let after = try await http.send("GET", "/api/v1/agents/seller/reputation")
        let (low, high) = (
            before.json["reputation"]?.number?.double ?? 0, after.json["reputation"]?.number?.double ?? 0
        )
        #expect(low > 0 && high > low)
        let agent = try await http.send("GET", "/api/v1/agents/seller")
        #expect(agent.json["agent"]?["reputation"]?.number?.double == high)

        let reply = try await http.send(
            "PUT", "\(path)/\(id)/reply", key: seller.apiKey, json: ["text": "It is faster now."])
        #expect(reply.json["review"]?["reply"]?["text"]?.string == "It is faster now.")
        #expect(try await http.send("PUT", "\(path)/\(id)/reply", key: buyer.apiKey, json: ["text": "x"]).status == 403)
        #expect(try await http.send("PATCH", "\(path)/\(id)", key: seller.apiKey, json: ["stars": 5]).status == 403)

        let shown = try await http.send("GET", "/api/v1/skills/echo")
        #expect(shown.json["reviews"]?[0]?["id"]?.string == id)
        #expect(shown.json["skill"]?["rating"]?.number?.double == 4)
        #expect(shown.json["skill"]?["reviewCount"]?.int64 == 1)
        let list = try await http.send("GET", "\(path)?sort=helpful&limit=1")
        #expect(list.json["pagination"]?["total"]?.int64 == 1)
        #expect(try await http.send("GET", "\(path)?sort=best").status == 400)
        try await http.close()
    }

    @Test("who did not buy and run, sells, or has the seller's wallet says nothing")
    func refused() async throws {
        let (http, seller, buyer) = try await market()
        let stranger = try await http.node.register("stranger", wallet: NodeFixture.wallets[1])
        let sibling = try await http.node.register("sibling")
        try await http.node.credit(sibling, "1")
        let skill = try await http.node.node.skill("echo")
        let token = try await http.node.buy(skill, by: sibling)
        #expect(try await http.execute(key: sibling.apiKey, token: token).status == 200)
        let licensed = try await http.node.register("licensed", wallet: NodeFixture.wallets[2])
        _ = try await http.node.buy(skill, by: licensed)
        for member in [seller, stranger, sibling, licensed] {
            let answer = try await http.send("POST", path, key: member.apiKey, json: ["stars": 5])
            #expect(answer.status == 403 && answer.code == "review_not_allowed")
        }
        #expect(try await http.send("POST", path, json: ["stars": 5]).status == 401)
        let faults: [JSONValue] = [
            ["stars": 0], ["stars": 6], ["stars": 4.5], ["stars": "5"], [:], ["stars": 5, "title": "x"],
            ["stars": 5, "text": "right\u{202E}tfel"], ["stars": 5, "text": "bell\u{7}"], ["stars": 5, "text": "  "],
            ["stars": 5, "text": .string(String(repeating: "x", count: 4001))],
        ]
        for fault in faults {
            let answer = try await http.send("POST", path, key: buyer.apiKey, json: fault)
            #expect(answer.status == 422 && answer.code == "invalid_field", "\(fault)")
        }
        #expect(try await http.send("PATCH", "\(path)/none", key: buyer.apiKey, json: ["stars": 5]).status == 404)
        try await http.close()
    }

    @Test("a report reaches the operator, who removes the review; it counts no longer")
    func reports() async throws {
        let (http, seller, buyer) = try await market()
        let written = try await http.send("POST", path, key: buyer.apiKey, json: ["stars": 1, "text": "Buy mine"])
        let id = try #require(written.json["review"]?["id"]?.string)
        let helper = try await http.node.register("helper", wallet: NodeFixture.wallets[1])
        #expect(try await http.send("PUT", "\(path)/\(id)/helpful", key: helper.apiKey).status == 403)
        #expect(try await http.send("PUT", "\(path)/\(id)/helpful", key: buyer.apiKey).status == 403)
        try await http.node.credit(helper, "1")
        let token = try await http.node.buy(try await http.node.node.skill("echo"), by: helper)
        #expect(try await http.execute(key: helper.apiKey, token: token).status == 200)
        let helpful = try await http.send("PUT", "\(path)/\(id)/helpful", key: helper.apiKey)
        #expect(helpful.json["review"]?["helpfulCount"]?.int64 == 1)
        let taken = try await http.send("DELETE", "\(path)/\(id)/helpful", key: helper.apiKey)
        #expect(taken.json["review"]?["helpfulCount"]?.int64 == 0)

        let reason: JSONValue = ["reason": "It advertises."]
        #expect(try await http.send("POST", "\(path)/\(id)/report", key: seller.apiKey, json: reason).status == 200)
        #expect(try await http.send("POST", "\(path)/\(id)/report", key: buyer.apiKey, json: reason).status == 403)
        let admin = "/api/v1/admin/reviews"
        #expect(try await http.send("GET", admin, key: seller.apiKey).status == 403)
        let reported = try await http.send("GET", admin, key: HTTPFixture.operatorKey)
        #expect(reported.json["items"]?[0]?["review"]?["id"]?.string == id)
        let kept = try await http.send("POST", "\(admin)/\(id)/keep", key: HTTPFixture.operatorKey)
        #expect(kept.status == 200)
        #expect(try await http.send("GET", admin, key: HTTPFixture.operatorKey).json["items"] == [])
        let removed = try await http.send(
            "POST", "\(admin)/\(id)/remove", key: HTTPFixture.operatorKey, json: reason)
        #expect(removed.json["review"]?["removed"]?["reason"]?.string == "It advertises.")
        #expect(try await http.send("GET", path).json["items"] == [])
        #expect(try await http.send("PATCH", "\(path)/\(id)", key: buyer.apiKey, json: ["stars": 5]).status == 404)
        #expect(try await http.send("GET", "/api/v1/skills/echo").json["skill"]?["rating"]?.number?.double == 0)
        let recount = try await http.send(
            "POST", "/api/v1/admin/reputation/recount", key: HTTPFixture.operatorKey)
        #expect(recount.json["differing"] == [])
        try await http.close()
    }
}
