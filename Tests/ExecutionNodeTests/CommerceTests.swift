import ExecutionNode
import Fields
import MarketCore
import Metering
import NodeTestSupport
import Storage
import Synchronization
import Testing

/// A seller, a buyer with 100 USDC, and one skill at a price.
private struct Shop {
    let fixture: NodeFixture
    let seller: NodeFixture.Member
    let buyer: NodeFixture.Member
    let skill: Skill

    init(_ pricing: String, credit: String = "100") async throws {
        fixture = try await NodeFixture()
        seller = try await fixture.register("seller")
        buyer = try await fixture.register("buyer")
        skill = try await fixture.publish(NodeFixture.manifest(pricing: pricing), by: seller)
        try await fixture.credit(buyer, credit)
    }

    func purchase() async throws -> Purchase {
        try #require(try await fixture.store.purchases(buyer: buyer.id, skill: skill.id).first)
    }

    /// A subscription that began at another time than now, paid for its first period.
    func subscribe(at start: Timestamp) async throws -> Purchase {
        let pricing = skill.pricing
        let end = BillingPeriod(anchor: start, interval: try #require(pricing.interval), number: 0).end
        let purchase = Purchase(
            id: .new(at: start), buyerID: buyer.id, sellerID: seller.id, skillID: skill.id, amount: pricing.price,
            pricing: pricing, license: License(kind: .personal, expiresAt: end), subscription: Subscription(),
            status: .completed, createdAt: start)
        try await fixture.store.record(try PurchaseRecord(purchase: purchase)) {}
        return purchase
    }

    /// Closes it after a look at its books.
    func close() async throws {
        let check = try await fixture.node.ledger().check
        #expect(check.isSound, "\(check.faults)")
        #expect(fixture.node.load.openHolds == 0)
        try await fixture.close()
    }
}

@Suite("Prices")
struct PriceTests {
    @Test("for 1000 calls bill each call its exact share")
    func thousand() async throws {
        let shop = try await Shop("type = \"usage\"\nprice = \"0.5\"\nper = 1000\nunit = \"call\"", credit: "0.0015")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        for _ in 0..<3 { _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token) }
        #expect(try await shop.fixture.balance(shop.buyer) == "0")
        await expectError(402, "insufficient_balance") {
            _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token)
        }
        try await shop.close()
    }

    @Test("by units of the payload are known, and held, before the run")
    func payloadUnits() async throws {
        let shop = try await Shop(
            "type = \"usage\"\nprice = \"0.01\"\nunit = \"mail\"\nunits = { from = \"payload\", pointer = \"/to\", as = \"list\", max = 3 }"
        )
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        let reply = try await shop.fixture.call(
            shop.skill, by: shop.buyer, token: token, payload: ["to": ["a", "b", "c"]], maxCost: "0.03")
        #expect(reply.json["usage"]?["cost"]?.string == "0.03")
        #expect(reply.json["usage"]?["units"]?.int64 == 3)
        await expectError(402, "max_cost_exceeded") {
            _ = try await shop.fixture.call(
                shop.skill, by: shop.buyer, token: token, payload: ["to": ["a", "b", "c"]], maxCost: "0.029")
        }
        for payload: JSONValue in [["to": ["a", "b", "c", "d"]], ["to": "all"], [:], ["to": []], ["to": 2]] {
            await expectError(422, "units_invalid") {
                _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token, payload: payload)
            }
        }
        let failed = try await shop.fixture.call(
            shop.skill, by: shop.buyer, token: token, payload: ["to": ["a"], "verdict": "failed"])
        #expect(failed.json["usage"]?["cost"]?.string == "0" && failed.json["usage"]?["units"]?.int64 == 0)
        #expect(try await shop.fixture.balance(shop.buyer) == "99.97")
        try await shop.close()
    }

    @Test("by units of the result hold the most, charge what was counted, and never more than maxCost")
    func resultUnits() async throws {
        let shop = try await Shop(
            "type = \"usage\"\nprice = \"0.01\"\nunits = { from = \"result\", pointer = \"/n\", as = \"number\", max = 100 }",
            credit: "1")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        func call(_ result: String, maxCost: String? = nil) async throws -> JSONValue? {
            try await shop.fixture.call(
                shop.skill, by: shop.buyer, token: token, payload: ["stdout": .string(result)], maxCost: maxCost
            ).json["usage"]
        }
        #expect(try await call("{\"n\":7}")?["cost"]?.string == "0.07")
        // Less than the most is left now: what is held follows the caller's limit.
        await expectError(402, "insufficient_balance") { _ = try await call("{\"n\":1}") }
        let capped = try await call("{\"n\":40}", maxCost: "0.25")
        #expect(capped?["cost"]?.string == "0.25" && capped?["units"]?.int64 == 25)
        #expect(try await call("{\"n\":0}", maxCost: "0.25")?["cost"]?.string == "0")
        for result in ["{}", "{\"n\":101}", "{\"n\":-1}", "[1]", "{\"n\":\"7\"}"] {
            let usage = try await call(result, maxCost: "0.25")
            #expect(usage?["verdict"]?.string == "invalid_response" && usage?["cost"]?.string == "0", "\(result)")
        }
        await expectError(402, "max_cost_exceeded") { _ = try await call("{\"n\":1}", maxCost: "0.009") }
        #expect(try await shop.fixture.balance(shop.buyer) == "0.68")
        try await shop.close()
    }

    @Test("of a pack pay for so many uses")
    func pack() async throws {
        let shop = try await Shop("type = \"one-time\"\nprice = \"2\"\nprepaidUses = 3")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer, usageLimit: 9)
        for _ in 0..<3 { _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token) }
        await expectError(402, "usage_limit_reached") {
            _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token)
        }
        #expect(try await shop.fixture.balance(shop.buyer) == "98")
        try await shop.close()
    }

    @Test("begin after the free runs, which a buyer gets once and a failure does not use up")
    func trial() async throws {
        let shop = try await Shop("type = \"usage\"\nprice = \"1\"\ntrialCalls = 3", credit: "2")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token, payload: ["verdict": "failed"])
        let costs = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let reply = try? await shop.fixture.call(
                        shop.skill, by: shop.buyer, token: token, payload: ["sleep": 5])
                    return reply?.json["usage"]?["cost"]?.string
                }
            }
            return try await group.reduce(into: [String: Int]()) { $0[$1 ?? "refused", default: 0] += 1 }
        }
        #expect(costs == ["0": 3, "1": 2, "refused": 3])
        #expect(try await shop.purchase().trialLeft == 0)
        _ = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        #expect(try await shop.purchase().trialLeft == 0)
        #expect(try await shop.fixture.usages(shop.buyer).count { $0.isTrial } == 3)
        try await shop.close()
    }

    @Test("differ by the kind of licence, which bounds the runs at once")
    func kinds() async throws {
        let shop = try await Shop(
            "type = \"one-time\"\nprice = \"1\"\nlicenses = { commercial = \"5\", enterprise = \"20\" }")
        let personal = try await shop.fixture.buy(shop.skill, by: shop.buyer, kind: .personal)
        #expect(try await shop.fixture.balance(shop.buyer) == "99")
        let codes = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    do throws(NodeError) {
                        _ = try await shop.fixture.call(
                            shop.skill, by: shop.buyer, token: personal, payload: ["sleep": 300])
                        return "ok"
                    } catch { return error.code }
                }
            }
            return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(codes == ["ok": 4, "license_concurrency_reached": 8])
        _ = try await shop.fixture.buy(shop.skill, by: shop.buyer, kind: .enterprise)
        #expect(try await shop.fixture.balance(shop.buyer) == "79")
        try await shop.close()
    }

    @Test(
        "that cannot be booked exactly, or do not fit together, are refused",
        arguments: [
            ("type = \"usage\"\nprice = \"0.0005\"\nper = 1000", "pricing.price"),
            ("type = \"usage\"\nprice = \"1\"\nper = 10", "pricing.per"),
            ("type = \"usage\"\nprice = \"1\"\nprepaidUses = 3", "pricing.prepaidUses"),
            ("type = \"one-time\"\nprice = \"1\"\ntrialCalls = 3", "pricing.trialCalls"),
            ("type = \"one-time\"\nprice = \"1\"\ngraceHours = 0", "pricing.graceHours"),
            ("type = \"subscription\"\nprice = \"1\"\ninterval = \"daily\"\ngraceHours = 4", "pricing.graceHours"),
            (
                "type = \"usage\"\nprice = \"1\"\ntrialCalls = 1\n"
                    + "units = { from = \"payload\", pointer = \"/to\", as = \"list\", max = 3 }", "pricing.trialCalls"
            ),
            (
                "type = \"usage\"\nprice = \"1\"\nunits = { from = \"payload\", pointer = \"to\", as = \"list\", max = 3 }",
                "pricing.units.pointer"
            ),
            (
                "type = \"usage\"\nprice = \"1\"\nunits = { from = \"payload\", pointer = \"/to\", as = \"list\" }",
                "pricing.units.max"
            ),
            ("type = \"usage\"\nprice = \"1\"\nlicenses = { commercial = \"0.5\" }", "pricing.licenses.commercial"),
            ("type = \"usage\"\nprice = \"1\"\nlicenses = { personal = \"2\" }", "pricing.licenses.personal"),
        ])
    func refused(_ pricing: String, _ field: String) async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        do {
            try await fixture.publish(NodeFixture.manifest(pricing: pricing), by: seller)
            Issue.record("accepted")
        } catch let error as NodeError {
            #expect(error.fields["field"]?.string?.contains(field) == true, "\(error.detail)")
        }
        try await fixture.close()
    }
}

