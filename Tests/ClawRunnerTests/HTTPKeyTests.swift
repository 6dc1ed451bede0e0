import AsyncHTTPClient
import ExecutionNode
import Fields
import Foundation
import HTTPTypes
import HummingbirdCore
import LicenseCheck
import Logging
import MarketCore
import NIOCore
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("API keys over HTTP and on the command line", .timeLimit(.minutes(2)))
struct HTTPKeyTests {
    @Test("a key is made, listed without its secret, used, and refused from the moment that it is revoked")
    func life() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        let made = try await http.send("POST", "/api/v1/keys", key: agent.apiKey, json: ["name": "laptop"])
        #expect(made.status == 201, "\(made.json)")
        #expect(made.headers["cache-control"] == "no-store")
        let apiKey = try #require(made.json["apiKey"]?.string)
        let id = try #require(made.json["key"]?["id"]?.string)
        #expect(made.json["key"]?["prefix"]?.string == String(apiKey.prefix(16)))
        #expect(made.json["key"]?["expiresAt"] == JSONValue.null)

        let list = try await http.send("GET", "/api/v1/keys", key: apiKey)
        #expect(list.status == 200)
        let items = try #require(list.json["items"]?.array)
        #expect(items.map { $0["name"] } == ["laptop", .null])
        #expect(!String(decoding: list.body, as: UTF8.self).contains(apiKey.dropFirst(16)))
        #expect(
            items[0].object?.keys.sorted()
                == [
                    "addresses", "createdAt", "expiresAt", "id", "lastUsedAt", "name", "prefix", "publicKey",
                    "revokedAt",
                    "scopes",
                ])
        try await http.node.node.maintain()
        let used = try await http.send("GET", "/api/v1/keys", key: agent.apiKey)
        #expect(used.json["items"]?[0]?["lastUsedAt"]?.string != nil)

        // Another agent does not know it.
        let other = try await http.node.register("other")
        let foreign = try await http.send("DELETE", "/api/v1/keys/\(id)", key: other.apiKey)
        #expect(foreign.status == 404)
        #expect(foreign.code == "key_not_found")
        #expect(try await http.send("GET", "/api/v1/keys", key: other.apiKey).json["items"]?.array?.count == 1)

        let revoked = try await http.send("DELETE", "/api/v1/keys/\(id)", key: agent.apiKey)
        #expect(revoked.status == 200)
        let moment = revoked.json["key"]?["revokedAt"]
        #expect(moment?.string != nil)
        let refused = try await http.send("GET", "/api/v1/keys", key: apiKey)
        #expect(refused.status == 401)
        #expect(refused.code == "api_key_revoked")
        let again = try await http.send("DELETE", "/api/v1/keys/\(id)", key: agent.apiKey)
        #expect(again.status == 200)
        #expect(again.json["key"]?["revokedAt"] == moment)
        try await http.close()
    }

    @Test("while a rotation overlaps both keys work; the last one is not revoked; both outlive a restart")
    func rotation() async throws {
        var http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        let first = try await http.send("GET", "/api/v1/keys", key: agent.apiKey)
        let id = try #require(first.json["items"]?[0]?["id"]?.string)
        for query in ["", "?after=60"] {
            let refused = try await http.send("DELETE", "/api/v1/keys/\(id)\(query)", key: agent.apiKey)
            #expect(refused.status == 409)
            #expect(refused.code == "last_key")
            #expect(refused.json["detail"]?.string?.contains("POST /api/v1/keys") == true)
        }
        let made = try await http.send("POST", "/api/v1/keys", key: agent.apiKey, json: [:])
        let apiKey = try #require(made.json["apiKey"]?.string)
        let planned = try await http.send("DELETE", "/api/v1/keys/\(id)?after=2", key: agent.apiKey)
        #expect(planned.status == 200)
        for key in [agent.apiKey, apiKey] {
            #expect(try await http.send("GET", "/api/v1/keys", key: key).status == 200)
        }
        try await http.client.shutdown()
        try await http.stop()
        try await http.node.stop()
        http = try await HTTPFixture(NodeFixture(directory: http.node.directory))
        #expect(try await http.send("GET", "/api/v1/keys", key: apiKey).status == 200)
        var status = 200
        for _ in 0..<400 where status == 200 {
            try await Task.sleep(for: .milliseconds(10))
            status = try await http.send("GET", "/api/v1/balances", key: agent.apiKey).status
        }
        #expect(status == 401)
        #expect(try await http.send("GET", "/api/v1/keys", key: apiKey).status == 200)
        try await http.close()
    }

    @Test("a key with an end works until then, and is told apart afterwards, after a restart as well")
    func expiry() async throws {
        var http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        let end = Timestamp.now.advanced(byMilliseconds: 700)
        let made = try await http.send(
            "POST", "/api/v1/keys", key: agent.apiKey, json: ["expiresAt": .string(end.description)])
        #expect(made.status == 201)
        #expect(made.json["key"]?["expiresAt"]?.string == end.description)
        let apiKey = try #require(made.json["apiKey"]?.string)
        var answer = try await http.send("GET", "/api/v1/balances", key: apiKey)
        #expect(answer.status == 200)
        while answer.status == 200 {
            try await Task.sleep(for: .milliseconds(20))
            answer = try await http.send("GET", "/api/v1/balances", key: apiKey)
        }
        #expect(Timestamp.now >= end)
        #expect(answer.status == 401)
        #expect(answer.code == "api_key_expired")
        try await http.client.shutdown()
        try await http.stop()
        try await http.node.stop()
        http = try await HTTPFixture(NodeFixture(directory: http.node.directory))
        #expect(try await http.send("GET", "/api/v1/balances", key: apiKey).code == "api_key_expired")
        try await http.close()
    }

    @Test("wrong fields, parameters and identifiers are refused, and so is a twenty-first key")
    func refusals() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        let bodies: [(JSONValue, String)] = [
            (["name": ""], "name"), (["name": .string(String(repeating: "x", count: 65))], "name"),
            (["name": " a"], "name"), (["name": "a\nb"], "name"), (["name": 7], "name"),
            (["expiresAt": "tomorrow"], "expiresAt"), (["expiresAt": "2020-01-01T00:00:00Z"], "expiresAt"),
            (["scope": "all"], "scope"),
        ]
        for (body, field) in bodies {
            let answer = try await http.send("POST", "/api/v1/keys", key: agent.apiKey, json: body)
            #expect(answer.status == 422, "\(body)")
            #expect(answer.json["field"]?.string == field, "\(body)")
        }
        #expect(try await http.send("POST", "/api/v1/keys", key: agent.apiKey).code == "empty_body")
        #expect(try await http.send("POST", "/api/v1/keys", json: [:]).code == "api_key_required")
        #expect(try await http.send("GET", "/api/v1/keys").status == 401)
        #expect(try await http.send("GET", "/api/v1/keys?x=1", key: agent.apiKey).status == 400)
        for query in ["after=-1", "after=2592001", "after=x", "force=1"] {
            let answer = try await http.send("DELETE", "/api/v1/keys/\(UUID().uuidString)?\(query)", key: agent.apiKey)
            #expect(answer.code == "invalid_parameter", "\(query)")
        }
        for id in [UUID().uuidString, "x", "%20"] {
            let answer = try await http.send("DELETE", "/api/v1/keys/\(id)", key: agent.apiKey)
            #expect(answer.status == 404, "\(id)")
            #expect(answer.code == "key_not_found", "\(id)")
        }
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<30 {
                group.addTask { try await http.send("POST", "/api/v1/keys", key: agent.apiKey, json: [:]).status }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(statuses == [201: 19, 409: 11])
        let full = try await http.send("POST", "/api/v1/keys", key: agent.apiKey, json: [:])
        #expect(full.code == "too_many_keys")
        #expect(full.json["keysMax"] == 20)
        try await http.close()
    }

    @Test("a key with a public key works with its owner's signature of each request, and with nothing less")
    func signed() async throws {
        let http = try await HTTPFixture(NodeFixture())
        let agent = try await http.node.register("agent")
        let pair = RequestSigner.newKeys()
        let wrong = try await http.send("POST", "/api/v1/keys", key: agent.apiKey, json: ["publicKey": "short"])
        #expect(wrong.status == 422)
        #expect(wrong.json["detail"]?.string?.contains("Ed25519") == true)
        let made = try await http.send(
            "POST", "/api/v1/keys", key: agent.apiKey, json: ["publicKey": .string(pair.publicKey)])
        #expect(made.json["key"]?["publicKey"]?.string == pair.publicKey)
        let key = try #require(made.json["apiKey"]?.string)
        let signer = try #require(
            RequestSigner(keyID: made.json["key"]?["id"]?.string ?? "", privateKey: pair.privateKey))

        func send(
            _ method: String, _ path: String, body: [UInt8]? = nil, sent: [UInt8]? = nil, digested: Bool = true
        ) async throws -> (HTTPFixture.Answer, [(String, String)]) {
            var headers: [(String, String)] = []
            if let body, digested { headers.append(("Content-Digest", ContentDigest.field(of: body))) }
            let message = SignedMessage(method: method, target: path, authority: nil) { [headers] name in
                headers.filter { $0.0.lowercased() == name }.map(\.1)
            }
            headers += try signer.fields(for: message).map { ($0.name, $0.value) }
            return (try await http.send(method, path, key: key, headers: headers, body: sent ?? body), headers)
        }
        // The node was just started.
        var (answer, headers) = try await send("GET", "/api/v1/keys")
        #expect(answer.status == 503)
        #expect(answer.code == "signature_forgotten")
        #expect(answer.headers["retry-after"] != nil)
        for _ in 0..<20 where answer.status == 503 {
            try await Task.sleep(for: .seconds(1))
            (answer, headers) = try await send("GET", "/api/v1/keys")
        }
        #expect(answer.status == 200, "\(answer.json)")
        #expect(try await http.send("GET", "/api/v1/keys", key: key, headers: headers).code == "signature_replayed")
        #expect(try await http.send("GET", "/api/v1/balances", key: key, headers: headers).code == "signature_wrong")
        let bare = try await http.send("GET", "/api/v1/keys", key: key)
        #expect(bare.status == 401)
        #expect(bare.code == "signature_required")
        // Of what anybody may see it shows no more than to anybody.
        #expect(try await http.send("GET", "/api/v1/skills", key: key).status == 200)

        let body = Array(#"{"name":"further"}"#.utf8)
        #expect(
            try await send("POST", "/api/v1/keys", body: body, sent: Array(#"{"name":"forged"}"#.utf8)).0.code
                == "digest_mismatch")
        #expect(try await send("POST", "/api/v1/keys", body: body, digested: false).0.code == "signature_incomplete")
        let further = try await send("POST", "/api/v1/keys", body: body).0
        #expect(further.status == 201, "\(further.json)")
        // What a signed key makes asks for a signature as well.
        #expect(further.json["key"]?["publicKey"]?.string == pair.publicKey)
        let unexpected = try await http.send("GET", "/api/v1/keys", key: agent.apiKey, headers: headers)
        #expect(unexpected.code == "signature_unexpected")
        try await http.close()
    }

    @Test("a key is looked at once: what was refused, or not checked, is not let through by a second look")
    func onceOnly() async throws {
        let fixture = try await NodeFixture()
        let agent = try await fixture.register("agent")
        var call = Call(
            request: Request(
                head: HTTPRequest(
                    method: .get, scheme: nil, authority: nil, path: "/api/v1/keys",
                    headerFields: [.authorization: "Bearer \(agent.apiKey)"]),
                body: RequestBody(buffer: ByteBuffer())),
            parameters: [:], id: "test", logger: Logger(label: "test"), connection: nil)
        func code() -> String? {
            do {
                _ = try call.caller(fixture.node)
                return nil
            } catch {
                return (error as? NodeError)?.code
            }
        }
        #expect(code() == "api_key_required")
        call.keyRefusal = NodeError(status: 403, code: "agent_banned", detail: "It was barred then.")
        #expect(code() == "agent_banned")
        call.key = try fixture.node.identify(agent.apiKey, from: .unknown)
        #expect(code() == nil)
        try await fixture.close()
    }

    @Test(
        "agent key new --sign: the command line signs what it sends, with a kept pair and with one from the environment"
    )
    func signedCommandLine() async throws {
        try await CLIProcess.withDaemon("") { cli in
            try await cli.succeed(["agent", "register", "acme", "--json"])
            let other = try await cli.succeed(["agent", "key", "new", "--sign", "--json"])
            let kept = try await cli.succeed(["agent", "key", "new", "--sign", "--keep"])
            #expect(kept.standardOutput.contains("It is kept in"))
            #expect(try await cli.run("agent", "key", "new", "--sign", "--public-key", "x").status == 2)
            // The daemon was just started; the command waits for what that takes.
            let first = try await cli.succeed(["agent", "key", "list", "--json"])
            let items = try #require(first.json?["items"]?.array)
            #expect(items.map { $0["publicKey"]?.string == nil } == [false, false, true])
            // What a signed key makes is signed by the same pair.
            let further = try await cli.succeed(["agent", "key", "new", "--sign", "--keep", "--json"])
            #expect(further.json?["privateKey"] == nil && further.json?["apiKey"]?.string != nil)
            try await cli.succeed(["agent", "key", "new", "--keep"])
            try await cli.succeed(["agent", "key", "list"])

            let apiKey = try #require(other.json?["apiKey"]?.string)
            let id = try #require(other.json?["key"]?["id"]?.string)
            let privateKey = try #require(other.json?["privateKey"]?.string)
            try cli.write(apiKey, to: "other")
            chmod(cli.path("other"), 0o600)
            var mistaken = cli
            mistaken.environment["CLAWRUNNER_SIGNING_KEY"] = privateKey
            let half = try await mistaken.run("balance", "--key-file", "other")
            #expect(half.status == 2)
            #expect(half.standardError.contains("KEYID:PRIVATEKEY"), "\(half.standardError)")
            let bare = try await cli.run("balance", "--key-file", "other")
            #expect(bare.status != 0)
            #expect(bare.standardError.contains("signature"), "\(bare.standardError)")
            var withKey = cli
            withKey.environment["CLAWRUNNER_SIGNING_KEY"] = "\(id):\(privateKey)"
            let signed = try await withKey.run("balance", "--key-file", "other")
            #expect(signed.status == 0, "\(signed.standardError)")
        }
    }

    @Test("agent key new, list and revoke; a kept key changes in its place")
    func commandLine() async throws {
        try await CLIProcess.withDaemon("") { cli in
            let registered = try await cli.succeed(["agent", "register", "acme", "--json"])
            let former = try #require(registered.json?["apiKey"]?.string)
            let shown = try await cli.succeed([
                "agent", "key", "new", "--name", "ci", "--expires-at", "2099-01-01T00:00:00Z",
            ])
            let text = try #require(shown.standardOutput.firstMatch(of: /claw_live_[0-9A-Za-z]{36}/))
            let made = try await cli.succeed(["agent", "key", "new", "--keep", "--json"])
            let kept = try #require(made.json?["apiKey"]?.string)
            try cli.write(former, to: "former")
            try cli.write(String(text.0), to: "ci")
            for name in ["former", "ci"] { chmod(cli.path(name), 0o600) }

            let list = try await cli.succeed(["agent", "key", "list", "--json"])
            let items = try #require(list.json?["items"]?.array)
            #expect(items.count == 3)
            #expect(items[0]["prefix"]?.string == String(kept.prefix(16)))
            let table = try await cli.succeed(["agent", "key", "list"])
            #expect(table.standardOutput.contains("ci"))
            #expect(!table.standardOutput.contains(kept))

            let id = try #require(items[2]["id"]?.string)
            try await cli.succeed(["agent", "key", "revoke", id, "--after", "86400"])
            try await cli.succeed(["balance", "--key-file", "former"])
            try await cli.succeed(["agent", "key", "revoke", id])
            let refused = try await cli.run("balance", "--key-file", "former")
            #expect(refused.status == 1, "\(refused.standardError)")
            #expect(refused.standardError.contains("revoked"))
            try await cli.succeed(["balance"])
            try await cli.succeed(["balance", "--key-file", "ci"])
            let foreign = try await cli.run("agent", "key", "new", "--keep", "--key-file", "ci")
            #expect(foreign.status == 2)
            #expect(foreign.standardError.contains("not one that is kept here"))
            #expect(try await cli.run("agent", "key", "revoke", "nothing").status == 2)
        }
    }
}
