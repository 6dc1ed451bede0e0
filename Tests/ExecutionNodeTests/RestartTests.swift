import ExecutionNode
import Fields
import Foundation
import LicenseCheck
import MarketCore
import Metering
import NodeTestSupport
import Sandbox
import Storage
import Testing

@Suite("Restart: what a former process left open", .timeLimit(.minutes(2)))
struct RestartTests {
    @Test("a run that was on its way gets its record at cost 0, once, and its key an answer")
    func interrupted() async throws {
        let former = try await NodeFixture()
        let seller = try await former.register("seller")
        let buyer = try await former.register("buyer")
        let skill = try await former.publish(by: seller)
        try await former.credit(buyer, "0.002")
        let token = try await former.buy(skill, by: buyer, usageLimit: 2)
        _ = try await former.call(skill, by: buyer, token: token, key: "settled")
        let purchase = try #require(try await former.store.purchases(buyer: buyer.id, skill: nil).first)

        // The process dies with a hold open: it is in the journal and nowhere else.
        let request = ExecuteRequest(
            caller: buyer.id, skill: skill.name, endpoint: "/echo", payload: ["text": "lost"], token: token,
            idempotencyKey: "lost", body: Array("{\"text\":\"lost\"}".utf8))
        let fingerprint = BodyHash(of: try #require(request.body))
        let hold = Hold(
            id: .new(), purchaseID: purchase.id, skillID: skill.id, buyerID: buyer.id, sellerID: seller.id,
            endpoint: "/echo", amount: Money(base: 1000, currency: .usdc), requestSize: 15, requestHash: fingerprint,
            idempotency: IdempotentRequest(
                scope: IdempotencyScope(
                    agentID: buyer.id, route: "POST /api/v1/skills/\(skill.id)/execute",
                    key: try IdempotencyKey(header: "lost")),
                fingerprint: fingerprint),
            createdAt: .now)
        try await former.stop()
        try HoldJournal(path: former.directory + "/holds.journal").open(hold)

        for start in 1...2 {
            let runner = ScriptedRunner()
            let node = try await NodeFixture(runner: runner, directory: former.directory)
            let usages = try await node.usages(buyer)
            #expect(usages.count == 2, "start \(start)")
            let lost = try #require(usages.first { $0.id == hold.id })
            #expect(lost.verdict == "launch_failed")
            #expect(lost.cost.isZero)
            #expect(lost.requestSize == 15)
            let reply = try await node.node.execute(request)
            #expect(reply.isReplay)
            #expect(reply.outcome.status == 503)
            #expect(reply.json["code"]?.string == "interrupted")
            #expect(reply.json["receipt"]?.string != nil)
            #expect(runner.started == 0)
            #expect(node.node.load.openHolds == 0)
            #expect(try await node.balance(buyer) == "0.001")
            #expect(try await node.node.ledger().check.isSound)
            if start == 2 {
                // Keys, tokens, packages and what is left of the licence are all still there.
                #expect(try node.node.authenticate(buyer.apiKey) == buyer.id)
                #expect(try await node.call(skill, by: buyer, token: token).outcome.status == 200)
                try await node.close()
            } else {
                try await node.stop()
            }
        }
    }

    @Test("what an interrupted upload left behind is cleared away; whole packages stay")
    func drafts() async throws {
        let former = try await NodeFixture()
        let seller = try await former.register("seller")
        let skill = try await former.publish(by: seller)
        try await former.stop()
        let packages = former.directory + "/packages"
        let draft = packages + "/.draft-x/deep"
        try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: draft)
        let node = try await NodeFixture(directory: former.directory)
        #expect(try FileManager.default.contentsOfDirectory(atPath: packages) == [skill.latest.package.hex])
        #expect(try await node.call(skill, by: seller).outcome.status == 200)
        try await node.close()
    }

    private struct BrokenSigner: ReceiptSigner {
        struct Broken: Error {}
        let keyID: String
        func signature(over bytes: [UInt8]) throws -> [UInt8] { throw Broken() }
    }

    @Test("a node does not start while the store cannot book what is left open; the next start does it")
    func unbookable() async throws {
        let former = try await NodeFixture()
        let seller = try await former.register("seller")
        let skill = try await former.publish(by: seller)
        try await former.stop()
        let hold = Hold(
            id: .new(), purchaseID: nil, skillID: skill.id, buyerID: seller.id, sellerID: seller.id,
            endpoint: "/echo", amount: .zero(.usdc), requestSize: 2, requestHash: BodyHash(of: []), createdAt: .now)
        try HoldJournal(path: former.directory + "/holds.journal").open(hold)

        // A store that cannot sign cannot book.
        let store = try SQLiteStore(
            path: former.directory + "/market.db", signer: BrokenSigner(keyID: former.keys.current.keyID))
        await #expect {
            _ = try await ExecutionNode.start(
                NodeConfiguration(dataDirectory: former.directory), store: store, signing: former.keys,
                runner: ScriptedRunner(), profiles: try ProfileStore(directory: NodeFixture.repository + "/profiles"))
        } throws: { error in
            (error as? NodeError)?.status == 503
        }
        try await store.close()

        let node = try await NodeFixture(directory: former.directory)
        #expect(try await node.usages(seller).map(\.id) == [hold.id])
        try await node.close()
    }
}
