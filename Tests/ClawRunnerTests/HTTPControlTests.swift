import ExecutionNode
import Fields
import Foundation
import MarketCore
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("The operator's controls over HTTP and on the command line", .timeLimit(.minutes(2)))
struct HTTPControlTests {
    @Test("what is paused says so with a reason and when to come back, and the status lists it")
    func pause() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        let paused = try await http.send(
            "POST", "/api/v1/admin/pauses", key: HTTPFixture.operatorKey,
            json: ["what": "skill", "target": "echo", "reason": "under review", "retryAfter": 60])
        #expect(paused.status == 200, "\(paused.json)")
        let refused = try await http.execute(key: seller.apiKey)
        #expect(refused.status == 503)
        #expect(refused.code == "paused")
        #expect(refused.headers["retry-after"] == "60")
        #expect(refused.json["reason"]?.string == "under review")
        #expect(refused.json["retryable"] == true)
        let status = try await http.send("GET", "/api/v1/admin/status", key: HTTPFixture.operatorKey)
        #expect(status.json["pauses"]?[0]?["what"]?.string == "skill")
        #expect(status.json["agents"]?["active"] == 1)
        #expect(status.json["skills"]?["published"] == 1)
        let resumed = try await http.send(
            "DELETE", "/api/v1/admin/pauses?what=skill&target=echo", key: HTTPFixture.operatorKey)
        #expect(resumed.status == 200)
        #expect(try await http.execute(key: seller.apiKey).status == 200)
        try await http.close()
    }

    @Test("only the operator controls, and what is wrong is told")
    func refusals() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        for (method, path) in [
            ("GET", "status"), ("GET", "pauses"), ("POST", "pauses"), ("DELETE", "pauses"),
            ("POST", "agents/agent/ban"),
            ("POST", "agents/agent/unban"), ("POST", "agents/agent/reactivate"), ("PUT", "featured"),
        ] {
            let answer = try await http.send(method, "/api/v1/admin/\(path)", key: agent.apiKey, json: [:])
            #expect(answer.code == "operator_only", "\(method) \(path)")
        }
        for (body, status) in [
            (["what": "everything", "reason": "r"], 422), (["what": "skill", "reason": "r"], 422),
            (["what": "skill", "target": "none", "reason": "r"], 404), (["what": "executions"], 422),
            (["what": "executions", "target": "agent", "reason": "r"], 422),
            (["what": "executions", "reason": "r", "retryAfter": 0], 422),
            (["what": "executions", "reason": .string(String(repeating: "r", count: 501))], 422),
        ] as [(JSONValue, Int)] {
            let answer = try await http.send(
                "POST", "/api/v1/admin/pauses", key: HTTPFixture.operatorKey, json: body)
            #expect(answer.status == status, "\(body) \(answer.json)")
        }
        let twice = try await http.send("PUT", "/api/v1/admin/featured", key: HTTPFixture.operatorKey, json: [:])
        #expect(twice.status == 422)
        try await http.close()
    }

    @Test("an agent shows its trade, changes itself, and is shown as banned without its skills")
    func agent() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let seller = try await http.node.register("seller")
        let buyer = try await http.node.register("buyer")
        let skill = try await http.node.publish(by: seller)
        try await http.node.credit(buyer, "1")
        let token = try await http.node.buy(skill, by: buyer)
        _ = try await http.execute(key: buyer.apiKey, token: token)
        let shown = try await http.send("GET", "/api/v1/agents/seller")
        let stats = shown.json["stats"]
        #expect(stats?["skills"] == 1)
        #expect(stats?["totalSales"] == 1)
        #expect(stats?["buyers"] == 1)
        #expect(stats?["callsServed"] == 1)
        #expect(shown.json["skills"]?.array?.count == 1)

        let changed = try await http.send(
            "PATCH", "/api/v1/agents/seller", key: seller.apiKey, json: ["description": "New", "avatar": nil])
        #expect(changed.json["agent"]?["description"]?.string == "New")
        for (body, status) in [
            ([:], 422), (["name": "x"], 422), (["description": .string(String(repeating: "x", count: 1025))], 422),
            (["ownerWallet": "x"], 422),
        ] as [(JSONValue, Int)] {
            let answer = try await http.send("PATCH", "/api/v1/agents/seller", key: seller.apiKey, json: body)
            #expect(answer.status == status, "\(body) \(answer.json)")
        }
        let foreign = try await http.send(
            "PATCH", "/api/v1/agents/seller", key: buyer.apiKey, json: ["description": "x"])
        #expect(foreign.code == "not_the_agent")
        let narrow = try await http.send("POST", "/api/v1/keys", key: seller.apiKey, json: ["scopes": ["publish"]])
        let wallet = try await http.send(
            "PATCH", "/api/v1/agents/seller", key: narrow.json["apiKey"]?.string,
            json: ["ownerWallet": .string(NodeFixture.wallet)])
        #expect(wallet.code == "scope_missing")
        #expect(wallet.json["scope"]?.string == "billing")

        let banned = try await http.send(
            "POST", "/api/v1/admin/agents/seller/ban", key: HTTPFixture.operatorKey, json: ["reason": "r"])
        #expect(banned.status == 200, "\(banned.json)")
        let refused = try await http.send("GET", "/api/v1/keys", key: seller.apiKey)
        #expect(refused.status == 403)
        #expect(refused.code == "agent_banned")
        let gone = try await http.send("GET", "/api/v1/agents/seller")
        #expect(gone.json["agent"]?["status"]?.string == "banned")
        #expect(gone.json["skills"] == [])
        #expect(try await http.send("GET", "/api/v1/skills").json["skills"] == [])
        #expect(try await http.execute(key: buyer.apiKey, token: token).code == "seller_banned")
        try await http.close()
    }

    @Test("names that look like others are taken, and those of the market are reserved")
    func names() async throws {
        let http = try await HTTPFixture(NodeFixture())
        func register(_ name: String) async throws -> HTTPFixture.Answer {
            try await http.send(
                "POST", "/api/v1/agents/register",
                json: ["name": .string(name), "ownerWallet": .string(NodeFixture.wallet)])
        }
        #expect(try await register("acme tools").status == 201)
        let taken = try await register("Acme_T00ls")
        #expect(taken.code == "name_taken")
        #expect(taken.json["detail"]?.string?.contains("looks like") == true)
        let reserved = try await register("ClawOS support")
        #expect(reserved.code == "invalid_field")
        #expect(reserved.json["field"]?.string == "name")
        #expect(try await register("аcme").status == 422)
        try await http.close()
    }

    @Test("the operator pauses, resumes, bans and features from the command line, across a restart; all is in the log")
    func commandLine() async throws {
        let cli = try CLIProcess()
        defer { NodeFixture.remove(cli.directory.path) }
        var daemon = try await StartedDaemon(cli)
        let market = try await EchoMarket(cli, socket: daemon.socket, operatorKey: cli.path("data/operator.key"))
        try await cli.succeed(["admin", "feature", "echo"])
        let featured = try await daemon.client().call(ClientRequest(.get, "/api/v1/marketplace/featured"))
        #expect(featured.json["skills"]?[0]?["name"]?.string == "echo")
        try await cli.succeed(["admin", "pause", "executions", "--reason", "a new disk"])
        #expect(try await daemon.client(market.apiKey).send(market.request()).status == 503)
        #expect(try await daemon.stop() == 0)
        daemon = try await StartedDaemon(cli)
        let status = try await cli.succeed(["admin", "status"])
        #expect(status.standardOutput.contains("Paused      executions"))
        let refused = try await daemon.client(market.apiKey).send(market.request())
        #expect(refused.json["code"]?.string == "paused")
        try await cli.succeed(["admin", "resume", "executions"])
        #expect(try await cli.run("admin", "resume", "executions").status == 2)
        #expect(try await daemon.client(market.apiKey).send(market.request()).status == 200)

        try await cli.succeed(["admin", "ban", "buyer", "--reason", "chargebacks"])
        #expect(try await daemon.client(market.apiKey).send(market.request()).json["code"]?.string == "agent_banned")
        try await cli.succeed(["admin", "unban", "buyer"])
        try await cli.succeed(["agent", "update", "--as", "seller", "--description", "Sells echoes"])
        let listed = try await cli.succeed(["agent", "list", "--search", "echoes"])
        #expect(listed.standardOutput.contains("seller"))
        let narrow = try await cli.succeed(
            ["agent", "key", "new", "--as", "buyer", "--scope", "read", "--address", "unix", "--json"])
        #expect(narrow.json?["key"]?["scopes"] == ["read"])
        let keys = try await cli.succeed(["agent", "key", "list", "--as", "buyer"])
        #expect(keys.standardOutput.contains("unix"))
        #expect(try await cli.run("agent", "deactivate", "--as", "buyer").status == 2)
        #expect(try await cli.run("agent", "deactivate", "--as", "buyer", "--yes").status == 1)
        try await cli.succeed(["agent", "deactivate", "--as", "buyer", "--yes", "--leave-balance"])
        try await cli.succeed(["admin", "reactivate", "buyer"])
        try await cli.succeed(["agent", "show", "buyer"])

        let log = try await cli.succeed(["audit", "list", "--json"])
        let actions = (log.json?["items"]?.array ?? []).compactMap { $0["action"]?.string }
        #expect(
            actions.prefix(9) == [
                "agent.reactivated", "agent.deactivated", "key.made", "agent.updated", "agent.unbanned", "agent.banned",
                "pause.ended", "pause.set", "featured.changed",
            ])
        try await cli.succeed(["audit", "verify"])
        #expect(try await daemon.stop() == 0)
    }
}
