import LicenseCheck
import MarketCore
import Testing

@Suite("The licence decision")
struct LicenseDecisionTests {
    private let now = Fixtures.now

    private func refusal(
        _ fixtures: Fixtures, caller: Agent.ID? = nil, token: PurchaseToken? = nil, purchase: Purchase? = nil
    ) -> LicenseRefusal? {
        #expect(throws: LicenseRefusal.self) {
            try LicenseDecision.decide(
                caller: caller ?? fixtures.buyer, skill: fixtures.skill,
                token: token ?? PurchaseToken(fixtures.purchase), purchase: purchase ?? fixtures.purchase, now: now)
        }
    }

    @Test("A buyer with a sound token runs under the purchase")
    func granted() throws {
        let fixtures = try Fixtures(expiresAt: now.advanced(byMilliseconds: 5000), usageLimit: 10, currentUsage: 9)
        let grant = try LicenseDecision.decide(
            caller: fixtures.buyer, skill: fixtures.skill, token: PurchaseToken(fixtures.purchase),
            purchase: fixtures.purchase, now: now)
        #expect(grant == .purchase(fixtures.purchase))
    }

    @Test("Without a token the owner runs free and everybody else is asked to buy")
    func withoutToken() throws {
        let fixtures = try Fixtures()
        let decide = { (caller: Agent.ID) throws(LicenseRefusal) in
            try LicenseDecision.decide(
                caller: caller, skill: fixtures.skill, token: nil, purchase: fixtures.purchase, now: now)
        }
        #expect(try decide(fixtures.seller) == .owner)
        #expect(try decide(fixtures.seller).purchase == nil)
        let error = #expect(throws: LicenseRefusal.self) { try decide(fixtures.buyer) }
        #expect(error?.code == "purchase_required")
        #expect(error?.httpStatus == 402)
    }

    @Test("A token of another agent is refused before anything else is said, also to the owner")
    func foreign() throws {
        var fixtures = try Fixtures(expiresAt: now.advanced(byMilliseconds: -5000), usageLimit: 1, currentUsage: 1)
        fixtures.purchase.revokedReason = "fraud"
        for caller in [Agent.ID.new(), fixtures.seller] {
            let error = refusal(fixtures, caller: caller)
            #expect(error == .foreignToken)
            #expect(error?.httpStatus == 403)
        }
    }

    @Test("A token for another skill is refused")
    func otherSkill() throws {
        let fixtures = try Fixtures()
        let elsewhere = try Fixtures()
        let purchase = Purchase(
            id: .new(), buyerID: fixtures.buyer, sellerID: elsewhere.seller, skillID: elsewhere.skill.id,
            amount: .zero(.usdc), pricing: Pricing(kind: .free, price: .zero(.usdc)), license: License(kind: .personal),
            status: .completed,
            createdAt: now)
        #expect(refusal(fixtures, token: PurchaseToken(purchase), purchase: purchase) == .otherSkill)
    }

    @Test("A purchase that is not there, or is not the token's, is unknown")
    func unknown() throws {
        let fixtures = try Fixtures()
        let error = #expect(throws: LicenseRefusal.self) {
            try LicenseDecision.decide(
                caller: fixtures.buyer, skill: fixtures.skill, token: PurchaseToken(fixtures.purchase), purchase: nil,
                now: now)
        }
        #expect(error == .purchaseUnknown)
        let other = try Fixtures().purchase
        #expect(refusal(fixtures, purchase: other) == .purchaseUnknown)
    }

    @Test("Revoked and refunded purchases are forbidden; one that is not paid yet is payable")
    func status() throws {
        var fixtures = try Fixtures()
        let token = PurchaseToken(fixtures.purchase)
        fixtures.purchase.status = .refunded
        #expect(refusal(fixtures)?.code == "purchase_refunded")
        #expect(refusal(fixtures)?.httpStatus == 403)
        fixtures.purchase.status = .pending
        #expect(refusal(fixtures)?.code == "payment_pending")
        #expect(refusal(fixtures)?.httpStatus == 402)
        fixtures.purchase.status = .completed
        fixtures.purchase.revokedReason = "fraud"
        #expect(refusal(fixtures) == .revoked(reason: "fraud"))
        #expect(refusal(fixtures)?.httpStatus == 403)
        fixtures.purchase.revokedReason = nil
        fixtures.purchase.revocationEpoch = 1
        #expect(refusal(fixtures, token: token) == .revoked(reason: nil))
        #expect(throws: Never.self) {
            try LicenseDecision.decide(
                caller: fixtures.buyer, skill: fixtures.skill, token: PurchaseToken(fixtures.purchase),
                purchase: fixtures.purchase, now: now)
        }
    }

    @Test("The earlier end of token and licence counts", arguments: [(-1, 100), (100, -1), (0, 100), (100, 0)])
    func expired(token: Int64, license: Int64) throws {
        let fixtures = try Fixtures(expiresAt: now.advanced(byMilliseconds: license * 1000))
        let issued = try Fixtures(expiresAt: now.advanced(byMilliseconds: token * 1000)).purchase.license
        let purchase = Purchase(
            id: fixtures.purchase.id, buyerID: fixtures.buyer, sellerID: fixtures.seller, skillID: fixtures.skill.id,
            amount: .zero(.usdc), pricing: Pricing(kind: .free, price: .zero(.usdc)), license: issued,
            status: .completed, createdAt: now)
        let error = refusal(fixtures, token: PurchaseToken(purchase))
        #expect(error?.code == "license_expired")
        #expect(error?.httpStatus == 402)
    }

    @Test("An exhausted licence is payable", arguments: [(0, 0), (1, 1), (1, 2), (.max, .max)] as [(Int64, Int64)])
    func exhausted(limit: Int64, used: Int64) throws {
        let error = refusal(try Fixtures(usageLimit: limit, currentUsage: used))
        #expect(error?.code == "usage_limit_reached")
        #expect(error?.httpStatus == 402)
    }

    @Test("Every refusal has its own code and a sentence")
    func texts() {
        let refusals: [LicenseRefusal] = [
            .purchaseRequired(skill: "x"), .invalidToken(.badSignature), .foreignToken, .otherSkill, .purchaseUnknown,
            .revoked(reason: "fraud"), .refunded, .paymentPending, .expired(now), .usageLimitReached(limit: 5),
        ]
        #expect(Set(refusals.map(\.code)).count == refusals.count)
        for refusal in refusals { #expect(refusal.detail.count > 20) }
    }
}
