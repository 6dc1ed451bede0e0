import CLinux
import Crypto
import Foundation
import LicenseCheck
import MarketCore
import Metering
import Storage

/// The store's own part, in this process: runs that are booked durably, one after another and many at once.
struct GroupedSettles {
    struct Result {
        /// Booked in a second while many wait for each other's sync.
        let perSecond: Double
        /// One at a time.
        let single: Summary?
        /// Entries of the ledger that the whole check takes in a second, with all that hangs on them.
        let verifiedPerSecond: Double
    }

    let folder: String
    static let atOnce = 256

    func measure(singles: Int, grouped: Int) async throws(BenchFailure) -> Result {
        do {
            let bench = try await Market(folder: folder)
            var series = Series(name: "settle.single")
            for _ in 0..<singles {
                let begun = clw_monotonic_ns()
                try await bench.settle()
                series.add(clw_monotonic_ns() - begun)
            }
            let begun = clw_monotonic_ns()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.atOnce {
                    group.addTask { for _ in 0..<grouped / Self.atOnce { try await bench.settle() } }
                }
                try await group.waitForAll()
            }
            let seconds = Double(clw_monotonic_ns() - begun) / 1e9
            let checked = clw_monotonic_ns()
            let check = try await bench.store.verifyLedger()
            let checkSeconds = Double(clw_monotonic_ns() - checked) / 1e9
            guard check.isSound else { throw BenchFailure("the ledger is not sound: \(check.faults)") }
            try await bench.store.close()
            return Result(
                perSecond: Double(grouped / Self.atOnce * Self.atOnce) / seconds, single: series.summary,
                verifiedPerSecond: Double(check.transfers) / checkSeconds)
        } catch {
            throw BenchFailure("runs cannot be booked: \(error)")
        }
    }

    private struct Signer: ReceiptSigner {
        let keyID = "bench"
        let key = Curve25519.Signing.PrivateKey()
        func signature(over bytes: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: bytes)) }
    }

    /// A seller, a buyer with a balance, and a licence.
    private struct Market: Sendable {
        let store: SQLiteStore
        private let purchase: Purchase
        private let report = Array(repeating: UInt8(ascii: " "), count: 2000)

        init(folder: String) async throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            store = try SQLiteStore(path: folder + "/market.db", signer: Signer())
            let price = Money(base: 100, currency: .usdc)
            let (seller, buyer) = (Self.agent("seller"), Self.agent("buyer"))
            for (index, agent) in [seller, buyer].enumerated() {
                let key = StoredKey(
                    id: .new(), agentID: agent.id, sha256: [UInt8](repeating: UInt8(index), count: 32),
                    prefix: "claw_live_ab", createdAt: .now)
                try await store.insert(agent: agent, key: key)
            }
            guard let digest = PackageDigest("sha256:" + String(repeating: "ab", count: 32)) else {
                throw BenchFailure("no digest")
            }
            try await store.insert(
                package: StoredPackage(
                    digest: digest, size: 1, manifestJSON: Array("{}".utf8), uploadedBy: seller.id, createdAt: .now))
            let manifest = try SkillManifest(
                toml: """
                    name = "bench"
                    version = "1.0.0"
                    description = "x"
                    category = "utility"
                    runtime = "exec"
                    entryPoint = "bin/x"
                    [[endpoints]]
                    path = "/x"
                    """)
            let id = Skill.ID.new()
            try await store.insert(
                skill: Skill(
                    id: id, agentID: seller.id, name: "bench", displayName: "Bench", category: .utility,
                    pricing: Pricing(kind: .usage, price: price, unit: "call"), status: .published, tags: [],
                    latest: SkillVersion(
                        skillID: id, version: manifest.version, package: digest, manifest: manifest, createdAt: .now),
                    createdAt: .now, updatedAt: .now))
            _ = try await store.credit(
                CashRequest(
                    agentID: buyer.id, amount: Money(base: 1 << 50, currency: .usdc), reference: "bench"),
                onCommit: { _ in })
            purchase = Purchase(
                id: .new(), buyerID: buyer.id, sellerID: seller.id, skillID: id,
                amount: Money(base: 0, currency: .usdc), pricing: Pricing(kind: .usage, price: price),
                license: License(kind: .personal, usageLimit: nil), status: .completed, createdAt: .now)
            try await store.record(PurchaseRecord(purchase: purchase), onCommit: {})
        }

        private static func agent(_ name: String) -> Agent {
            Agent(
                id: .new(), name: name, ownerWallet: "11111111111111111111111111111111", description: "x",
                createdAt: .now, updatedAt: .now)
        }

        func settle() async throws {
            let usage = SkillUsage(
                id: .new(), purchaseID: purchase.id, skillID: purchase.skillID, agentID: purchase.buyerID,
                endpoint: "/x", requestSize: 10, responseSize: 20, durationMilliseconds: 5, cpuTimeMilliseconds: 3,
                peakMemoryBytes: 4096, cost: purchase.pricing.unitPrice, verdict: "ok", timestamp: .now)
            _ = try await store.settle(
                try Settlement(
                    usage: usage, sellerID: purchase.sellerID, countsUse: true, requestHash: BodyHash(of: "q".utf8),
                    responseHash: BodyHash(of: "a".utf8), report: report, idempotency: nil
                ) { receipt in StoredOutcome(status: 200, headers: [], body: Array(receipt.utf8)) },
                onCommit: { _ in })
        }
    }
}