@Suite("Subscriptions")
struct SubscriptionTests {
    private static let day: Int64 = 86_400_000
    private static let daily = "type = \"subscription\"\nprice = \"2\"\ninterval = \"daily\"\ngraceHours = 2"

    @Test("are renewed from the balance, by the clock they began with, once a period")
    func renewal() async throws {
        let shop = try await Shop(Self.daily)
        let start = Timestamp.now.advanced(byMilliseconds: -Self.day + 60_000)
        let purchase = try await shop.subscribe(at: start)
        // Twice at once pays once.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await shop.fixture.node.renewSubscriptions() } }
            try await group.waitForAll()
        }
        var renewed = try await shop.purchase()
        #expect(renewed.license.expiresAt == start.advanced(byMilliseconds: 2 * Self.day))
        #expect(renewed.subscription?.periodsPaid == 2)
        try await shop.fixture.node.renewSubscriptions()
        #expect(try await shop.fixture.balance(shop.buyer) == "96")
        try await shop.fixture.node.renewSubscriptions(at: start.advanced(byMilliseconds: 2 * Self.day))
        renewed = try await shop.purchase()
        #expect(renewed.license.expiresAt == start.advanced(byMilliseconds: 3 * Self.day))
        #expect(try await shop.fixture.store.payments(of: purchase.id).map(\.number) == [0, 1, 2])
        #expect(try await shop.fixture.balance(shop.seller) == "5.85")
        try await shop.close()
    }

    @Test("that cannot be paid go on for their grace, then end; nothing is charged for time that could not be used")
    func grace() async throws {
        let shop = try await Shop(Self.daily, credit: "2")
        let start = Timestamp.now.advanced(byMilliseconds: -Self.day - 60_000)
        let purchase = try await shop.subscribe(at: start)
        let end = start.advanced(byMilliseconds: Self.day)
        try await shop.fixture.node.renewSubscriptions()
        let token = try await shop.fixture.node.reissueToken(purchase.id.description, buyer: shop.buyer.id)
        let text = try #require(token["purchaseToken"]?.string)
        // In its grace.
        #expect(try await shop.fixture.call(shop.skill, by: shop.buyer, token: text).isOK)
        try await shop.fixture.node.renewSubscriptions(at: end.advanced(byMilliseconds: 1 * 3_600_000))
        #expect(try await shop.purchase().subscription?.renews == true)
        // Too late, though there is money now.
        try await shop.fixture.credit(shop.buyer, "10")
        try await shop.fixture.node.renewSubscriptions(at: end.advanced(byMilliseconds: 2 * 3_600_000))
        #expect(try await shop.purchase().subscription?.renews == false)
        #expect(try await shop.fixture.balance(shop.buyer) == "10")
        await expectError(402, "license_expired") {
            _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: text)
        }
        await expectError(409, "subscription_ended") {
            _ = try await shop.fixture.node.setRenewal(
                purchase.id.description, buyer: shop.buyer.id, renews: true)
        }
        try await shop.close()
    }

    @Test("end with their paid time when cancelled, and go on when resumed before that")
    func cancel() async throws {
        let shop = try await Shop(Self.daily)
        _ = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        let id = try await shop.purchase().id.description
        await expectError(403, "not_the_buyer") {
            _ = try await shop.fixture.node.setRenewal(id, buyer: shop.seller.id, renews: false)
        }
        _ = try await shop.fixture.node.setRenewal(id, buyer: shop.buyer.id, renews: false)
        let later = Timestamp.now.advanced(byMilliseconds: Self.day - 1000)
        try await shop.fixture.node.renewSubscriptions(at: later)
        #expect(try await shop.fixture.balance(shop.buyer) == "98")
        _ = try await shop.fixture.node.setRenewal(id, buyer: shop.buyer.id, renews: true)
        try await shop.fixture.node.renewSubscriptions(at: later)
        #expect(try await shop.fixture.balance(shop.buyer) == "96")
        try await shop.close()
    }
}

