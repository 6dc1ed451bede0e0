import ExecutionNode
import Fields
import Foundation
import Metering
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("HTTP: the market over a Unix socket", .timeLimit(.minutes(2)))
struct HTTPMarketTests {
    @Test("register, upload, publish, credit, buy, verify, execute, usage, balances, ledger: the whole way")
    func wholeWay() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        let wallet = NodeFixture.wallet
        func register(_ name: String) async throws -> (id: String, key: String) {
            let answer = try await http.send(
                "POST", "/api/v1/agents/register", json: ["name": .string(name), "ownerWallet": .string(wallet)])
            #expect(answer.status == 201)
            #expect(answer.headers["cache-control"] == "no-store")
            return (
                try #require(answer.json["agent"]?["id"]?.string), try #require(answer.json["apiKey"]?.string)
            )
        }
        let seller = try await register("seller")
        let buyer = try await register("buyer")

        let archive = try NodeFixture.archive(["skill.toml": NodeFixture.manifest()])
        let upload = try await http.send("POST", "/api/v1/packages", key: seller.key, body: archive)
        #expect(upload.status == 201)
        #expect(upload.json["manifest"]?["name"]?.string == "echo")
        let digest = try #require(upload.json["digest"]?.string)
        #expect(try await http.send("POST", "/api/v1/packages", key: seller.key, body: archive).status == 200)

        let published = try await http.send(
            "POST", "/api/v1/skills", key: seller.key, json: ["code": ["package": .string(digest)]])
        #expect(published.status == 201)
        #expect(published.json["deploymentUrl"]?.string == "/api/v1/skills/echo/execute")
        let skillID = try #require(published.json["skill"]?["id"]?.string)

        let credit: JSONValue = ["agentId": .string(buyer.id), "amount": 2, "currency": "USDC", "reference": "r1"]
        let booked = try await http.send("POST", "/api/v1/admin/credits", key: HTTPFixture.operatorKey, json: credit)
        #expect(booked.status == 201)
        #expect(booked.json["balance"]?["amount"]?.string == "2")
        let again = try await http.send("POST", "/api/v1/admin/credits", key: HTTPFixture.operatorKey, json: credit)
        #expect(again.status == 200)
        #expect(again.headers["idempotent-replayed"] == "true")
        #expect(again.json["balance"]?["amount"]?.string == "2")

        let purchase = try await http.send(
            "POST", "/api/v1/marketplace/purchase", key: buyer.key,
            json: ["skillId": .string(skillID), "licenseType": "commercial", "usageLimit": 3])
        #expect(purchase.status == 201)
        #expect(purchase.json["paymentUrl"] == .null)
        #expect(purchase.json["purchase"]?["license"]?["type"]?.string == "commercial")
        let token = try #require(purchase.json["purchaseToken"]?.string)

        let verified = try await http.send(
            "GET", "/api/v1/marketplace/verify/echo", key: buyer.key, headers: [("X-Purchase-Token", token)])
        #expect(verified.json["valid"] == true)
        #expect(verified.json["license"]?["usageLimit"]?.int64 == 3)
        let owned = try await http.send("GET", "/api/v1/marketplace/verify/\(skillID)", key: buyer.key)
        #expect(owned.json["valid"] == true)

        // By either path and either header.
        let first = try await http.execute(key: buyer.key, token: token)
        let second = try await http.send(
            "POST", "/skills/\(skillID)/execute", key: buyer.key, headers: [("X-License-Token", token)],
            json: ["endpoint": "/echo", "payload": [1, 2]])
        #expect(first.json["result"]?["echo"]?["text"]?.string == "hi")
        #expect(second.json["result"]?["echo"] == [1, 2])
        #expect(first.headers["ratelimit-policy"]?.contains("\"license\";q=6000;w=60") == true)
        #expect(first.headers["ratelimit"]?.contains("\"license\";r=999;") == true)

        let usage = try await http.send("GET", "/api/v1/usage?skillId=echo&limit=1", key: buyer.key)
        #expect(usage.json["items"]?.array?.count == 1)
        #expect(usage.json["pagination"]?["total"]?.int64 == 2)
        let cursor = try #require(usage.json["pagination"]?["nextCursor"]?.string)
        let rest = try await http.send(
            "GET", "/api/v1/usage?skillId=echo&limit=1&cursor=\(cursor)", key: buyer.key)
        #expect(rest.json["items"]?.array?.count == 1)
        #expect(rest.json["items"]?[0]?["id"] != usage.json["items"]?[0]?["id"])
        #expect(rest.json["pagination"]?["nextCursor"] == .null)
        let none = try await http.send("GET", "/api/v1/usage?to=2020-01-01T00:00:00Z", key: buyer.key)
        #expect(none.json["items"] == [])
        #expect(try await http.send("GET", "/api/v1/usage", key: seller.key).json["items"] == [])

