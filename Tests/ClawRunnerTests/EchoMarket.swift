import Fields
import Foundation
import NodeTestSupport
import Testing

@testable import ClawRunner

/// A seller, a buyer with 100 USDC, and a purchase of a skill at 0.001 USDC a call, at a daemon that runs.
struct EchoMarket: Sendable {
    static let priceBase: Int64 = 1_000

    /// The buyer's.
    let apiKey: String
    let token: String

    init(_ cli: CLIProcess, socket: String, operatorKey: String) async throws {
        let manifest = NodeFixture.manifest().replacing(
            "entryPoint = [\"cat\"]", with: "entryPoint = [\"sh\", \"-c\", \"cat > /dev/null; echo '{}'\"]")
        try cli.write(manifest, to: "echo/skill.toml")
        let at = ["--socket", socket]
        try await cli.succeed(["agent", "register", "seller"] + at)
        let buyer = try await cli.succeed(["agent", "register", "buyer", "--json"] + at)
        apiKey = try #require(buyer.json?["apiKey"]?.string)
        try await cli.succeed(["skill", "publish", cli.path("echo"), "--as", "seller"] + at)
        try await cli.succeed(
            ["market", "credit", "buyer", "100", "--reference", "r", "--operator-key-file", operatorKey] + at)
        let bought = try await cli.succeed(["market", "purchase", "echo", "--as", "buyer", "--json"] + at)
        token = try #require(bought.json?["purchaseToken"]?.string)
    }

    /// One call of the skill.
    func request(key: String? = nil) -> ClientRequest {
        var request = ClientRequest(
            .post, "/api/v1/skills/echo/execute", body: .json(["endpoint": "/echo", "payload": [:]]))
        request.headers = [("X-Purchase-Token", token)] + (key.map { [("Idempotency-Key", $0)] } ?? [])
        return request
    }
}
