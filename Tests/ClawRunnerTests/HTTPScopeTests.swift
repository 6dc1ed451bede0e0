import AsyncHTTPClient
import ExecutionNode
import Fields
import Foundation
import HTTPTypes
import MarketCore
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("Scopes and addresses of API keys", .timeLimit(.minutes(3)))
struct HTTPScopeTests {
    private func key(
        _ http: HTTPFixture, _ maker: String, _ fields: JSONObject
    ) async throws -> (status: Int, text: String, answer: HTTPFixture.Answer) {
        let answer = try await http.send("POST", "/api/v1/keys", key: maker, json: .object(fields))
        return (answer.status, answer.json["apiKey"]?.string ?? "", answer)
    }

    private func routes(_ http: HTTPFixture) -> [(route: Route, operation: OpenAPIOperation)] {
        let routes = HTTPServer.routes(
            node: http.node.node, operatorKey: OperatorKey(HTTPFixture.operatorKey), metrics: PrometheusMetrics(),
            readiness: http.readiness, runs: http.runs)
        return routes.compactMap { route in
            OpenAPIOperation.all.first { $0.path == route.path && $0.method.uppercased() == route.method.rawValue }
                .map { (route, $0) }
        }
    }

    @Test("every route that changes something with an agent's key names what the key must be good for")
    func named() async throws {
        let http = try await HTTPFixture(NodeFixture())
        for (route, operation) in routes(http) where route.method != .get && operation.security == .agent {
            #expect(route.namesScopes, "\(route.method) \(route.path)")
        }
        try await http.close()
    }

    @Test("a key is let through exactly where its scopes reach, on every route")
    func matrix() async throws {
        let http = try await HTTPFixture(NodeFixture { $0.registrationRate = $0.agentRate })
        let agent = try await http.node.register("agent")
        var tried = 0
        for name in KeyScopes.all.names {
            let scope = try #require(KeyScopes(names: [name]))
            let made = try await key(http, agent.apiKey, ["scopes": [.string(name)]])
            #expect(made.status == 201)
            for (route, operation) in routes(http) where operation.security == .agent {
                let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "agent" : String($0) }
                let answer = try await http.send(
                    route.method.rawValue, "/" + path.joined(separator: "/"), key: made.text,
                    json: [:])
                let isReached = route.scopes.isSubset(of: scope)
                #expect(
                    (answer.code == "scope_missing") == !isReached,
                    "\(name): \(route.method) \(route.path) \(answer.status) \(answer.json)")
                if !isReached {
                    #expect(answer.status == 403)
                    let missing = try #require(answer.json["scope"]?.string)
                    #expect(route.scopes.subtracting(scope).names.contains(missing))
                    tried += 1
                }
            }
        }
        #expect(tried > 40)
        try await http.close()
    }

    @Test("a key makes no key that may do more than itself, nor ends one that may")
    func makers() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        let end = "2100-01-01T00:00:00Z"
        let narrow = try await key(
            http, agent.apiKey,
            ["scopes": ["read", "execute"], "addresses": ["unix", "10.0.0.0/8"], "expiresAt": .string(end)])
        #expect(narrow.status == 201, "\(narrow.answer.json)")
        #expect(narrow.answer.json["key"]?["scopes"] == ["read", "execute"])
        #expect(narrow.answer.json["key"]?["addresses"] == ["unix", "10.0.0.0/8"])

        for (fields, code) in [
            (["scopes": ["read", "billing"]], "scope_missing"), (["scopes": ["everything"]], "invalid_field"),
            (["scopes": []], "invalid_field"), (["scopes": ["read", "read"]], "invalid_field"),
            (["addresses": []], "invalid_field"), (["addresses": ["0.0.0.0/0"]], "invalid_field"),
            (["addresses": ["10.0.0.1/8"]], "invalid_field"),
            (["addresses": .array(Array(repeating: "10.0.0.1", count: 33))], "invalid_field"),
            (["expiresAt": "2100-01-01T00:00:01Z"], "invalid_field"),
        ] as [(JSONObject, String)] {
            let refused = try await key(http, narrow.text, fields)
            #expect(refused.answer.code == code, "\(fields)")
        }
        let heir = try await key(http, narrow.text, ["scopes": ["read"], "addresses": ["unix"]])
        #expect(heir.status == 201, "\(heir.answer.json)")
        #expect(heir.answer.json["key"]?["expiresAt"]?.string == "2100-01-01T00:00:00.000Z")

        let list = try await http.send("GET", "/api/v1/keys", key: agent.apiKey)
        let ids = try #require(list.json["items"]?.array).compactMap { $0["id"]?.string }
        #expect(ids.count == 3)
        // The first key is the last of the list, and has all scopes.
        let whole = try await http.send("DELETE", "/api/v1/keys/\(ids[2])", key: heir.text)
        #expect(whole.code == "scope_missing")
        #expect(try await http.send("DELETE", "/api/v1/keys/\(ids[0])", key: narrow.text).status == 200)
        try await http.close()
    }

    @Test("a key with a list of addresses is refused from elsewhere, over TCP and over the Unix socket")
    func addresses() async throws {
        for tcp in [true, false] {
            let http = try await HTTPFixture(NodeFixture(), tcp: tcp)
            let agent = try await http.node.register("agent")
            for (rules, isAllowed) in [
                (["127.0.0.0/8"], tcp), (["203.0.113.0/24", "127.0.0.1"], tcp), (["203.0.113.0/24"], false),
                (["::1"], false), (["unix"], !tcp), (["unix", "127.0.0.1"], true), ([], true),
            ] as [([String], Bool)] {
                let made = try await key(http, agent.apiKey, ["addresses": .array(rules.map(JSONValue.string))])
                let answer = try await http.send("GET", "/api/v1/keys", key: made.text)
                #expect(answer.status == (isAllowed ? 200 : 403), "\(rules) \(tcp)")
                if !isAllowed {
                    #expect(answer.code == "address_not_allowed")
                    #expect(try await http.send("POST", "/api/v1/keys", key: made.text, json: [:]).status == 403)
                    // What is open to everybody stays so.
                    #expect(try await http.send("GET", "/api/v1/skills", key: made.text).status == 200)
                }
            }
            try await http.close()
        }
    }

    @Test("scopes and addresses outlive a restart")
    func restart() async throws {
        var http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        let narrow = try await key(http, agent.apiKey, ["scopes": ["execute"]])
        let elsewhere = try await key(http, agent.apiKey, ["addresses": ["203.0.113.0/24"]])
        try await http.client.shutdown()
        try await http.stop()
        try await http.node.stop()
        http = try await HTTPFixture(NodeFixture(directory: http.node.directory))
        #expect(try await http.send("GET", "/api/v1/keys", key: narrow.text).code == "scope_missing")
        #expect(try await http.send("GET", "/api/v1/keys", key: elsewhere.text).code == "address_not_allowed")
        #expect(try await http.send("GET", "/api/v1/keys", key: agent.apiKey).status == 200)
        try await http.close()
    }
}
