import ExecutionNode
import Fields
import Foundation
import Metering
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("HTTP: every bad request gets a problem that says what is wrong", .timeLimit(.minutes(2)))
struct HTTPErrorTests {
    private struct Bad: Sendable {
        var method = "POST"
        var path = "/api/v1/skills/echo/execute"
        var key: String? = "owner"
        var headers: [(String, String)] = []
        var body: String?
        let status: Int
        let code: String
    }

    private static let good = "{\"endpoint\":\"/echo\",\"payload\":{}}"
    private static let deep =
        "{\"endpoint\":\"/echo\",\"payload\":" + String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        + "}"

    private static let bad: [Bad] = [
        // Bodies
        Bad(body: nil, status: 400, code: "empty_body"), Bad(body: "", status: 400, code: "empty_body"),
        Bad(body: "{", status: 400, code: "malformed_json"), Bad(body: "{}{}", status: 400, code: "malformed_json"),
        Bad(body: "{\"a\":1,\"a\":2}", status: 400, code: "malformed_json"),
        Bad(body: "{\"endpoint\":\"\\u0000\"}", status: 400, code: "malformed_json"),
        Bad(body: deep, status: 400, code: "malformed_json"),
        Bad(body: "[]", status: 422, code: "invalid_field"), Bad(body: "{}", status: 422, code: "invalid_field"),
        Bad(body: "{\"endpoint\":1}", status: 422, code: "invalid_field"),
        Bad(body: "{\"endpoint\":\"/echo\",\"payload\":{},\"extra\":1}", status: 422, code: "invalid_field"),
        Bad(body: "{\"endpoint\":\"/echo\",\"maxCost\":\"free\"}", status: 422, code: "invalid_field"),
        Bad(body: String(repeating: "x", count: 70_000), status: 413, code: "body_too_large"),
        // Names and paths
        Bad(body: "{\"endpoint\":\"/none\"}", status: 404, code: "endpoint_not_found"),
        Bad(path: "/api/v1/skills/none/execute", body: good, status: 404, code: "skill_not_found"),
        Bad(path: "/api/v1/skills/%00/execute", body: good, status: 400, code: "malformed_request"),
        Bad(method: "GET", path: "/nowhere", status: 404, code: "no_such_path"),
        Bad(method: "GET", path: "/", status: 404, code: "no_such_path"),
        Bad(method: "DELETE", path: "/api/v1/agents", status: 405, code: "method_not_allowed"),
        Bad(method: "GET", path: "/api/v1/skills/echo/execute", status: 405, code: "method_not_allowed"),
        Bad(method: "GET", path: "/api/v1/agents/none", status: 404, code: "agent_not_found"),
        Bad(method: "GET", path: "/api/v1/executions/none", status: 404, code: "execution_not_found"),
        // Keys and tokens
        Bad(key: nil, body: good, status: 401, code: "api_key_required"),
        Bad(key: "claw_live_x", body: good, status: 401, code: "api_key_malformed"),
        Bad(
            key: "claw_live_000000000000000000000000000000000000", body: good, status: 401, code: "api_key_checksum"),
        Bad(
            key: nil, headers: [("Authorization", "Basic eDp5")], body: good, status: 401,
            code: "invalid_authorization"),
        Bad(headers: [("X-Purchase-Token", "junk")], body: good, status: 403, code: "token_invalid"),
        Bad(key: "other", body: good, status: 402, code: "purchase_required"),
        Bad(headers: [("Idempotency-Key", "a b")], body: good, status: 400, code: "invalid_idempotency_key"),
        // Queries
        Bad(method: "GET", path: "/api/v1/usage?form=x", status: 400, code: "invalid_parameter"),
        Bad(method: "GET", path: "/api/v1/usage?limit=0", status: 400, code: "invalid_parameter"),
        Bad(method: "GET", path: "/api/v1/usage?limit=201", status: 400, code: "invalid_parameter"),
        Bad(method: "GET", path: "/api/v1/usage?from=yesterday", status: 400, code: "invalid_parameter"),
        Bad(method: "GET", path: "/api/v1/usage?limit=1&limit=2", status: 400, code: "malformed_request"),
        Bad(method: "GET", path: "/api/v1/usage?cursor=junk", status: 400, code: "invalid_cursor"),
        Bad(method: "GET", path: "/api/v1/skills?category=none", status: 400, code: "invalid_parameter"),
        // Other bodies
        Bad(path: "/api/v1/agents/register", body: "{\"name\":\"x\"}", status: 422, code: "invalid_field"),
        Bad(path: "/api/v1/packages", body: "not a package", status: 400, code: "malformed_package"),
        Bad(path: "/api/v1/packages", key: nil, body: "x", status: 401, code: "api_key_required"),
        Bad(path: "/api/v1/skills", body: "{\"code\":{}}", status: 422, code: "invalid_field"),
        Bad(path: "/api/v1/marketplace/purchase", body: "{\"skillId\":\"none\"}", status: 404, code: "skill_not_found"),
        Bad(path: "/api/v1/marketplace/purchase", body: "{\"skillId\":\"echo\"}", status: 409, code: "own_skill"),
        Bad(
            path: "/api/v1/marketplace/purchase", key: "other", body: "{\"skillId\":\"echo\",\"usageLimit\":0}",
            status: 422, code: "invalid_field"),
        Bad(
            path: "/api/v1/marketplace/purchase", key: "other", body: "{\"skillId\":\"echo\",\"licenseType\":\"huge\"}",
            status: 422, code: "invalid_field"),
        // The operator's
        Bad(path: "/api/v1/admin/credits", key: nil, body: "{}", status: 401, code: "operator_key_required"),
        Bad(path: "/api/v1/admin/credits", body: "{}", status: 403, code: "operator_only"),
        Bad(path: "/api/v1/admin/credits", key: "claw_operator_x", body: "{}", status: 401, code: "api_key_malformed"),
        Bad(path: "/api/v1/admin/credits", key: "operator", body: "{}", status: 422, code: "invalid_field"),
        Bad(
            path: "/api/v1/admin/credits", key: "operator",
            body: "{\"agentId\":\"nobody\",\"amount\":1,\"reference\":\"r\"}", status: 404, code: "agent_not_found"),
        Bad(
            path: "/api/v1/admin/credits", key: "operator",
            body: "{\"agentId\":\"seller\",\"amount\":0,\"reference\":\"r\"}", status: 422, code: "invalid_field"),
        Bad(
            path: "/api/v1/admin/credits", key: "operator",
            body: "{\"agentId\":\"seller\",\"amount\":0.0000001,\"reference\":\"r\"}", status: 422,
            code: "invalid_field"),
        Bad(
            path: "/api/v1/admin/purchases/x/revoke", key: "operator", body: "{\"reason\":\"r\"}", status: 404,
            code: "purchase_not_found"),
    ]

