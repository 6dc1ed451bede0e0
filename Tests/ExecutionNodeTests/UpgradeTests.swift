import ExecutionNode
import Fields
import MarketCore
import Metering
import NodeTestSupport
import Storage
import Testing

/// A seller, a buyer with 100 USDC, and one skill at a price.
private struct Sale {
    let fixture: NodeFixture
    let seller: NodeFixture.Member
    let buyer: NodeFixture.Member
    let skill: Skill
    let id: String
    let token: String

    init(_ pricing: String, kind: License.Kind = .personal, limit: Int64? = nil, credit: String = "100") async throws {
        fixture = try await NodeFixture()
        seller = try await fixture.register("seller")
        buyer = try await fixture.register("buyer")
        skill = try await fixture.publish(NodeFixture.manifest(pricing: pricing), by: seller)
        try await fixture.credit(buyer, credit)
        token = try await fixture.buy(skill, by: buyer, kind: kind, usageLimit: limit)
        id = try #require(try await fixture.store.purchases(buyer: buyer.id, skill: skill.id).first).id.description
    }

    func upgrade(
        _ kind: License.Kind? = nil, limit: Int64? = nil, maxPrice: String? = nil, key: String? = nil
    ) async throws(NodeError) -> JSONValue {
        try await fixture.node.upgradePurchase(
            id, UpgradeRequest(licenseKind: kind, usageLimit: limit, maxPrice: maxPrice, idempotencyKey: key),
            buyer: buyer.id
        ).json
    }

    func refund(_ amount: String? = nil, by authority: ExecutionNode.RefundAuthority = .operator)
        async throws(NodeError)
        -> JSONValue
    {
        try await fixture.node.refundPurchase(id, RefundRequest(amount: amount, reason: "r"), by: authority).json
    }

    func close() async throws {
        let check = try await fixture.node.ledger().check
        #expect(check.isSound, "\(check.faults)")
        #expect(fixture.node.load.openHolds == 0)
        try await fixture.close()
    }
}

private let oneTime = "type = \"one-time\"\nprice = \"1\"\nlicenses = { commercial = \"5\", enterprise = \"20\" }"

@Suite("Upgrades")
struct UpgradeTests {
    @Test("pay the difference once, to seller and platform, and hold for tokens old and new")
    func once() async throws {
        let sale = try await Sale(oneTime)
        await expectError(402, "max_price_exceeded") { _ = try await sale.upgrade(.commercial, maxPrice: "3.99") }
        let answer = try await sale.upgrade(.commercial, maxPrice: "4", key: "up")
        #expect(answer["purchase"]?["license"]?["type"] == "commercial" && answer["purchase"]?["amount"] == "1")
        #expect(answer["payment"]?["kind"] == "upgrade" && answer["payment"]?["amount"] == "4")
        #expect(try await sale.upgrade(.commercial, maxPrice: "4", key: "up") == answer)
        #expect(try await sale.fixture.balance(sale.buyer) == "95")
        #expect(try await sale.fixture.balance(sale.seller) == "4.875")
        for token in [sale.token, try #require(answer["purchaseToken"]?.string)] {
            #expect(try await sale.fixture.call(sale.skill, by: sale.buyer, token: token).isOK)
        }
        await expectError(409, "nothing_to_upgrade") { _ = try await sale.upgrade(.commercial) }
        await expectError(409, "not_an_upgrade") { _ = try await sale.upgrade(.personal) }
        await expectError(404, "purchase_not_found") {
            _ = try await sale.fixture.node.upgradePurchase(
                sale.id, UpgradeRequest(licenseKind: .enterprise), buyer: try await sale.fixture.register("other").id)
        }
        await expectError(403, "not_the_buyer") {
            _ = try await sale.fixture.node.upgradePurchase(
                sale.id, UpgradeRequest(licenseKind: .enterprise), buyer: sale.seller.id)
        }
        let shown = try await sale.fixture.node.purchase(sale.id, reader: sale.seller.id)
        #expect(shown["upgrades"]?[0]?["from"]?["type"] == "personal" && shown["payments"]?.array?.count == 2)
        try await sale.close()
    }

