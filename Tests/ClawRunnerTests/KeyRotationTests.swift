import Fields
import Foundation
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("Change of the signing key", .timeLimit(.minutes(2)))
struct KeyRotationTests {
    /// The name of the key that signed a token or a receipt.
    private static func keyID(_ text: String) -> String? {
        let header = text.split(separator: ".").first.flatMap { Base64URL.decode($0) }
        return header.flatMap { try? JSONValue(parsing: $0) }?["kid"]?.string
    }

    @Test("what the former key signed stays good, and a chain of receipts goes on across the change")
    func rotation() async throws {
        let cli = try CLIProcess()
        defer { NodeFixture.remove(cli.directory.path) }
        var daemon = try await StartedDaemon(cli)
        let market = try await EchoMarket(cli, socket: daemon.socket, operatorKey: cli.path("data/operator.key"))
        var receipts: [String] = []
        func call(_ key: String) async throws -> String {
            let answer = try await daemon.client(market.apiKey).send(market.request(key: key))
            #expect(answer.status == 200, "\(answer.json)")
            return try #require(answer.json["receipt"]?.string)
        }
        receipts.append(try await call("a"))

        let listed = try await cli.succeed(["keys", "list", "--json"])
        let former = try #require(listed.json?["items"]?[0]?["id"]?.string)
        let rotated = try await cli.succeed(["keys", "rotate", "--data", cli.path("data"), "--json"])
        let current = try #require(rotated.json?["current"]?["id"]?.string)
        #expect(rotated.json?["former"]?["id"]?.string == former)
        #expect(current != former)
        // The daemon that runs goes on with the key that it has.
        receipts.append(try await call("b"))
        #expect(receipts.map(Self.keyID) == [former, former])
        // Until it is told.
        kill(daemon.process.processIdentifier, SIGHUP)
        for _ in 0..<1000 {
            let keys = try await daemon.client().call(ClientRequest(.get, "/.well-known/jwks.json"))
            if keys.json["keys"]?[0]?["kid"]?.string == current { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        receipts.append(try await call("reloaded"))
        #expect(receipts.last.map(Self.keyID) == current)
        #expect(try await daemon.stop() == 0)

        daemon = try await StartedDaemon(cli)
        receipts.append(try await call("c"))
        #expect(Self.keyID(receipts[3]) == current)
        // A stored answer keeps its receipt.
        #expect(try await call("a") == receipts[0])
        let keys = try await daemon.client().call(ClientRequest(.get, "/.well-known/jwks.json"))
        #expect(keys.json["keys"]?.array?.compactMap { $0["kid"]?.string } == [current, former])
        try cli.write(receipts.joined(separator: "\n"), to: "receipts.txt")
        let verified = try await cli.succeed(["receipt", "verify", "receipts.txt", "--chain"])
        #expect(verified.standardOutput.contains("All 4 are genuine."))

        #expect(Self.keyID(market.token) == former)
        let bought = try await cli.succeed(["market", "purchase", "echo", "--as", "buyer", "--json"])
        #expect(bought.json?["purchaseToken"]?.string.flatMap(Self.keyID) == current)
        try await cli.succeed(["ledger", "verify"])
        let table = try await cli.succeed(["keys", "list"])
        let lines = table.standardOutput.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains(current) && lines[1].contains("signs") && lines[1].contains("signing.pem"))
        #expect(lines[2].contains(former) && lines[2].contains("verifies"))

        // Both keys are in a backup.
        try await cli.succeed(["backup", "claw.tar"])
        try await cli.succeed(["restore", "claw.tar", "--data", "restored"])
        let restored = try await cli.succeed(["keys", "list", "--data", "restored", "--json"])
        #expect(restored.json?["items"]?.array?.compactMap { $0["id"]?.string } == [current, former])
        #expect(try await daemon.stop() == 0)
    }

    @Test("a directory without keys, and one whose key others may read, are told")
    func refusals() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        for words in [["list"], ["rotate"]] {
            let output = try await cli.run(["keys"] + words)
            #expect(output.status == 2)
            #expect(output.standardError.contains("data/keys"))
        }
        try cli.write("x", to: "data/keys/signing.pem")
        chmod(cli.path("data/keys/signing.pem"), 0o644)
        let open = try await cli.run("keys", "rotate")
        #expect(open.status == 2)
        #expect(open.standardError.contains("chmod 600"))
    }

    @Test("a key that root changes still belongs to the daemon's user", .enabled(if: geteuid() == 0))
    func owner() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let node = try await NodeFixture(directory: cli.path("data"))
        try await node.stop()
        let signing = cli.path("data/keys/signing.pem")
        #expect(chown(signing, 65_534, 65_534) == 0)
        try await cli.succeed(["keys", "rotate"])
        let owner = try FileManager.default.attributesOfItem(atPath: signing)[.ownerAccountID] as? Int
        #expect(owner == 65_534)
    }
}
