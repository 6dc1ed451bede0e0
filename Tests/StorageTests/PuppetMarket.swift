import MarketCore
import Metering
import TestSupport
import Testing

@testable import Storage

/// Agents that sell to, buy from and review one another by chance.
struct PuppetMarket {
    let fixture: StoreFixture
    /// The first one sells the fixture's skill.
    private(set) var members: [Agent]
    private var skills: [Skill] = []
    private let purchases: [[Purchase]]

    init(_ fixture: StoreFixture, members count: Int, _ random: inout SeededGenerator) async throws {
        self.fixture = fixture
        var members = [fixture.seller]
        var skills = [fixture.skill]
        _ = try await fixture.store.credit(
            CashRequest(agentID: fixture.seller.id, amount: StoreFixture.usdc(1_000_000_000), reference: "seller"),
            onCommit: { _ in })
        for number in 1..<count {
            var agent = try await fixture.buyer("member-\(number)", balance: 1_000_000_000)
            // Now and then two have one wallet.
            agent.ownerWallet = "wallet \(Int.random(in: 0..<count, using: &random))"
            try await fixture.store.update(agent: agent)
            let skill = try StoreFixture.skill("skill-\(number)", of: agent.id)
            try await fixture.store.insert(skill: skill)
            members.append(agent)
            skills.append(skill)
        }
        var purchases: [[Purchase]] = []
        for buyer in members {
            var bought: [Purchase] = []
            for skill in skills where skill.agentID != buyer.id {
                let purchase = Purchase(
                    id: .new(), buyerID: buyer.id, sellerID: skill.agentID, skillID: skill.id,
                    amount: StoreFixture.usdc(Int64.random(in: 0...2, using: &random) * 3_000_000),
                    pricing: Pricing(kind: .usage, price: StoreFixture.price),
                    license: License(kind: .personal, usageLimit: nil), status: .completed, createdAt: .now)
                try await fixture.store.record(PurchaseRecord(purchase: purchase), onCommit: {})
                bought.append(purchase)
            }
            purchases.append(bought)
        }
        self.members = members
        self.skills = skills
        self.purchases = purchases
    }

    /// One thing that one of them does.
    func act(_ random: inout SeededGenerator) async throws {
        let store = fixture.store
        let purchase = try #require(purchases.randomElement(using: &random)?.randomElement(using: &random))
        let reviews = try await store.reviews(ReviewQuery(skillID: purchase.skillID)).items
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            let usage = SkillUsage(
                id: .new(), purchaseID: purchase.id, skillID: purchase.skillID, agentID: purchase.buyerID,
                endpoint: "/send", requestSize: 1, responseSize: 1, durationMilliseconds: 1, cpuTimeMilliseconds: 1,
                peakMemoryBytes: 1, cost: StoreFixture.usdc(Int64.random(in: 0...3_000_000, using: &random)),
                verdict: Bool.random(using: &random) ? "ok" : "failed", timestamp: .now)
            let settlement = try Settlement(
                usage: usage, sellerID: purchase.sellerID, countsUse: true, requestHash: BodyHash(of: "q".utf8),
                responseHash: BodyHash(of: "a".utf8), report: []
            ) { StoredOutcome(status: 200, headers: [], body: Array($0.utf8)) }
            _ = try await store.settle(settlement, onCommit: { _ in })
        case 4..<7:
            let review = Review(
                id: .new(), skillID: purchase.skillID,
                version: try #require(SemanticVersion("1.0.\(Int.random(in: 0..<4, using: &random))")),
                reviewerID: purchase.buyerID, sellerID: purchase.sellerID,
                stars: Int64.random(in: 1...5, using: &random), text: "", createdAt: .now)
            try await insert(review)
        case 7:
            guard let review = reviews.randomElement(using: &random) else { return }
            _ = try await store.edit(
                review: review.id, stars: Int64.random(in: 1...5, using: &random), text: "", at: .now)
        case 8:
            guard let review = reviews.randomElement(using: &random) else { return }
            let delay = Int64.random(in: 0...20, using: &random) * 86_400_000
            _ = try await store.reply(
                to: review.id, text: "?", at: review.createdAt.advanced(byMilliseconds: delay))
        default:
            guard let review = reviews.randomElement(using: &random) else { return }
            _ = try await store.settleReports(
                of: review.id, removing: Bool.random(using: &random) ? "by chance" : nil, at: .now)
        }
    }

    /// Whoever said so before is refused.
    private func insert(_ review: Review) async throws {
        do throws(StoreError) {
            try await fixture.store.insert(review: review)
        } catch {
            #expect(error == .conflict(field: "review"))
        }
    }
}
