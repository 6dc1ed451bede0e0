import Fields
import MarketCore
import Testing

@Suite("Units of a run")
struct UnitRuleTests {
    private func count(
        _ text: String, at pointer: String, as shape: UnitRule.Shape = .number, max: Int64 = 5
    ) throws -> Int64? {
        UnitRule(source: .result, pointer: pointer, shape: shape, max: max)
            .count(in: try JSONValue(parsing: Array(text.utf8)))
    }

    @Test(
        "A whole number of 0 to the most counts itself, and nothing else does",
        arguments: [
            ("0", 0), ("1", 1), ("5", 5), ("6", nil), ("-1", nil), ("-0", 0), ("1.5", nil), ("5.0", 5), ("50e-1", 5),
            ("1e400", nil), ("1e-400", nil), ("9223372036854775807", nil), ("9223372036854775808", nil),
            ("-9223372036854775808", nil), ("\"3\"", nil), ("null", nil), ("true", nil), ("{}", nil),
            ("{\"a\":1}", nil),
        ] as [(String, Int64?)])
    func numbers(text: String, units: Int64?) throws {
        #expect(try count("{\"n\":\(text)}", at: "/n") == units)
    }

    @Test("A list counts its elements, whatever they are", arguments: 0...7)
    func lists(elements: Int) throws {
        let list = "[" + Array(repeating: "null", count: elements).joined(separator: ",") + "]"
        #expect(try count("{\"n\":\(list)}", at: "/n", as: .list) == (elements <= 5 ? Int64(elements) : nil))
    }

    @Test("What is asked for is at least one, and has the shape that the price names")
    func shapes() throws {
        func asked(_ text: String, _ shape: UnitRule.Shape) throws -> Int64? {
            UnitRule(source: .payload, pointer: "/n", shape: shape, max: 5)
                .count(in: try JSONValue(parsing: Array(text.utf8)))
        }
        #expect(try asked("{\"n\":1}", .number) == 1 && asked("{\"n\":[7]}", .list) == 1)
        #expect(try asked("{\"n\":0}", .number) == nil && asked("{\"n\":[]}", .list) == nil)
        #expect(try asked("{\"n\":[500]}", .number) == nil && asked("{\"n\":5}", .list) == nil)
    }

    @Test("The largest number of units is counted")
    func largest() throws {
        #expect(try count("{\"n\":9223372036854775807}", at: "/n", max: .max) == .max)
        #expect(try count("{\"n\":9223372036854775808}", at: "/n", max: .max) == nil)
    }

    @Test(
        "Pointers lead through objects and lists, by their escapes",
        arguments: [
            ("/a/b/0/c", 1), ("/a/b/1", 2), ("/x~1y", 3), ("/x~0y", 4), ("/x~01y", 5), ("//", 0), ("/a/b/2", nil),
            ("/a/b/-", nil), ("/a/b/-1", nil), ("/a/b/01", nil), ("/missing", nil), ("/a/b", 2), ("", nil), ("a", nil),
        ] as [(String, Int64?)])
    func pointers(pointer: String, units: Int64?) throws {
        let text = #"{"a":{"b":[{"c":1},2]},"x/y":3,"x~y":4,"x~1y":5,"":{"":0}}"#
        #expect(try (count(text, at: pointer) ?? count(text, at: pointer, as: .list)) == units)
    }
}