    @Test("status, code, and a body of RFC 9457 with the request's identifier")
    func problems() async throws {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner) { $0.requestBytesMax = 65_536 })
        let seller = try await http.node.register("seller")
        let other = try await http.node.register("other")
        try await http.node.publish(by: seller)
        let keys = ["owner": seller.apiKey, "other": other.apiKey, "operator": HTTPFixture.operatorKey]
        for bad in Self.bad {
            let answer = try await http.send(
                bad.method, bad.path, key: bad.key.map { keys[$0] ?? $0 },
                headers: bad.headers + [("X-Request-Id", "test-1.a")], body: bad.body.map { Array($0.utf8) })
            let what = Comment(rawValue: "\(bad.method) \(bad.path) \(bad.body?.prefix(60) ?? "") → \(answer.json)")
            #expect(answer.status == bad.status, what)
            #expect(answer.code == bad.code, what)
            #expect(answer.headers["content-type"] == "application/problem+json", what)
            #expect(answer.headers["x-request-id"] == "test-1.a", what)
            #expect(answer.json["status"]?.int64 == Int64(bad.status), what)
            #expect(answer.json["type"]?.string == "/problems/\(bad.code)", what)
            #expect(answer.json["instance"]?.string == "urn:clawrunner:request:test-1.a", what)
            #expect(answer.json["title"]?.string?.isEmpty == false, what)
            #expect((answer.json["detail"]?.string?.count ?? 0) > 15, what)
            if bad.status == 401 { #expect(answer.headers["www-authenticate"] != nil, what) }
            if bad.status == 405 { #expect(answer.headers["allow"]?.isEmpty == false, what) }
        }
        #expect(runner.started == 0)
        try await http.close()
    }

    @Test("a request identifier that could harm a log is replaced")
    func requestID() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        for given in ["a b", String(repeating: "x", count: 65), "ä"] {
            let answer = try await http.send("GET", "/healthz", headers: [("X-Request-Id", given)])
            #expect(answer.headers["x-request-id"]?.count == 36)
        }
        try await http.close()
    }

    @Test("bytes that are no HTTP request get 400, too many header bytes 431, both as problems")
    func noRequest() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        for (text, status) in [
            ("this is not http\r\n\r\n", "400"), ("GET / HTTP/9.9\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n\r\n", "431"),
            ("GET /api/v1/skills/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n", "400"),
        ] {
            let client = try HTTPRawSocket(path: http.socket)
            client.send(text)
            let (answer, closed) = await client.receive(seconds: 5)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(text.prefix(40)) → \(answer)")
            #expect(answer.contains("application/problem+json"))
            #expect(closed)
        }
        try await http.close()
    }

    @Test("a body without a length is counted while it comes; over the limit it is 413")
    func chunked() async throws {
        let http = try await HTTPFixture(try await NodeFixture { $0.requestBytesMax = 4096 })
        let seller = try await http.node.register("seller")
        let client = try HTTPRawSocket(path: http.socket)
        client.send(
            "POST /skills/echo/execute HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(seller.apiKey)\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<8 { client.send("400\r\n" + String(repeating: "x", count: 1024) + "\r\n") }
        let (answer, closed) = await client.receive(seconds: 5)
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
        #expect(answer.contains("body_too_large"))
        #expect(closed)
        try await http.close()
    }

    @Test("calls beyond a rate get 429 with Retry-After and the RateLimit headers")
    func rate() async throws {
        let http = try await HTTPFixture(
            try await NodeFixture { $0.licenseRate = RateLimit(quota: 1, windowSeconds: 60, burst: 1) })
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        #expect(try await http.execute(key: seller.apiKey).status == 200)
        let refused = try await http.execute(key: seller.apiKey)
        #expect(refused.status == 429)
        #expect(refused.headers["retry-after"].flatMap(Int.init).map { (1...60).contains($0) } == true)
        #expect(refused.headers["ratelimit-policy"] == "\"license\";q=1;w=60, \"agent\";q=60000;w=60")
        #expect(refused.headers["ratelimit"]?.hasPrefix("\"license\";r=0;t=") == true)
        #expect(refused.headers["ratelimit"]?.contains(", \"agent\";r=") == true)
        #expect(refused.json["retryable"] == true)
        try await http.close()
    }

    @Test("a run that failed is a problem with its usage and receipt")
    func failedRun() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        let answer = try await http.execute(key: seller.apiKey, payload: ["verdict": "memory_limit"])
        #expect(answer.status == 502)
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(answer.headers["x-request-id"] != nil)
        #expect(answer.json["verdict"]?.string == "memory_limit")
        #expect(answer.json["retryable"] == false)
        #expect(answer.json["receipt"]?.string != nil)
        let id = try #require(answer.json["usage"]?["id"]?.string)
        #expect(answer.json["instance"]?.string == "/api/v1/executions/\(id)")
        let text = try await http.execute(key: seller.apiKey, payload: ["stdout": "no json"])
        #expect(text.code == "invalid_response")
        #expect(text.json["reason"]?.string == "not_json")
        let empty = try await http.execute(key: seller.apiKey, payload: ["stdout": ""])
        #expect(empty.json["reason"]?.string == "empty_response")
        try await http.close()
    }
}
