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
}
