import Fields
import Foundation
import MarketCore

/// A seller's skill and a buyer's purchase of it.
struct Fixtures {
    static let now = Timestamp(milliseconds: 1_800_000_000_000)
    let seller = Agent.ID.new()
    let buyer = Agent.ID.new()
    let skill: Skill
    var purchase: Purchase

    init(expiresAt: Timestamp? = nil, usageLimit: Int64? = nil, currentUsage: Int64 = 0) throws {
        let id = Skill.ID.new()
        let manifest = try SkillManifest(
            toml: """
                name = "word-stats"
                version = "1.0.0"
                description = "Counts words"
                category = "utility"
                runtime = "exec"
                entryPoint = "bin/word-stats"
                [[endpoints]]
                path = "/stats"
                """)
        let digest = PackageDigest("sha256:" + String(repeating: "0a", count: 32))
        guard let digest else { throw CocoaError(.coderInvalidValue) }
        skill = Skill(
            id: id, agentID: seller, name: "word-stats", displayName: "Word stats", category: .utility,
            pricing: Pricing(kind: .usage, price: Money(base: 1000, currency: .usdc), unit: "call"),
            status: .published, tags: [],
            latest: SkillVersion(
                skillID: id, version: manifest.version, package: digest, manifest: manifest, createdAt: Self.now),
            createdAt: Self.now, updatedAt: Self.now)
        purchase = Purchase(
            id: .new(), buyerID: buyer, sellerID: seller, skillID: id, amount: .zero(.usdc),
            pricing: skill.pricing,
            license: License(
                kind: .personal, expiresAt: expiresAt, usageLimit: usageLimit, currentUsage: currentUsage),
            status: .completed, createdAt: Self.now)
    }
}