    @Test("at once by many callers are paid once each step")
    func concurrent() async throws {
        // All of them may hold their price at once.
        let sale = try await Sale(oneTime, credit: "1000")
        let codes = await withTaskGroup(of: String.self) { group in
            for index in 0..<16 {
                group.addTask {
                    do throws(NodeError) {
                        _ = try await sale.upgrade(index.isMultiple(of: 2) ? .commercial : .enterprise)
                        return "ok"
                    } catch { return error.code }
                }
            }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(codes.isSubset(of: ["ok", "nothing_to_upgrade", "not_an_upgrade", "upgrade_in_flight"]))
        let left = try await sale.fixture.balance(sale.buyer)
        #expect(left == "980", "the last state is an enterprise licence, whatever the steps")
        try await sale.close()
    }

    @Test("raise what a licence allows at once, without a restart and after it")
    func limits() async throws {
        let sale = try await Sale("type = \"usage\"\nprice = \"0.1\"\nlicenses = { commercial = \"0.3\" }", limit: 1)
        #expect(try await sale.fixture.call(sale.skill, by: sale.buyer, token: sale.token).isOK)
        await expectError(402, "usage_limit_reached") {
            _ = try await sale.fixture.call(sale.skill, by: sale.buyer, token: sale.token)
        }
        let raised = try await sale.upgrade(limit: 3)
        #expect(raised["payment"]?.isNull == true && raised["upgrade"]?["amount"] == "0")
        #expect(try await sale.fixture.call(sale.skill, by: sale.buyer, token: sale.token).isOK)
        await expectError(402, "max_price_exceeded") { _ = try await sale.upgrade(.commercial, maxPrice: "0.2") }
        _ = try await sale.upgrade(.commercial)
        let run = try await sale.fixture.call(sale.skill, by: sale.buyer, token: sale.token)
        #expect(run.json["usage"]?["cost"] == "0.3")
        await expectError(402, "usage_limit_reached") {
            _ = try await sale.fixture.call(sale.skill, by: sale.buyer, token: sale.token)
        }
        try await sale.close()
    }

    @Test("are given back with what they upgraded, the newest payment first, and end the licence with all of it")
    func refunds() async throws {
        let sale = try await Sale(oneTime)
        _ = try await sale.upgrade(.commercial)
        _ = try await sale.upgrade(.enterprise)
        await expectError(422, "refund_too_large") { _ = try await sale.refund("20.000001") }
        let part = try await sale.refund("16")
        #expect(part["refunds"]?.array?.map { $0["amount"]?.string } == ["15", "1"])
        #expect(part["purchase"]?["status"] == "completed")
        let check = try await sale.fixture.node.ledger().check
        #expect(check.isSound, "\(check.faults)")
        #expect(try await sale.fixture.call(sale.skill, by: sale.buyer, token: sale.token).isOK)
        let rest = try await sale.refund()
        #expect(rest["refunds"]?.array?.map { $0["amount"]?.string } == ["3", "1"])
        #expect(rest["purchase"]?["status"] == "refunded")
        #expect(try await sale.fixture.balance(sale.buyer) == "100")
        #expect(try await sale.fixture.balance(sale.seller) == "0")
        #expect(try await sale.fixture.store.platformBalances().allSatisfy(\.isZero))
        await expectError(409, "license_ended") { _ = try await sale.upgrade(limit: 5) }
        await expectError(409, "nothing_to_refund") { _ = try await sale.refund() }
        try await sale.close()
    }

    @Test("of a subscription are paid for the time that is left, and by the period from then on")
    func subscription() async throws {
        let sale = try await Sale(
            "type = \"subscription\"\ninterval = \"daily\"\nprice = \"1\"\nlicenses = { commercial = \"5\" }")
        let answer = try await sale.upgrade(.commercial)
        let paid = try #require(answer["payment"]?["amount"]?.string)
        #expect(paid == "4" || paid.hasPrefix("3.99"), "\(paid)")
        let end = try #require(try await sale.purchase().license.expiresAt)
        try await sale.fixture.node.renewSubscriptions(at: end.advanced(byMilliseconds: -60_000))
        let renewed = try await sale.purchase()
        #expect(renewed.subscription?.periodsPaid == 2 && renewed.pricing.price.decimal == "5")
        let numbers = try await sale.fixture.store.payments(of: renewed.id)
        #expect(numbers.map(\.number) == [0, 1, 2] && numbers.map(\.kind) == [.purchase, .upgrade, .renewal])
        // The time that is paid for now is the last period's alone.
        #expect(try await sale.refund()["refunds"]?.array?.map { $0["amount"]?.string } == ["5"])
        try await sale.close()
    }

    @Test("that cannot be paid change nothing")
    func poor() async throws {
        let sale = try await Sale(oneTime, credit: "3")
        await expectError(402, "insufficient_balance") { _ = try await sale.upgrade(.commercial) }
        #expect(try await sale.purchase().license.kind == .personal)
        #expect(try await sale.fixture.balance(sale.buyer) == "2")
        try await sale.close()
    }
}

extension Sale {
    fileprivate func purchase() async throws -> Purchase {
        try #require(try await fixture.store.purchases(buyer: buyer.id, skill: skill.id).first)
    }
}
