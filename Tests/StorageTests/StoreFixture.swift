import Crypto
import Fields
import Foundation
import MarketCore
import Metering

@testable import Storage

struct TestSigner: ReceiptSigner {
    let keyID = "key-1"
    let key: Curve25519.Signing.PrivateKey

    init() {
        key = Curve25519.Signing.PrivateKey()
    }

    func signature(over bytes: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: bytes))
    }
}

/// A store in a directory of its own with one seller, one skill that costs 1,000 base units of USDC per run, and
/// whatever buyers and purchases a test adds. The directory goes with the fixture.
final class StoreFixture: Sendable {
    static let price = usdc(1_000)
    static let digest = "sha256:" + String(repeating: "ab", count: 32)
    static let now = Timestamp(milliseconds: 1_700_000_000_000)

    let directory: String
    let signer = TestSigner()
    let store: SQLiteStore
    let seller: Agent
    let skill: Skill

    init(queuedWritesMax: Int = 16_384) async throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        store = try SQLiteStore(path: directory + "/market.db", signer: signer, queuedWritesMax: queuedWritesMax)
        seller = Self.agent("seller")
        skill = try Self.skill("emailer", of: seller.id)
        try await store.insert(agent: seller, key: Self.key(of: seller.id))
        try await store.insert(package: Self.package(by: seller.id))
        try await store.insert(skill: skill)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var path: String { directory + "/market.db" }

    var verifier: ReceiptVerifier { ReceiptVerifier(keys: [signer.keyID: signer.key.publicKey]) }

    func meter(book: HoldBook = HoldBook()) throws -> Meter {
        Meter(store: store, journal: try HoldJournal(path: directory + "/holds.journal"), book: book)
    }

    static func usdc(_ base: Int64) -> Money { Money(base: base, currency: .usdc) }

    static func agent(_ name: String) -> Agent {
        Agent(
            id: .new(), name: name, ownerWallet: "So11111111111111111111111111111111111111112",
            description: "An agent called \(name)", createdAt: now, updatedAt: now)
    }

    static func key(of agent: Agent.ID) -> StoredKey {
        var random = SystemRandomNumberGenerator()
        return StoredKey(
            id: .new(), agentID: agent, sha256: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) },
            prefix: "claw_live_ab", createdAt: now)
    }

    static func package(by agent: Agent.ID) throws -> StoredPackage {
        guard let digest = PackageDigest(Self.digest) else { throw StoreError.corrupt("digest") }
        return StoredPackage(
            digest: digest, size: 100, manifestJSON: Array("{}".utf8), uploadedBy: agent, createdAt: now)
    }

    static func skill(
        _ name: String, of agent: Agent.ID, version: String = "1.0.0", tags: [String] = ["mail"],
        createdAt: Timestamp = now
    ) throws -> Skill {
        let id = Skill.ID.new()
        return Skill(
            id: id, agentID: agent, name: name, displayName: name.uppercased(), category: .communication,
            pricing: Pricing(kind: .usage, price: price, unit: "email"), status: .published, tags: tags,
            latest: try self.version(version, of: id, name: name), createdAt: createdAt, updatedAt: createdAt)
    }

    static func version(_ version: String, of skill: Skill.ID, name: String = "emailer") throws -> SkillVersion {
        let manifest = try SkillManifest(
            toml: """
                name = "\(name)"
                version = "\(version)"
                description = "Sends 100% of your mail"
                category = "communication"
                runtime = "exec"
                entryPoint = "bin/send"
                [[endpoints]]
                path = "/send"
                """)
        guard let digest = PackageDigest(Self.digest) else { throw StoreError.corrupt("digest") }
        return SkillVersion(
            skillID: skill, version: manifest.version, package: digest, manifest: manifest, createdAt: now)
    }

    /// A new buyer with a balance.
    func buyer(_ name: String = "buyer", balance: Int64 = 0) async throws -> Agent {
        let agent = Self.agent(name)
        try await store.insert(agent: agent, key: Self.key(of: agent.id))
        if balance > 0 {
            _ = try await store.credit(
                CashRequest(agentID: agent.id, amount: Self.usdc(balance), reference: "deposit of \(name)"),
                onCommit: { _ in })
        }
        return agent
    }

    func purchase(
        by buyer: Agent, amount: Int64 = 0, usageLimit: Int64? = nil, status: Purchase.Status = .completed
    ) -> Purchase {
        Purchase(
            id: .new(), buyerID: buyer.id, sellerID: seller.id, skillID: skill.id, amount: Self.usdc(amount),
            pricing: Pricing(kind: .usage, price: Self.price),
            license: License(kind: .personal, usageLimit: usageLimit), status: status, createdAt: .now)
    }

    /// A purchase that is stored.
    func bought(by buyer: Agent, amount: Int64 = 0, usageLimit: Int64? = nil) async throws -> Purchase {
        let purchase = purchase(by: buyer, amount: amount, usageLimit: usageLimit)
        try await store.record(PurchaseRecord(purchase: purchase), onCommit: {})
        return purchase
    }

    func hold(_ purchase: Purchase, key: String? = nil, amount: Int64 = 1_000) throws -> Hold {
        Hold(
            id: .new(), purchaseID: purchase.id, skillID: skill.id, buyerID: purchase.buyerID, sellerID: seller.id,
            endpoint: "/send", amount: Self.usdc(amount), requestSize: 10, requestHash: BodyHash(of: "q".utf8),
            idempotency: try key.map { try request(purchase.buyerID, $0) }, createdAt: .now)
    }

    func request(_ agent: Agent.ID, _ key: String, body: String = "body") throws -> IdempotentRequest {
        IdempotentRequest(
            scope: IdempotencyScope(
                agentID: agent, route: "POST /skills/emailer/execute", key: try IdempotencyKey(header: key)),
            fingerprint: BodyHash(of: body.utf8))
    }

    func usage(
        _ purchase: Purchase?, id: SkillUsage.ID = .new(), agent: Agent.ID? = nil, cost: Int64 = 1_000,
        verdict: String = "ok", at time: Timestamp = .now
    ) -> SkillUsage {
        SkillUsage(
            id: id, purchaseID: purchase?.id, skillID: skill.id, agentID: agent ?? purchase?.buyerID ?? seller.id,
            endpoint: "/send", requestSize: 10, responseSize: 20, durationMilliseconds: 5, cpuTimeMilliseconds: 3,
            peakMemoryBytes: 4_096, cost: Self.usdc(cost), verdict: verdict, timestamp: time)
    }

    func settlement(
        _ usage: SkillUsage, countsUse: Bool = true, isTrial: Bool = false, idempotency: IdempotentRequest? = nil
    ) throws -> Settlement {
        try Settlement(
            usage: usage, sellerID: seller.id, countsUse: countsUse, isTrial: isTrial,
            requestHash: BodyHash(of: "q".utf8),
            responseHash: BodyHash(of: "a".utf8), report: Array(#"{"layers":[]}"#.utf8), idempotency: idempotency
        ) { receipt in
            StoredOutcome(
                status: 200, headers: [.init(name: "content-type", value: "application/json")],
                body: Array(#"{"receipt":"\#(receipt)"}"#.utf8))
        }
    }

    @discardableResult
    func settle(_ settlement: Settlement) async throws -> SettledRun {
        try await store.settle(settlement, onCommit: { _ in })
    }
}
