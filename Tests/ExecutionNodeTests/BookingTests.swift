import ExecutionNode
import Fields
import MarketCore
import Metering
import NodeTestSupport
import Sandbox
import Storage
import Synchronization
import Testing

@Suite("Booking: a store that fails for a while loses no run and bills none twice", .timeLimit(.minutes(2)))
struct BookingTests {
    private struct Market {
        let outage = StoreOutage()
        let runner = ScriptedRunner()
        let fixture: NodeFixture
        let seller: NodeFixture.Member
        let buyer: NodeFixture.Member
        let skill: Skill
        let token: String

        /// - Parameter pace: shorter than a client's, so that tests do not wait.
        init(pace: (inout BookingPace) -> Void = { _ in }) async throws {
            fixture = try await NodeFixture(runner: runner, outage: outage) { configuration in
                configuration.bookingPace.firstWait = .milliseconds(5)
                configuration.bookingPace.waitMax = .milliseconds(20)
                configuration.bookingPace.patience = .milliseconds(100)
                pace(&configuration.bookingPace)
            }
            seller = try await fixture.register("seller")
            buyer = try await fixture.register("buyer")
            skill = try await fixture.publish(by: seller)
            try await fixture.credit(buyer, "1")
            token = try await fixture.buy(skill, by: buyer, usageLimit: 10)
        }

        func call(_ key: String? = nil, payload: JSONValue = ["text": "hello"]) async throws(NodeError) -> ExecuteReply
        {
            try await fixture.call(skill, by: buyer, token: token, payload: payload, key: key)
        }