@Suite("Refunds")
struct RefundTests {
    @Test("in parts give back exactly all, from seller and platform as each got it, and end the licence with the last")
    func parts() async throws {
        let shop = try await Shop("type = \"one-time\"\nprice = \"0.000101\"", credit: "1")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        let id = try await shop.purchase().id.description
        await expectError(403, "not_the_seller") {
            _ = try await shop.fixture.node.refundPurchase(
                id, RefundRequest(reason: "want it"), by: .seller(shop.buyer.id))
        }
        for amount in ["0.000001", "0.00005", "0.000039"] {
            _ = try await shop.fixture.node.refundPurchase(
                id, RefundRequest(amount: amount, reason: "part"), by: .operator)
            #expect(try await shop.fixture.node.ledger().check.isSound)
        }
        #expect(try await shop.fixture.call(shop.skill, by: shop.buyer, token: token).isOK)
        await expectError(422, "refund_too_large") {
            _ = try await shop.fixture.node.refundPurchase(
                id, RefundRequest(amount: "0.000012", reason: "part"), by: .operator)
        }
        // Many at once: one gets what is left.
        let ok = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    (try? await shop.fixture.node.refundPurchase(id, RefundRequest(reason: "rest"), by: .operator))
                        != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(ok == 1)
        #expect(try await shop.purchase().status == .refunded)
        #expect(try await shop.fixture.balance(shop.buyer) == "1")
        #expect(try await shop.fixture.balance(shop.seller) == "0")
        #expect(try await shop.fixture.store.platformBalances().allSatisfy(\.isZero))
        await expectError(403, "purchase_revoked") {
            _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token)
        }
        try await shop.close()
    }

    @Test("of a run give its cost back and leave the licence")
    func run() async throws {
        let shop = try await Shop("type = \"usage\"\nprice = \"1\"")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        let reply = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token)
        try await shop.fixture.credit(shop.seller, "1")
        let id = try #require(reply.json["usage"]?["id"]?.string)
        let answer = try await shop.fixture.node.refundExecution(
            id, RefundRequest(amount: "0.4", reason: "slow", idempotencyKey: "k"), by: .seller(shop.seller.id))
        // The platform keeps its fee: who could have it back would be paid elsewhere.
        #expect(answer.json["refund"]?["sellerPart"]?.string == "0.4")
        let again = try await shop.fixture.node.refundExecution(
            id, RefundRequest(amount: "0.4", reason: "slow", idempotencyKey: "k"), by: .seller(shop.seller.id))
        #expect(again.isReplay && again.json == answer.json)
        await expectError(422, "idempotency_key_reused") {
            _ = try await shop.fixture.node.refundExecution(
                id, RefundRequest(amount: "0.5", reason: "slow", idempotencyKey: "k"), by: .seller(shop.seller.id))
        }
        #expect(try await shop.fixture.balance(shop.buyer) == "99.4")
        _ = try await shop.fixture.node.refundExecution(id, RefundRequest(reason: "wrong"), by: .operator)
        #expect(try await shop.fixture.balance(shop.buyer) == "100")
        await expectError(409, "nothing_to_refund") {
            _ = try await shop.fixture.node.refundExecution(id, RefundRequest(reason: "more"), by: .operator)
        }
        await expectError(409, "nothing_paid") {
            _ = try await shop.fixture.node.refundPurchase(
                try await shop.purchase().id.description, RefundRequest(reason: "x"), by: .operator)
        }
        #expect(try await shop.fixture.call(shop.skill, by: shop.buyer, token: token).isOK)
        try await shop.close()
    }

    @Test("need a seller that has the money")
    func poorSeller() async throws {
        let shop = try await Shop("type = \"one-time\"\nprice = \"10\"")
        _ = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        // The seller spends what it earned.
        let other = try await shop.fixture.register("other")
        let dear = try await shop.fixture.publish(
            NodeFixture.manifest(name: "dear", pricing: "type = \"one-time\"\nprice = \"9\""), by: other)
        _ = try await shop.fixture.buy(dear, by: shop.seller)
        let id = try await shop.purchase().id.description
        await expectError(402, "seller_balance_insufficient") {
            _ = try await shop.fixture.node.refundPurchase(id, RefundRequest(reason: "x"), by: .operator)
        }
        #expect(try await shop.purchase().status == .completed)
        try await shop.close()
    }
}

