import ExecutionNode
import Fields
import Foundation
import LicenseCheck
import MarketCore
import NodeTestSupport
import Storage
import Testing

@testable import ClawRunner

@Suite("The audit log over HTTP and on the command line", .timeLimit(.minutes(2)))
struct HTTPAuditTests {
    @Test("what agents and the operator do is listed, newest first, without secrets; calls are not")
    func acts() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let seller = try await http.node.register("seller")
        let buyer = try await http.node.register("buyer")
        try await http.node.publish(by: seller)
        let made = try await http.send("POST", "/api/v1/keys", key: buyer.apiKey, json: ["name": "laptop"])
        let apiKey = try #require(made.json["apiKey"]?.string)
        let key = try #require(made.json["key"]?["id"]?.string)
        _ = try await http.send("DELETE", "/api/v1/keys/\(key)", key: buyer.apiKey)
        let credit: JSONValue = ["agentId": "buyer", "amount": "5", "reference": "r"]
        for _ in 0..<2 {
            _ = try await http.send("POST", "/api/v1/admin/credits", key: HTTPFixture.operatorKey, json: credit)
        }
        let bought = try await http.send(
            "POST", "/api/v1/marketplace/purchase", key: buyer.apiKey, json: ["skillId": "echo"])
        let token = try #require(bought.json["purchaseToken"]?.string)
        #expect(try await http.execute(key: buyer.apiKey, token: token).status == 200)
        let purchase = try #require(bought.json["purchase"]?["id"]?.string)
        _ = try await http.send(
            "POST", "/api/v1/admin/purchases/\(purchase)/revoke", key: HTTPFixture.operatorKey,
            json: ["reason": "chargeback"])

        let log = try await http.send("GET", "/api/v1/admin/audit", key: HTTPFixture.operatorKey)
        #expect(log.status == 200)
        let items = try #require(log.json["items"]?.array)
        #expect(
            items.compactMap { $0["action"]?.string } == [
                "purchase.revoked", "credit.booked", "key.revoked", "key.made", "skill.published", "agent.registered",
                "agent.registered",
            ])
        #expect(items[0]["detail"]?["reason"]?.string == "chargeback")
        #expect(items[0]["actor"]?["kind"]?.string == "operator")
        #expect(items[3]["actor"]?["id"]?.string == buyer.agent.id.description)
        #expect(log.json["head"]?["hash"] == items[0]["hash"])
        let text = String(decoding: log.body, as: UTF8.self)
        for secret in [apiKey, buyer.apiKey, token] { #expect(!text.contains(secret)) }

        let operators = try await http.send(
            "GET", "/api/v1/admin/audit?actor=operator&action=credit", key: HTTPFixture.operatorKey)
        #expect(operators.json["pagination"]?["total"] == 1)
        try await http.close()
    }

    @Test("only the operator reads it, and a filter that is wrong is told")
    func refusals() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        #expect(try await http.send("GET", "/api/v1/admin/audit").status == 401)
        let foreign = try await http.send("GET", "/api/v1/admin/audit", key: agent.apiKey)
        #expect(foreign.status == 403)
        #expect(foreign.code == "operator_only")
        for query in ["actor=somebody", "from=yesterday", "cursor=abc", "what=1"] {
            let answer = try await http.send("GET", "/api/v1/admin/audit?\(query)", key: HTTPFixture.operatorKey)
            #expect(answer.status == 400, "\(query)")
        }
        try await http.close()
    }

    @Test("the command line checks the log beside a daemon that runs, and names what is wrong")
    func commandLine() async throws {
        let cli = try CLIProcess()
        defer { NodeFixture.remove(cli.directory.path) }
        let daemon = try await StartedDaemon(cli)
        try await cli.succeed(["agent", "register", "acme"])
        let sound = try await cli.succeed(["audit", "verify", "--json"])
        #expect(sound.json?["sound"] == true)
        let head = try #require(sound.json?["head"]?.string)
        try await cli.succeed(["agent", "register", "other"])
        try await cli.succeed(["audit", "verify", "--head", head])
        let listed = try await cli.succeed(["audit", "list", "--action", "agent"])
        #expect(listed.standardOutput.contains("agent.registered"))
        #expect(listed.standardOutput.contains("acme"))
        #expect(try await daemon.stop() == 0)

        // Its own keys, or those that somebody kept.
        try cli.write("{\"keys\":[]}", to: "jwks.json")
        let unknown = try await cli.run("audit", "verify", "--jwks", "jwks.json")
        #expect(unknown.status == 1)
        #expect(unknown.standardOutput.contains("not known"))
        let other = String(head.dropLast(4)) + "0000"
        #expect(try await cli.run("audit", "verify", "--head", other).status == 1)
        #expect(try await cli.run("audit", "verify", "--head", "1").status == 2)
        #expect(try await cli.run("audit", "verify", "--data", "nowhere").status == 2)
    }

    @Test("a change of the signing key is in the log, which stays sound")
    func signingKey() async throws {
        let node = try await NodeFixture()
        _ = try await node.register("agent")
        try await node.stop()
        _ = try SigningKeys.rotate(in: node.directory + "/keys")
        let later = try await NodeFixture(directory: node.directory)
        let entry = try #require(try await later.node.audit(AuditQuery()).items.first)
        #expect(entry.action == .signingKeyChanged)
        #expect(entry.actor == .system)
        try await later.stop()
        let again = try await NodeFixture(directory: node.directory)
        #expect(try await again.node.audit(AuditQuery()).total == 2)
        try await again.close()
    }
}