        /// Until nothing is open any more.
        func settled() async throws {
            while fixture.node.load.unbooked > 0 || fixture.node.load.openHolds > 0 {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test("a short outage is not noticed: the answer comes when the run is booked")
    func short() async throws {
        let market = try await Market { $0.patience = .seconds(60) }
        market.outage.set(true)
        async let reply = market.call("k")
        while market.fixture.node.load.unbooked == 0 { try await Task.sleep(for: .milliseconds(2)) }
        market.outage.set(false)
        #expect(try await reply.outcome.status == 200)
        #expect(try await market.fixture.balance(market.buyer) == "0.999")
        #expect(market.fixture.node.load.unbooked == 0)
        try await market.fixture.close()
    }

    @Test("in a long outage the client is told, its key stays in flight, and gets the answer once the run is booked")
    func long() async throws {
        let market = try await Market()
        market.outage.set(true)
        let error = await #expect(throws: NodeError.self) { _ = try await market.call("k") }
        #expect(error?.status == 503)
        #expect(error?.code == "not_booked")
        #expect(error?.retryable == true)
        let url = try #require(error?.instance)
        #expect(url.hasPrefix("/api/v1/executions/"))
        // A retry does not run the skill again.
        await expectError(409, "request_in_flight") { _ = try await market.call("k") }
        await expectError(422, "idempotency_key_reused") { _ = try await market.call("k", payload: ["text": "other"]) }
        #expect(market.fixture.node.load.unbooked == 1)
        #expect(market.fixture.node.load.openHolds == 1)

        market.outage.set(false)
        try await market.settled()
        let replay = try await market.call("k")
        #expect(replay.isReplay)
        #expect(replay.outcome.status == 200)
        #expect(replay.json["result"]?["echo"]?["text"]?.string == "hello")
        #expect(replay.json["usage"]?["cost"]?.string == "0.001")
        #expect(replay.json["usage"]?["id"]?.string.map { "/api/v1/executions/\($0)" } == url)
        #expect(market.runner.started == 1)
        #expect(try await market.fixture.balance(market.buyer) == "0.999")
        #expect(try await market.fixture.node.ledger().check.isSound)
        try await market.fixture.close()
    }

    @Test("a run whose answer nobody can ask for any more is booked, and not charged")
    func unkeyed() async throws {
        let market = try await Market()
        market.outage.set(true)
        await expectError(503, "not_booked") { _ = try await market.call() }
        market.outage.set(false)
        try await market.settled()
        let usage = try #require(try await market.fixture.usages(market.buyer).first)
        #expect(usage.verdict == "ok")
        #expect(usage.cost.isZero)
        #expect(try await market.fixture.balance(market.buyer) == "1")
        let purchase = try await market.fixture.store.purchases(buyer: market.buyer.id, skill: nil).first
        #expect(purchase?.license.currentUsage == 0)
        try await market.fixture.close()
    }

    @Test("while runs stay unbooked nothing new is run, nothing is held, and answers that are stored are still given")
    func refusal() async throws {
        let market = try await Market { $0.unbookedAgeMax = .milliseconds(50) }
        _ = try await market.call("earlier")
        market.outage.set(true)
        await expectError(503, "not_booked") { _ = try await market.call("k") }
        let error = await #expect(throws: NodeError.self) { _ = try await market.call("next") }
        #expect(error?.status == 503)
        #expect(error?.code == "store_unavailable")
        #expect(error?.retryAfterSeconds != nil)
        #expect(throws: NodeError.self) { try market.fixture.node.requireBookable() }
        #expect(market.runner.started == 2)
        #expect(market.fixture.node.load.openHolds == 1)
        #expect(try await market.call("earlier").isReplay)

        market.outage.set(false)
        try await market.settled()
        try market.fixture.node.requireBookable()
        #expect(try await market.call("next").outcome.status == 200)
        try await market.fixture.close()
    }

    @Test("a node that stops before the store works leaves the run to the next start, which books it at no cost")
    func stopped() async throws {
        let market = try await Market()
        market.outage.set(true)
        await expectError(503, "not_booked") { _ = try await market.call("k") }
        try await market.fixture.stop()

        let next = try await NodeFixture(directory: market.fixture.directory)
        let usage = try #require(try await next.usages(market.buyer).first)
        #expect(usage.verdict == "launch_failed")
        #expect(usage.cost.isZero)
        let replay = try await next.call(market.skill, by: market.buyer, token: market.token, key: "k")
        #expect(replay.isReplay)
        #expect(replay.json["code"]?.string == "interrupted")
        try await next.close()
    }

    @Test("a node that stops when the store works again books what is left")
    func stoppedInTime() async throws {
        let market = try await Market {
            $0.firstWait = .seconds(60); $0.waitMax = .seconds(60)
        }
        market.outage.set(true)
        let call = Task { try await market.call("k").outcome.status }
        while market.fixture.node.load.unbooked == 0 { try await Task.sleep(for: .milliseconds(2)) }
        market.outage.set(false)
        await market.fixture.node.stop()
        #expect(try await call.value == 200)
        #expect(try await market.fixture.balance(market.buyer) == "0.999")
        try await market.fixture.close()
    }

    /// Does something while the skill runs.
    private final class BusyRunner: SkillRunner {
        let work = Mutex<(@Sendable () async throws -> Void)?>(nil)

        func run(_ request: RunRequest) async -> RunOutcome {
            let work = work.withLock { $0 }
            try? await work?()
            return await ScriptedRunner().run(request)
        }
    }

    @Test("a run that the store refuses to charge is booked at no cost, and its answer is given")
    func refused() async throws {
        let runner = BusyRunner()
        let fixture = try await NodeFixture(runner: runner)
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        try await fixture.credit(buyer, "1")
        let token = try await fixture.buy(skill, by: buyer)
        // The balance goes past the node's back, so that the ledger's own guard refuses the charge.
        let theft = Purchase(
            id: .new(), buyerID: buyer.id, sellerID: seller.id, skillID: skill.id,
            amount: try Money(decimal: "1", currency: .usdc), pricing: Pricing(kind: .free, price: .zero(.usdc)),
            license: License(kind: .personal), status: .completed, createdAt: .now)
        runner.work.withLock { work in
            work = { try await fixture.store.record(try PurchaseRecord(purchase: theft)) {} }
        }
        let reply = try await fixture.call(skill, by: buyer, token: token, key: "k")
        #expect(reply.outcome.status == 200)
        #expect(reply.json["usage"]?["cost"]?.string == "0")
        #expect(fixture.node.load.openHolds == 0)
        #expect(fixture.node.load.unbooked == 0)
        #expect(try await fixture.node.ledger().check.isSound)
        try await fixture.close()
    }

    @Test("a run costs what it cost when the licence was bought; a later price is for later purchases")
    func priceStays() async throws {
        let market = try await Market()
        let dear = "type = \"usage\"\nprice = \"0.5\"\ncurrency = \"USDC\"\nunit = \"call\""
        try await market.fixture.publish(NodeFixture.manifest(version: "1.1.0", pricing: dear), by: market.seller)
        let reply = try await market.fixture.call(
            market.skill, by: market.buyer, token: market.token, maxCost: "0.001")
        #expect(reply.json["usage"]?["cost"]?.string == "0.001")
        await expectError(402, "max_price_exceeded") {
            _ = try await market.fixture.node.purchase(
                PurchaseRequest(buyer: market.buyer.id, skill: market.skill.name, maxPrice: "0.4"))
        }
        let purchase = try await market.fixture.node.purchase(
            PurchaseRequest(buyer: market.buyer.id, skill: market.skill.name, maxPrice: "0.5"))
        #expect(purchase.json["purchase"]?["runPrice"]?.string == "0.5")
        let later = try await market.fixture.call(market.skill, by: market.buyer, token: purchase.token)
        #expect(later.json["usage"]?["cost"]?.string == "0.5")
        #expect(try await market.fixture.balance(market.buyer) == "0.499")
        try await market.fixture.close()
    }
}