@Suite("Budgets", .timeLimit(.minutes(1)))
struct BudgetTests {
    private func storm(_ shop: Shop, _ token: String, count: Int) async throws -> [String: Int] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<count {
                group.addTask {
                    do throws(NodeError) {
                        _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token, payload: ["sleep": 2])
                        return "ok"
                    } catch { return error.code }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test("hold across concurrent runs and purchases, and say what is left")
    func agent() async throws {
        let shop = try await Shop("type = \"usage\"\nprice = \"0.1\"")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        #expect(try await storm(shop, token, count: 5) == ["ok": 5])
        // What was spent before it was set counts as well.
        let set = try await shop.fixture.node.setBudget(
            of: shop.buyer.id, purchase: nil, .day, .usdc, limit: "2")
        #expect(set.first?["spent"]?.string == "0.5" && set.first?["left"]?.string == "1.5")
        let first = try await storm(shop, token, count: 40)
        #expect(first == ["ok": 15, "budget_exceeded": 25])
        let listed = try await shop.fixture.node.budgets(of: shop.buyer.id)
        #expect(listed.first?["left"]?.string == "0" && listed.first?["held"]?.string == "0")
        // A purchase is spending, too; a free one is not.
        let dear = try await shop.fixture.publish(
            NodeFixture.manifest(name: "dear", pricing: "type = \"one-time\"\nprice = \"1\""), by: shop.seller)
        await expectError(402, "budget_exceeded") { _ = try await shop.fixture.buy(dear, by: shop.buyer) }
        // A larger one for the month beside it decides nothing; raising the day's does.
        _ = try await shop.fixture.node.setBudget(
            of: shop.buyer.id, purchase: nil, .month, .usdc, limit: "50")
        await expectError(402, "budget_exceeded") {
            _ = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token)
        }
        _ = try await shop.fixture.node.setBudget(
            of: shop.buyer.id, purchase: nil, .day, .usdc, limit: "3.1")
        _ = try await shop.fixture.buy(dear, by: shop.buyer)
        #expect(try await storm(shop, token, count: 3) == ["ok": 1, "budget_exceeded": 2])
        _ = try await shop.fixture.node.setBudget(of: shop.buyer.id, purchase: nil, .day, .usdc, limit: nil)
        #expect(try await storm(shop, token, count: 3) == ["ok": 3])
        try await shop.close()
    }

