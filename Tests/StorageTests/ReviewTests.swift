import Foundation
import MarketCore
import Metering
import TestSupport
import Testing

@testable import Storage

@Suite("Reviews and reputations as they are stored", .timeLimit(.minutes(3)))
struct ReviewTests {
    /// A review of the fixture's skill.
    private func review(
        _ fixture: StoreFixture, by agent: Agent, stars: Int64, version: String = "1.0.0",
        at time: Timestamp = StoreFixture.now
    ) throws -> Review {
        Review(
            id: .new(at: time), skillID: fixture.skill.id, version: try #require(SemanticVersion(version)),
            reviewerID: agent.id, sellerID: fixture.seller.id, stars: stars, text: "", createdAt: time)
    }

    /// A buyer of a wallet of its own that ran the skill.
    private func buyer(_ fixture: StoreFixture, _ name: String, runs: Int = 1) async throws -> Agent {
        var agent = try await fixture.buyer(name, balance: 1_000_000)
        agent.ownerWallet = "wallet of \(name)"
        try await fixture.store.update(agent: agent)
        let purchase = try await fixture.bought(by: agent)
        for _ in 0..<runs { try await fixture.settle(try fixture.settlement(fixture.usage(purchase))) }
        return agent
    }

    @Test("only a run that ended ok under a licence counts, and its version is that which was the latest then")
    func versionRun() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        let agent = try await fixture.buyer(balance: 100_000)
        #expect(try await store.versionRun(of: fixture.skill.id, by: agent.id) == nil)
        let purchase = try await fixture.bought(by: agent)
        try await fixture.settle(
            try fixture.settlement(fixture.usage(purchase, cost: 0, verdict: "failed"), countsUse: false))
        #expect(try await store.versionRun(of: fixture.skill.id, by: agent.id) == nil)
        let time = StoreFixture.now.advanced(byMilliseconds: 1000)
        try await fixture.settle(try fixture.settlement(fixture.usage(purchase, at: time)))
        #expect(try await store.versionRun(of: fixture.skill.id, by: agent.id)?.description == "1.0.0")
        // A run by the owner is no buyer's.
        try await fixture.settle(
            try fixture.settlement(fixture.usage(nil, cost: 0), countsUse: false))
        #expect(try await store.versionRun(of: fixture.skill.id, by: fixture.seller.id) == nil)
        try await store.close()
    }

    @Test("one review a buyer and version; votes, replies and removals are kept; the skill's rating follows")
    func life() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        let (first, second) = (try await buyer(fixture, "first"), try await buyer(fixture, "second"))
        let written = try review(fixture, by: first, stars: 5)
        try await store.insert(review: written)
        await #expect(throws: StoreError.conflict(field: "review")) {
            try await store.insert(review: try review(fixture, by: first, stars: 1))
        }
        let later = StoreFixture.now.advanced(byMilliseconds: 1000)
        try await store.insert(review: try review(fixture, by: second, stars: 2, at: later))
        #expect(try await store.refreshReputations() == [fixture.skill.id])
        var skill = try #require(try await store.skill(id: fixture.skill.id))
        #expect(skill.rating == 3.5 && skill.reviewCount == 2)

        let replied = try await store.reply(to: written.id, text: "Thanks", at: later)
        #expect(replied.reply == Review.Reply(text: "Thanks", createdAt: later))
        let again = try await store.reply(to: written.id, text: "Thank you", at: later.advanced(byMilliseconds: 5))
        #expect(again.reply?.text == "Thank you" && again.reply?.createdAt == later && again.reply?.editedAt != nil)

        for _ in 0..<2 {
            #expect(try await store.setHelpful(written.id, by: second.id, true, at: later).helpfulCount == 1)
        }
        let query = ReviewQuery(skillID: fixture.skill.id, sort: .helpful, page: PageRequest(limit: 1))
        let page = try await store.reviews(query)
        #expect(page.items.map(\.stars) == [5] && page.total == 2)
        let rest = try await store.reviews(
            ReviewQuery(
                skillID: fixture.skill.id, sort: .helpful, page: PageRequest(limit: 1, cursor: page.nextCursor)))
        #expect(rest.items.map(\.stars) == [2] && rest.nextCursor == nil)
        #expect(try await store.setHelpful(written.id, by: second.id, false, at: later).helpfulCount == 0)

        try await store.report(written.id, by: second.id, reason: "untrue", at: later)
        try await store.report(written.id, by: second.id, reason: "again", at: later)
        let reported = try await store.reportedReviews(page: PageRequest())
        #expect(reported.items.map(\.reportCount) == [1] && reported.items.first?.firstReason == "untrue")
        let removed = try await store.settleReports(of: written.id, removing: "untrue", at: later)
        #expect(removed.removal?.reason == "untrue")
        #expect(try await store.reportedReviews(page: PageRequest()).total == 0)
        await #expect(throws: StoreError.missing("review")) {
            try await store.edit(review: written.id, stars: 3, text: "", at: later)
        }
        _ = try await store.refreshReputations()
        skill = try #require(try await store.skill(id: fixture.skill.id))
        #expect(skill.rating == 2 && skill.reviewCount == 1)
        #expect(try await store.recountReputations().differing.isEmpty)
        try await store.close()
    }

    @Test("all agents of one wallet are one party, and the seller's own wallet is none")
    func parties() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        for name in ["a", "b", "c"] {
            var agent = try await buyer(fixture, name, runs: 3)
            agent.ownerWallet = name == "c" ? fixture.seller.ownerWallet : "one wallet"
            try await store.update(agent: agent)
        }
        let reputation = try #require(try await store.reputation(of: fixture.seller.id))
        #expect(reputation.parties == 1)
        // Six runs of one party, which paid 6,000 base units.
        #expect(reputation.transactionsMilli == 2_000 + 1)
        try await store.close()
    }

    @Test("what is given back counts no longer")
    func refunds() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        var agent = try await fixture.buyer("buyer", balance: 100_000_000)
        agent.ownerWallet = "another"
        try await store.update(agent: agent)
        let purchase = try await fixture.bought(by: agent, amount: 8_000_000)
        #expect(try await store.reputation(of: fixture.seller.id)?.transactionsMilli == 3_000)
        let payment = try #require(try await store.payments(of: purchase.id).first)
        let refund = Refund(
            id: .new(), target: .payment(payment.id), purchaseID: purchase.id, buyerID: agent.id,
            sellerID: fixture.seller.id, amount: payment.amount, sellerPart: StoreFixture.usdc(7_800_000),
            feePart: StoreFixture.usdc(200_000), refundedBefore: StoreFixture.usdc(0), reason: "slow",
            createdAt: .now)
        _ = try await store.refund(try RefundRecord([refund], endsAfter: payment.id), onCommit: {})
        #expect(try await store.reputation(of: fixture.seller.id)?.transactionsMilli == 0)
        try await store.close()
    }

    /// Whatever happens in whatever order, what is kept is what a recount gives, and nobody in a group that deals only
    /// with itself exceeds the bound of the fees that it lost.
    @Test("reputations kept step by step equal a recount, in random markets", arguments: 1...4 as ClosedRange<UInt64>)
    func recount(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await StoreFixture()
        let store = fixture.store
        let market = try await PuppetMarket(fixture, members: 5, &random)
        for step in 0..<120 {
            try await market.act(&random)
            if step % 17 == 0 { _ = try await store.refreshReputations() }
        }
        _ = try await store.refreshReputations()
        let recount = try await store.recountReputations()
        #expect(recount.differing.isEmpty)
        #expect(recount.sellers >= 2)
        let platform = try await store.platformBalances().reduce(0) { $0 + $1.base }
        let bound = Reputation.bound(feesUSDC: platform, feesSOL: 0)
        for member in market.members {
            let agent = try #require(try await store.agent(id: member.id))
            #expect(agent.reputation <= Double(bound) / 100)
        }
        // A recount finds what another hand changed, and sets it.
        try await store.committer.write { db in
            _ = try db.run("UPDATE agents SET reputation = 99 WHERE id = ?", [fixture.seller.id.uuid])
        }
        #expect(try await store.recountReputations().differing == [fixture.seller.id])
        #expect(try await store.recountReputations().differing.isEmpty)
        #expect(try await store.verifyLedger().isSound)
        try await store.close()
    }
}