        let id = try #require(first.json["usage"]?["id"]?.string)
        let execution = try await http.send("GET", "/api/v1/executions/\(id)", key: buyer.key)
        #expect(execution.json["execution"]?["verdict"]?["kind"]?.string == "ok")
        #expect(execution.json["execution"]?["receipt"] == first.json["receipt"])

        let balances = try await http.send("GET", "/api/v1/balances", key: buyer.key)
        #expect(balances.json["items"]?[0]?["amount"]?.string == "1.998")
        #expect(balances.json["items"]?[0]?["available"]?.string == "1.998")

        let ledger = try await http.send("GET", "/api/v1/admin/ledger", key: HTTPFixture.operatorKey)
        #expect(ledger.json["sound"] == true)
        #expect(ledger.json["sums"]?[0]?["totalBase"]?.string == "0")
        #expect(ledger.json["platform"]?[0]?["amount"]?.string == "0.00005")

        let purchaseID = try #require(purchase.json["purchase"]?["id"]?.string)
        let revoked = try await http.send(
            "POST", "/api/v1/admin/purchases/\(purchaseID)/revoke", key: HTTPFixture.operatorKey,
            json: ["reason": "misuse"])
        #expect(revoked.status == 200)
        let refused = try await http.execute(key: buyer.key, token: token)
        #expect(refused.status == 403)
        #expect(refused.code == "purchase_revoked")

        let list = try await http.send("GET", "/api/v1/skills?category=utility&sort=popular&search=gives")
        #expect(list.json["skills"]?[0]?["downloadCount"]?.int64 == 1)
        let shown = try await http.send("GET", "/api/v1/agents/seller")
        #expect(shown.json["skills"]?[0]?["name"]?.string == "echo")
        #expect(try await http.send("GET", "/api/v1/agents?search=buy").json["agents"]?.array?.count == 1)
        try await http.close()
    }

    @Test("a key repeated over HTTP gets the same answer with Idempotent-Replayed; another body 422; in flight 409")
    func idempotency() async throws {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner))
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        let header = [("Idempotency-Key", "\"a-1\"")]
        let first = try await http.execute(key: seller.apiKey, headers: header)
        let second = try await http.execute(key: seller.apiKey, headers: header)
        #expect(first.headers["idempotent-replayed"] == nil)
        #expect(second.headers["idempotent-replayed"] == "true")
        #expect(second.body == first.body)
        #expect(second.headers["content-type"] == "application/json")
        let other = try await http.execute(key: seller.apiKey, payload: ["text": "other"], headers: header)
        #expect(other.status == 422)
        #expect(other.code == "idempotency_key_reused")

        async let slow = http.execute(
            key: seller.apiKey, payload: ["sleep": 400], headers: [("Idempotency-Key", "slow")])
        while runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        let busy = try await http.execute(
            key: seller.apiKey, payload: ["sleep": 400], headers: [("Idempotency-Key", "slow")])
        #expect(busy.status == 409)
        #expect(busy.headers["retry-after"] == "1")
        #expect(try await slow.status == 200)
        #expect(runner.started == 2)
        try await http.close()
    }

    @Test(
        "64 connections of one agent with 50 calls each against a licence of 1,000 uses: 1,000 succeed, the rest get 402"
    )
    func storm() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        let seller = try await http.node.register("seller")
        let buyer = try await http.node.register("buyer")
        let skill = try await http.node.publish(by: seller)
        try await http.node.credit(buyer, "100")
        let token = try await http.node.buy(skill, by: buyer, usageLimit: 1000)
        let statuses = try await withThrowingTaskGroup(of: [Int: Int].self) { group in
            for _ in 0..<64 {
                group.addTask {
                    var statuses: [Int: Int] = [:]
                    for _ in 0..<50 {
                        let answer = try await http.execute(key: buyer.apiKey, token: token)
                        statuses[answer.status, default: 0] += 1
                        if answer.status != 200 { #expect(answer.code == "usage_limit_reached") }
                    }
                    return statuses
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
        #expect(statuses == [200: 1000, 402: 2200])
        let ledger = try await http.node.node.ledger()
        #expect(ledger.check.isSound)
        #expect(ledger.check.sums.map(\.totalBase) == [0])
        #expect(ledger.check.usages == 1000)
        #expect(try await http.node.balance(buyer) == "99")
        #expect(try await http.node.balance(seller) == "0.975")
        try await http.close()
    }
}