    @Test("of a licence bind it alone, and survive a restart")
    func license() async throws {
        let shop = try await Shop("type = \"usage\"\nprice = \"0.1\"")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        let id = try await shop.purchase().id.description
        await expectError(404, "purchase_not_found") {
            _ = try await shop.fixture.node.setBudget(
                of: shop.seller.id, purchase: id, .day, nil, limit: "1")
        }
        _ = try await shop.fixture.node.setBudget(
            of: shop.buyer.id, purchase: id, .month, nil, limit: "0.35")
        #expect(try await storm(shop, token, count: 9) == ["ok": 3, "budget_exceeded": 6])
        let second = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        #expect(try await storm(shop, second, count: 2) == ["ok": 2])
        try await shop.fixture.stop()
        let again = try await NodeFixture(directory: shop.fixture.directory)
        await expectError(402, "budget_exceeded") { _ = try await again.call(shop.skill, by: shop.buyer, token: token) }
        try await again.close()
    }
}

@Suite("Sums and exports of usage")
struct UsageSumTests {
    @Test("are what a recount gives, for the buyer and the seller")
    func sums() async throws {
        let shop = try await Shop("type = \"usage\"\nprice = \"0.1\"")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        for index in 0..<12 {
            _ = try await shop.fixture.call(
                shop.skill, by: shop.buyer, token: token, payload: index % 3 == 0 ? ["verdict": "timeout"] : [:])
        }
        for party in [PurchaseQuery.Party.buyer(shop.buyer.id), .seller(shop.seller.id)] {
            for unit in CalendarUnit.allCases {
                var rows: [UsageSummary] = []
                var cursor: String?
                repeat {
                    let page = try await shop.fixture.node.usageSummaries(
                        UsageSummaryQuery(party: party, unit: unit, page: PageRequest(limit: 1, cursor: cursor)))
                    rows += page.items
                    cursor = page.nextCursor
                } while cursor != nil
                let byVerdict = Dictionary(grouping: rows, by: \.verdict).mapValues { rows in
                    [rows.reduce(0) { $0 + $1.calls }, rows.reduce(0) { $0 + $1.cost.base }]
                }
                #expect(byVerdict == ["ok": [8, 800_000], "timeout": [4, 0]], "\(unit)")
            }
        }
        let none = try await shop.fixture.node.usageSummaries(
            UsageSummaryQuery(party: .buyer(shop.seller.id), unit: .day))
        #expect(none.items.isEmpty && none.total == 0)
        try await shop.close()
    }

