import Fields
import MarketCore
import Testing

@testable import ExecutionNode

@Suite("Run quotes")
struct RunQuoteTests {
    private func quote(
        _ payload: String = "{}", price: Int64 = 10, per: Int64 = 1, from source: UnitRule.Source = .payload,
        pointer: String = "/n", as shape: UnitRule.Shape = .number, max: Int64 = 5, maxCost: String? = nil
    ) throws -> RunQuote {
        let pricing = Pricing(
            kind: .usage, price: Money(base: price, currency: .usdc), unit: "email", per: per,
            units: UnitRule(source: source, pointer: pointer, shape: shape, max: max))
        return try RunQuote(
            pricing, payload: try JSONValue(parsing: Array(payload.utf8)), currency: .usdc, maxCost: maxCost)
    }

    /// The code of the error, or what the run may cost.
    private func outcome(_ quote: () throws -> RunQuote) -> String {
        do {
            return String(try quote().amount.base)
        } catch let error as NodeError {
            return error.code
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "count the payload's units, from one to the most",
        arguments: [
            (#"{"n":0}"#, "units_invalid"), (#"{"n":1}"#, "10"), (#"{"n":5}"#, "50"), (#"{"n":6}"#, "units_invalid"),
            (#"{"n":-1}"#, "units_invalid"), (#"{"n":1.5}"#, "units_invalid"), (#"{"n":"2"}"#, "units_invalid"),
            (#"{"n":9223372036854775808}"#, "units_invalid"), (#"{"n":[]}"#, "units_invalid"),
            (#"{"n":[1,[2,3]]}"#, "units_invalid"), (#"{}"#, "units_invalid"), (#"[1]"#, "units_invalid"),
            (#"null"#, "units_invalid"),
        ])
    func counts(payload: String, expected: String) {
        #expect(outcome { try quote(payload) } == expected)
    }

    @Test(
        "count the elements of a list where the price says so",
        arguments: [
            (#"{"n":[]}"#, "units_invalid"), (#"{"n":[1,[2,3]]}"#, "20"), (#"{"n":[1,2,3,4,5,6]}"#, "units_invalid"),
            (#"{"n":3}"#, "units_invalid"),
        ])
    func lists(payload: String, expected: String) {
        #expect(outcome { try quote(payload, as: .list) } == expected)
    }

    @Test(
        "follow a pointer through objects, lists and escapes",
        arguments: [
            ("/a/b/0", "10"), ("/a/b", "units_invalid"), ("/x~1y", "30"), ("/x~0y", "40"), ("/x~01y", "50"),
            ("/a/b/2", "units_invalid"),
            ("/a/b/-", "units_invalid"), ("/x~2y", "units_invalid"), ("/A", "units_invalid"),
        ])
    func pointers(pointer: String, expected: String) {
        let payload = #"{"a":{"b":[1,2]},"x/y":3,"x~y":4,"x~1y":5}"#
        #expect(outcome { try quote(payload, pointer: pointer) } == expected)
    }

    @Test("of more than can be booked are refused and do not trap")
    func overflow() throws {
        #expect(outcome { try quote(#"{"n":1}"#, price: .max) } == "\(Int64.max)")
        #expect(outcome { try quote(#"{"n":2}"#, price: .max) } == "units_invalid")
        #expect(outcome { try quote(#"{"n":2}"#, price: .max / 2) } == "\(Int64.max - 1)")
        #expect(outcome { try quote(price: .max, from: .result, max: 2) } == "units_invalid")
        #expect(outcome { try quote(#"{"n":9223372036854775807}"#, price: .max, max: .max) } == "units_invalid")
        #expect(outcome { try quote(#"{"n":9223372036854775807}"#, price: 1, max: .max) } == "\(Int64.max)")
    }

    @Test("hold what the result may count at most, or what the caller allows")
    func results() throws {
        #expect(try quote(from: .result).amount.base == 50)
        let limited = try quote(from: .result, maxCost: "0.000037")
        // Three whole ones.
        #expect(limited.amount.base == 30)
        #expect(limited.unitsMax == 3)
        #expect(outcome { try quote(from: .result, maxCost: "0.000009") } == "max_cost_exceeded")
        #expect(outcome { try quote(#"{"n":5}"#, maxCost: "0.000049") } == "max_cost_exceeded")
        #expect(outcome { try quote(#"{"n":5}"#, maxCost: "0.00005") } == "50")
        #expect(outcome { try quote(#"{"n":5}"#, maxCost: "-1") } == "invalid_field")
    }

    @Test("charge never more than was held, for any number of units")
    func prices() throws {
        let quote = try quote(from: .result)
        let held = quote.amount
        for (units, base) in [(0, 0), (1, 10), (4, 40), (5, 50), (6, 50), (.max, 50)] as [(Int64, Int64)] {
            let price = quote.price(of: units, held: held)
            #expect(price.cost.base == base && price.units == Int64(base / 10))
        }
        #expect(quote.price(of: 3, held: .zero(.usdc)).cost.isZero)
        let owner = try RunQuote(nil, payload: .null, currency: .sol, maxCost: nil)
        #expect(owner.amount == .zero(.sol) && owner.unitsMax == nil)
        #expect(owner.price(of: .max, held: owner.amount).cost == .zero(.sol))
    }

    @Test("by the thousand have whole prices for one")
    func thousands() throws {
        #expect(try quote(#"{"n":4}"#, price: 3_000, per: 1_000).amount.base == 12)
    }
}
