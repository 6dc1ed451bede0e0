import MarketCore
import Testing

@testable import Metering

@Suite("Idempotency keys")
struct IdempotencyTests {
    @Test(
        "quoted and bare keys are the same key",
        arguments: [
            ("abc", "abc"), ("\"abc\"", "abc"), ("  abc\t", "abc"), ("\"a\\\"b\\\\c\"", "a\"b\\c"),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"), ("~!", "~!"),
        ])
    func parse(header: String, value: String) throws {
        #expect(try IdempotencyKey(header: header).value == value)
        #expect(IdempotencyKey(stored: value)?.value == value)
    }

    @Test(
        "what is no key is refused with the reason",
        arguments: [
            ("", IdempotencyKeyError.empty), ("  ", .empty), ("\"\"", .empty), ("a b", .invalidCharacter),
            ("a\u{0}b", .invalidCharacter), ("ключ", .invalidCharacter), ("\"abc", .unterminated),
            ("\"", .unterminated), ("\"a\"b", .invalidCharacter), ("\"a\\x\"", .invalidCharacter),
            ("\"a\\\"", .unterminated), ("a\nb", .invalidCharacter),
        ])
    func refuse(header: String, error: IdempotencyKeyError) {
        #expect(throws: error) { try IdempotencyKey(header: header) }
        #expect(!error.description.isEmpty)
    }

    @Test("255 bytes pass and 256 do not")
    func length() throws {
        #expect(try IdempotencyKey(header: String(repeating: "k", count: 255)).value.count == 255)
        #expect(throws: IdempotencyKeyError.tooLong(256)) {
            try IdempotencyKey(header: String(repeating: "k", count: 256))
        }
        #expect(IdempotencyKey(stored: String(repeating: "k", count: 256)) == nil)
        #expect(IdempotencyKey(stored: "") == nil)
    }

    @Test("a key runs once at a time, per agent and route")
    func inFlight() throws {
        let key = try IdempotencyKey(header: "k")
        let agent = Agent.ID.new()
        func request(_ agent: Agent.ID, _ route: String, _ body: String) -> IdempotentRequest {
            IdempotentRequest(
                scope: IdempotencyScope(agentID: agent, route: route, key: key), fingerprint: BodyHash(of: body.utf8))
        }
        var running = InFlightRequests()
        #expect(running.enter(request(agent, "a", "1")) == .entered)
        #expect(running.enter(request(agent, "a", "1")) == .running)
        #expect(running.enter(request(agent, "a", "2")) == .mismatch)
        #expect(running.enter(request(agent, "b", "2")) == .entered)
        #expect(running.enter(request(.new(), "a", "2")) == .entered)
        running.leave(request(agent, "a", "1").scope)
        #expect(running.enter(request(agent, "a", "2")) == .entered)
    }

    @Test("a request that is retained stays in flight until it has been left twice")
    func retained() throws {
        let request = IdempotentRequest(
            scope: IdempotencyScope(agentID: .new(), route: "a", key: try IdempotencyKey(header: "k")),
            fingerprint: BodyHash(of: "1".utf8))
        var running = InFlightRequests()
        #expect(running.enter(request) == .entered)
        running.retain(request.scope)
        running.leave(request.scope)
        #expect(running.enter(request) == .running)
        running.leave(request.scope)
        #expect(running.enter(request) == .entered)
    }

    @Test("outcomes are kept for a day at least, however far the wall clock leaps, and dropped after downtime as well")
    func horizon() {
        let hour: Int64 = 3_600_000
        let retention = IdempotencyRegistry.retentionMilliseconds
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        let origin = ContinuousClock.now
        func horizon(_ time: Timestamp) -> OutcomeHorizon { OutcomeHorizon(time: time, at: origin) }
        let wall = { (hours: Int64) in start.advanced(byMilliseconds: hours * hour - retention) }

        // A sound clock decides alone.
        var sound = horizon(wall(0))
        for minute in 1...600 {
            let passed = Int64(minute) * 60_000
            let now = wall(0).advanced(byMilliseconds: passed)
            #expect(sound.advance(towards: now, at: origin + .milliseconds(passed)) == now)
        }
        // A year ahead: what was stored at the moment of the leap goes after a day, not at once.
        var leapt = horizon(wall(0))
        for hours in 1...23 {
            #expect(leapt.advance(towards: wall(8_760), at: origin + .seconds(3_600 * hours)) < start)
        }
        #expect(leapt.advance(towards: wall(8_760), at: origin + .seconds(3_600 * 24)) == start)
        // Back again, as is the horizon: what is stored now is younger than it.
        #expect(leapt.advance(towards: wall(30), at: origin + .seconds(3_600 * 30)) == wall(30))
        // A node that began in a year that was wrong.
        var wrong = horizon(wall(8_760))
        #expect(wrong.advance(towards: wall(1), at: origin + .seconds(3_600)) == wall(1))
        // Ten days down: it catches up within ten days.
        var late = horizon(wall(-240))
        for hours in 1...240 {
            _ = late.advance(towards: wall(Int64(hours)), at: origin + .seconds(3_600 * hours))
        }
        #expect(late.time == wall(240))
        // A monotonic clock that does not move moves nothing.
        #expect(late.advance(towards: wall(10_000), at: origin) == wall(240))
    }
}