    @Test("stay when the reports of old runs are dropped, and so do receipts")
    func retention() async throws {
        let shop = try await Shop("type = \"usage\"\nprice = \"0.1\"")
        let token = try await shop.fixture.buy(shop.skill, by: shop.buyer)
        let reply = try await shop.fixture.call(shop.skill, by: shop.buyer, token: token)
        let id = try #require(reply.json["usage"]?["id"]?.string)
        #expect(try await shop.fixture.store.pruneReports(before: Timestamp.now.advanced(byMilliseconds: -1000)) == 0)
        #expect(try await shop.fixture.store.pruneReports(before: Timestamp.now.advanced(byMilliseconds: 1000)) == 1)
        let execution = try await shop.fixture.node.execution(id, reader: shop.buyer.id)
        #expect(execution.report == Array("{}".utf8))
        #expect(execution.receipt == reply.json["receipt"]?.string)
        try await shop.close()
    }

    @Test("as CSV quote what must be quoted, and start no formula")
    func csv() throws {
        let usage = SkillUsage(
            id: .new(), purchaseID: nil, skillID: .new(), agentID: .new(), endpoint: "=cmd,\"x\"", requestSize: 1,
            responseSize: 2, durationMilliseconds: 3, cpuTimeMilliseconds: 4, peakMemoryBytes: 5,
            cost: Money(base: 1_500_000, currency: .usdc), verdict: "ok", timestamp: Timestamp(milliseconds: 0))
        let lines = UsageExport.csv.text([usage], withHeader: true).split(separator: "\r\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("id,timestamp,agentId,purchaseId,"))
        #expect(lines[1].contains(",\"'=cmd,\"\"x\"\"\",ok,1,1.5,1500000,USDC,false,3,4,5,1,2"))
        #expect(UsageExport.jsonl.text([usage, usage], withHeader: true).split(separator: "\n").count == 2)
    }
}

@Suite("Top-ups")
struct TopUpTests {
    /// Answers as it is told, and keeps what it was asked.
    private final class Till: TopUpHook {
        let state = Mutex((answer: TopUpAnswer.paid, asked: [String]()))
        var asked: [String] { state.withLock { $0.asked } }

