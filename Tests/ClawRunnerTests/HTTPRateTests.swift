import ExecutionNode
import Fields
import MarketCore
import Metering
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("HTTP: rate limits of addresses, agents and registrations", .timeLimit(.minutes(2)))
struct HTTPRateTests {
    private static func few(_ burst: Int64) -> RateLimit { RateLimit(quota: 1, windowSeconds: 3600, burst: burst) }

    private static func registration(_ name: String) -> JSONValue {
        ["name": .string(name), "ownerWallet": .string(NodeFixture.wallet)]
    }

    @Test("whatever an agent asks for with its key counts against it, before its body is read")
    func agents() async throws {
        let http = try await HTTPFixture(try await NodeFixture { $0.agentRate = Self.few(7) })
        let seller = try await http.node.register("seller")
        let key = seller.apiKey
        let archive = try NodeFixture.archive(["skill.toml": NodeFixture.manifest()])
        let upload = try await http.send("POST", "/api/v1/packages", key: key, body: archive)
        #expect(upload.status == 201)
        #expect(upload.headers["ratelimit-policy"] == "\"agent\";q=1;w=3600")
        #expect(upload.headers["ratelimit"] == "\"agent\";r=6;t=3600")
        let digest = try #require(upload.json["digest"]?.string)
        let published = try await http.send(
            "POST", "/api/v1/skills", key: key, json: ["code": ["package": .string(digest)]])
        #expect(published.status == 201)
        let purchase = try await http.send(
            "POST", "/api/v1/marketplace/purchase", key: key, json: ["skillId": "echo"])
        #expect(purchase.status == 409)
        #expect(try await http.send("GET", "/api/v1/balances", key: key).status == 200)
        #expect(try await http.execute(key: key).status == 200)
        #expect(try await http.send("POST", "/skills/echo/execute", key: key, body: Array("{".utf8)).status == 400)
        let last = try await http.send("GET", "/api/v1/usage", key: key)
        #expect(last.status == 200)
        #expect(last.headers["ratelimit"]?.hasPrefix("\"agent\";r=0;") == true)
        for (method, path) in [
            ("POST", "/api/v1/packages"), ("POST", "/api/v1/skills"), ("POST", "/api/v1/marketplace/purchase"),
            ("POST", "/skills/echo/execute"), ("GET", "/api/v1/usage"), ("GET", "/api/v1/skills/echo/secrets"),
        ] {
            let refused = try await http.send(method, path, key: key)
            #expect(refused.status == 429, "\(method) \(path)")
            #expect(refused.code == "rate_limited")
            #expect(refused.json["policy"] == "agent")
            #expect(refused.headers["retry-after"] != nil)
            #expect(refused.headers["ratelimit"]?.hasPrefix("\"agent\";r=0;") == true)
        }
        // Others go on, and so does what needs no key.
        let other = try await http.node.register("other")
        #expect(try await http.send("GET", "/api/v1/usage", key: other.apiKey).status == 200)
        #expect(try await http.send("GET", "/api/v1/skills").status == 200)
        try await http.close()
    }

    @Test("over TCP every request counts against its address, whoever it says it is; the Unix socket has no such limit")
    func addresses() async throws {
        let tcp = try await HTTPFixture(try await NodeFixture { $0.addressRate = Self.few(5) }, tcp: true)
        let seller = try await tcp.node.register("seller")
        let first = try await tcp.send("GET", "/api/v1/balances", key: seller.apiKey)
        #expect(first.status == 200)
        #expect(first.headers["ratelimit-policy"] == "\"agent\";q=60000;w=60, \"address\";q=1;w=3600")
        #expect(first.headers["ratelimit"]?.contains("\"address\";r=4;") == true)
        let wrong = "claw_live_000000000000000000000000000000000000"
        #expect(try await tcp.send("GET", "/api/v1/balances", key: wrong).status == 401)
        #expect(try await tcp.send("GET", "/nowhere").status == 404)
        #expect(
            try await tcp.send("POST", "/api/v1/agents/register", json: Self.registration("new")).status == 201)
        #expect(try await tcp.send("POST", "/api/v1/agents/register", json: [:]).status == 422)
        for (method, path, key) in [
            ("GET", "/api/v1/balances", seller.apiKey), ("GET", "/api/v1/balances", wrong),
            ("POST", "/api/v1/agents/register", nil), ("GET", "/nowhere", nil),
        ] as [(String, String, String?)] {
            let refused = try await tcp.send(method, path, key: key)
            #expect(refused.status == 429, "\(method) \(path)")
            #expect(refused.json["policy"] == "address")
            #expect(refused.headers["ratelimit"]?.hasPrefix("\"address\";r=0;") == true)
        }
        try await tcp.close()

        let http = try await HTTPFixture(try await NodeFixture { $0.addressRate = Self.few(1) })
        for _ in 0..<5 {
            let answer = try await http.send("GET", "/healthz")
            #expect(answer.status == 200)
            #expect(answer.headers["ratelimit"] == nil)
        }
        try await http.close()
    }

    @Test(
        "registrations have a limit of their own: one for the Unix socket, one for each address",
        arguments: [false, true])
    func registrations(tcp: Bool) async throws {
        let http = try await HTTPFixture(try await NodeFixture { $0.registrationRate = Self.few(2) }, tcp: tcp)
        for name in ["a", "b"] {
            let answer = try await http.send("POST", "/api/v1/agents/register", json: Self.registration(name))
            #expect(answer.status == 201)
            #expect(answer.headers["ratelimit-policy"]?.hasPrefix("\"registration\";q=1;w=3600") == true)
        }
        let refused = try await http.send("POST", "/api/v1/agents/register", json: Self.registration("c"))
        #expect(refused.status == 429)
        #expect(refused.json["policy"] == "registration")
        #expect(
            refused.json["detail"]?.string?.hasPrefix("The rate limit of registrations is 1 call in 3600 seconds")
                == true)
        #expect(try await http.send("GET", "/api/v1/agents").json["pagination"]?["total"]?.int64 == 2)
        try await http.close()
    }

    @Test("a replayed purchase counts as one that is made, and is answered while the agent may ask")
    func replayedPurchase() async throws {
        let http = try await HTTPFixture(try await NodeFixture { $0.agentRate = Self.few(2) })
        let seller = try await http.node.register("seller")
        let buyer = try await http.node.register("buyer")
        let skill = try await http.node.publish(by: seller)
        func buy() async throws -> HTTPFixture.Answer {
            try await http.send(
                "POST", "/api/v1/marketplace/purchase", key: buyer.apiKey, headers: [("Idempotency-Key", "k")],
                json: ["skillId": .string(skill.name)])
        }
        #expect(try await buy().status == 201)
        #expect(try await buy().headers["idempotent-replayed"] == "true")
        #expect(try await buy().status == 429)
        try await http.close()
    }
}
