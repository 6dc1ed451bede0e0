import ExecutionNode
import Fields
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("HTTP: waiting as long as the client wants", .timeLimit(.minutes(2)))
struct HTTPOverloadTests {
    @Test(
        "Prefer says how long; what cannot be read is ignored",
        arguments: [
            ("wait=10", 10), ("WAIT = 7", 7), ("respond-async, wait=3;x=y", 3), ("wait=\"5\"", 5), ("wait=0", 0),
            ("wait=1, wait=2", 1), ("foo=\"a, wait=1\", wait=9", 9), ("", nil), ("wait", nil), ("wait=", nil),
            ("wait=\"\"", nil), ("wait=-1", nil), ("wait=1.5", nil), ("wait=1s", nil), ("waits=1", nil),
            ("wait=9999999999", nil), ("wait=x, wait=2", nil), ("return=minimal", nil),
        ] as [(String, Int64?)])
    func preference(header: String, seconds: Int64?) {
        #expect(Preference.waitSeconds(header) == seconds)
    }

    @Test("a call whose client does not want to wait gets 503 with Retry-After at once, and has run nothing")
    func late() async throws {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner) { $0.runsMax = 1 })
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        async let running = http.execute(key: seller.apiKey, payload: ["sleep": 1_500])
        while runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        for preference in ["wait=0", "handling=lenient, wait=1"] {
            let refused = try await http.execute(key: seller.apiKey, headers: [("Prefer", preference)])
            #expect(refused.status == 503)
            #expect(refused.code == "overloaded")
            #expect(refused.json["reason"] == "wait")
            #expect(refused.json["retryable"] == true)
            #expect(refused.headers["retry-after"] == "1")
        }
        #expect(try await running.status == 200)
        #expect(try await http.execute(key: seller.apiKey, headers: [("Prefer", "wait=0")]).status == 200)
        #expect(runner.started == 2)
        #expect(http.node.node.load.openHolds == 0)
        try await http.close()
    }
}