        func ask(_ topUp: TopUp) async -> TopUpAnswer {
            state.withLock { state in
                state.asked.append(topUp.reference)
                return state.answer
            }
        }
    }

    @Test("are asked for below the threshold, under one reference until it is booked")
    func story() async throws {
        let till = Till()
        let fixture = try await NodeFixture { $0.topUpHook = till }
        let agent = try await fixture.register("agent")
        let usdc = { (text: String) in try Money(decimal: text, currency: .usdc) }
        try await fixture.node.set(TopUp(agentID: agent.id, threshold: try usdc("5"), amount: try usdc("20")))
        let now = Timestamp.now
        func after(minutes: Int64) async throws {
            try await fixture.node.askForTopUps(at: now.advanced(byMilliseconds: minutes * 60_000))
        }
        till.state.withLock { $0.answer = .refused }
        try await after(minutes: 0)
        // Not again within the hour.
        try await after(minutes: 59)
        till.state.withLock { $0.answer = .pending }
        try await after(minutes: 61)
        #expect(Set(till.asked).count == 1 && till.asked.count == 2)
        // Whoever was told later books it with the operator key.
        _ = try await fixture.node.credit(
            CashRequest(agentID: agent.id, amount: try usdc("20"), reference: till.asked[0]))
        try await after(minutes: 200)
        #expect(till.asked.count == 2)
        till.state.withLock { $0.answer = .paid }
        try await fixture.node.set(TopUp(agentID: agent.id, threshold: try usdc("30"), amount: try usdc("20")))
        try await after(minutes: 201)
        try await after(minutes: 202)
        #expect(Set(till.asked).count == 2 && till.asked.count == 3)
        #expect(try await fixture.balance(agent) == "40")
        try await fixture.node.removeTopUp(of: agent.id, in: .usdc)
        #expect(try await fixture.node.topUps(of: agent.id).isEmpty)
        try await fixture.close()
    }

    @Test("are refused where the operator has no way to be paid")
    func none() async throws {
        let fixture = try await NodeFixture()
        let agent = try await fixture.register("agent")
        await expectError(409, "no_top_up") {
            try await fixture.node.set(
                TopUp(
                    agentID: agent.id, threshold: Money(base: 1, currency: .usdc),
                    amount: Money(base: 1, currency: .usdc)))
        }
        try await fixture.close()
    }
}
