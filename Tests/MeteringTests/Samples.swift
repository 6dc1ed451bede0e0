import Crypto
import Foundation
import MarketCore
import Metering

/// Values that many tests need.
enum Samples {
    static func usdc(_ base: Int64) -> Money { Money(base: base, currency: .usdc) }

    static func usage(
        id: SkillUsage.ID = .new(), purchase: Purchase.ID? = .new(), agent: Agent.ID = .new(), cost: Int64 = 1_000,
        verdict: String = "ok"
    ) -> SkillUsage {
        SkillUsage(
            id: id, purchaseID: purchase, skillID: .new(), agentID: agent, endpoint: "/send", requestSize: 10,
            responseSize: 20, durationMilliseconds: 5, cpuTimeMilliseconds: 3, peakMemoryBytes: 4_096,
            cost: usdc(cost), verdict: verdict, timestamp: Timestamp(milliseconds: 1_700_000_000_000))
    }

    static func hold(
        id: SkillUsage.ID = .new(), purchase: Purchase.ID? = .new(), key: String? = nil, endpoint: String = "/send"
    ) throws -> Hold {
        let buyer = Agent.ID.new()
        let idempotency = try key.map { key in
            IdempotentRequest(
                scope: IdempotencyScope(
                    agentID: buyer, route: "POST /skills/x/execute", key: try IdempotencyKey(header: key)),
                fingerprint: BodyHash(of: "body".utf8))
        }
        return Hold(
            id: id, purchaseID: purchase, skillID: .new(), buyerID: buyer, sellerID: .new(), endpoint: endpoint,
            amount: usdc(1_000), requestSize: 10, requestHash: BodyHash(of: "request".utf8),
            idempotency: idempotency, createdAt: Timestamp(milliseconds: 1_700_000_000_123))
    }

    static func temporaryPath() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(UUID().uuidString)").path
    }
}

struct TestSigner: ReceiptSigner {
    let keyID: String
    let key = Curve25519.Signing.PrivateKey()

    init(keyID: String = "key-1") {
        self.keyID = keyID
    }

    func signature(over bytes: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: bytes))
    }

    var verifier: ReceiptVerifier { ReceiptVerifier(keys: [keyID: key.publicKey]) }
}
