import Crypto
import ExecutionNode
import Fields
import LicenseCheck
import MarketCore
import Metering
import NodeTestSupport
import Sandbox
import Testing

@Suite("Execute: from the licence to the receipt", .timeLimit(.minutes(2)))
struct ExecuteTests {
    @Test("a paid call gives the result, charges the price, and pays 97.5 % to the seller")
    func paidCall() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        try await fixture.credit(buyer, "1")
        let token = try await fixture.buy(skill, by: buyer)
        let reply = try await fixture.call(skill, by: buyer, token: token)

        #expect(reply.outcome.status == 200)
        #expect(reply.json["result"]?["echo"]?["text"]?.string == "hello")
        let usage = try #require(reply.json["usage"])
        #expect(usage["cost"]?.string == "0.001")
        #expect(usage["costBase"]?.string == "1000")
        #expect(usage["verdict"]?.string == "ok")
        #expect(usage["duration"]?.int64 == 3)
        #expect(usage["peakMemory"]?.int64 == 1 << 20)
        #expect(try await fixture.balance(buyer) == "0.999")
        #expect(try await fixture.balance(seller) == "0.000975")
        let ledger = try await fixture.node.ledger()
        #expect(ledger.check.isSound)
        #expect(ledger.check.sums.allSatisfy { $0.totalBase == 0 })
        #expect(ledger.platform.map(\.decimal) == ["0.000025"])
        try await fixture.close()
    }

    @Test("receipts of a purchase form a chain that its buyer can check with the JWKS, and name the result's hash")
    func receipts() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        try await fixture.credit(buyer, "1")
        let token = try await fixture.buy(skill, by: buyer)
        var receipts: [String] = []
        for verdict in ["ok", "timeout", "ok"] {
            let reply = try await fixture.call(skill, by: buyer, token: token, payload: ["verdict": .string(verdict)])
            receipts.append(try #require(reply.json["receipt"]?.string))
        }
        let jwk = try #require(fixture.node.jwks["keys"]?[0])
        let key = try #require(VerifyingKey(jwk: jwk))
        let verifier = ReceiptVerifier(
            keys: [key.keyID: try Curve25519.Signing.PublicKey(rawRepresentation: key.rawRepresentation)])
        let claims = try verifier.verify(chain: receipts)
        #expect(claims.map(\.number) == [1, 2, 3])
        #expect(claims.map(\.verdict) == ["ok", "timeout", "ok"])
        #expect(claims.map(\.cost.decimal) == ["0.001", "0", "0.001"])
        #expect(claims[0].responseHash == BodyHash(of: Array("{\"echo\":{\"verdict\":\"ok\"}}".utf8)))
        try await fixture.close()
    }

    @Test(
        "a run that does not end ok is booked at cost 0 and answered with the status of its verdict",
        arguments: [
            ("failed", 502), ("signaled", 502), ("memory_limit", 502), ("pids_limit", 502), ("output_limit", 502),
            ("file_size_limit", 502), ("syscall_denied", 502), ("timeout", 504), ("cpu_limit", 504),
            ("launch_failed", 503), ("cancelled", 503),
        ])
    func failures(verdict: String, status: Int) async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        try await fixture.credit(buyer, "1")
        let token = try await fixture.buy(skill, by: buyer, usageLimit: 1)
        let reply = try await fixture.call(skill, by: buyer, token: token, payload: ["verdict": .string(verdict)])
        #expect(reply.outcome.status == status)
        #expect(reply.json["code"]?.string == verdict)
        #expect(reply.json["verdict"]?.string == verdict)
        #expect(reply.json["usage"]?["cost"]?.string == "0")
        #expect(reply.json["receipt"]?.string != nil)
        #expect(reply.json["stderr"] == nil, "what a skill logs is not the buyer's to read")
        #expect(try await fixture.balance(buyer) == "1")
        #expect(try await fixture.usages(buyer).map(\.verdict) == [verdict])
        // The use was not taken either.
        #expect(try await fixture.call(skill, by: buyer, token: token).outcome.status == 200)
        try await fixture.close()
    }

    @Test("the owner runs an own skill free and without a token, and sees its log when it fails")
    func owner() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(by: seller)
        let reply = try await fixture.call(skill, by: seller)
        #expect(reply.outcome.status == 200)
        #expect(reply.json["usage"]?["cost"]?.string == "0")
        #expect(reply.json["usage"]?["purchaseId"] == .null)
        let failed = try await fixture.call(skill, by: seller, payload: ["verdict": "failed"])
        #expect(failed.json["stderr"]?.string == "a line of the log\n")
        #expect(failed.json["exitCode"]?.int64 == 3)
        try await fixture.close()
    }

    @Test("what was enforced is stored with the execution, for its caller and its seller and nobody else")
    func execution() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        try await fixture.credit(buyer, "1")
        let token = try await fixture.buy(skill, by: buyer)
        let reply = try await fixture.call(skill, by: buyer, token: token)
        let id = try #require(reply.json["usage"]?["id"]?.string)
        for reader in [buyer, seller] {
            let execution = try await fixture.node.execution(id, reader: reader.id)
            let report = try JSONValue(parsing: execution.report)
            #expect(report["isolation"]?["profile"]?.string == "default")
            #expect(execution.receipt == reply.json["receipt"]?.string)
        }
        let other = try await fixture.register("other")
        await expectError(404, "execution_not_found") {
            _ = try await fixture.node.execution(id, reader: other.id)
        }
        try await fixture.close()
    }

    @Test("cancelling the task ends the run; it is booked as cancelled, at no cost, and the hold is gone")
    func cancelled() async throws {
        let runner = ScriptedRunner()
        let fixture = try await NodeFixture(runner: runner)
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let skill = try await fixture.publish(by: seller)
        try await fixture.credit(buyer, "0.001")
        let token = try await fixture.buy(skill, by: buyer)
        let task = Task { try await fixture.call(skill, by: buyer, token: token, payload: ["sleep": 60_000]) }
        while runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        task.cancel()
        let reply = try await task.value
        #expect(reply.json["verdict"]?.string == "cancelled")
        #expect(try await fixture.usages(buyer).map(\.verdict) == ["cancelled"])
        #expect(try await fixture.balance(buyer) == "0.001")
        // All of the balance is free again.
        #expect(try await fixture.call(skill, by: buyer, token: token).outcome.status == 200)
        try await fixture.close()
    }
}

/// Checks that `work` throws a `NodeError` with this status and code.
func expectError(
    _ status: Int, _ code: String, sourceLocation: SourceLocation = #_sourceLocation, _ work: () async throws -> Void
) async {
    do {
        try await work()
        Issue.record("expected \(status) \(code), but nothing was thrown", sourceLocation: sourceLocation)
    } catch {
        guard let error = error as? NodeError ?? (error as? FieldError).map(NodeError.init) else {
            Issue.record("expected \(status) \(code), but got \(error)", sourceLocation: sourceLocation)
            return
        }
        #expect(error.status == status, "\(error)", sourceLocation: sourceLocation)
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        #expect(error.detail.count > 20, "an error says what to do", sourceLocation: sourceLocation)
    }
}
