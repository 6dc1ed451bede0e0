import Fields
import Testing

@Suite("Reading JSON")
struct JSONParserTests {
    @Test(
        "A value of every kind is read",
        arguments: [
            ("null", .null), (" true\n", true), ("false", false), ("0", 0), ("-12", -12), ("\"\"", ""),
            ("[]", []), ("{}", [:]), ("[1, [2], {\"a\": null}]", [1, [2], ["a": nil]]),
            ("{\"a\":{\"b\":[true,false]}}", ["a": ["b": [true, false]]]),
            (#""\"\\\/\b\f\n\r\té€😀""#, .string("\"\\/\u{8}\u{c}\n\r\té€😀")),
            (#""\u00e9\u20AC\uD83D\uDE00""#, "é€😀"), ("\"\u{7f}\"", .string("\u{7f}")),
        ] as [(String, JSONValue)])
    func values(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == expected)
    }

    @Test(
        "What is not one JSON value is refused",
        arguments: [
            "nul", "True", "tru", "'a'", "{a:1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "[1,]", "[,1]", "[1 2]",
            "[", "{", "]", "{\"a\":1", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"",
            "\"a\tb\"", "01", "-", "+1", ".5", "5.", "1.e3", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity", "--1",
            "1e1234567", "\u{feff}1", "// no\n1", "1 // no", "\u{a0}1", "{\"a\" 1}", "{1:2}", "[1}", "{\"a\":1]",
        ])
    func malformed(text: String) {
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
    }

    @Test(
        "Each fault has its own reason",
        arguments: [
            ("", .empty), (" \n\t", .empty), ("1 2", .trailingData), ("{} x", .trailingData),
            ("{\"a\":1,\"a\":2}", .duplicateKey("a")), ("{\"a\":1,\"\\u0061\":2}", .duplicateKey("a")),
            (#""\ud800""#, .loneSurrogate), (#""\udc00""#, .loneSurrogate), (#""\ud800\u0041""#, .loneSurrogate),
            (#""\ud800x""#, .loneSurrogate), (#""a\u0000b""#, .nulCharacter), ("\"a\u{0}b\"", .nulCharacter),
        ] as [(String, JSONParseError.Reason)])
    func reasons(text: String, reason: JSONParseError.Reason) {
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(failure(text)?.reason == reason)
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xC3],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(error?.reason == .invalidUTF8)
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: bytes) }
    }

    @Test("An error tells its line and column")
    func place() {
        let error = failure("{\n  \"a\": 1,\n  \"b\": x\n}")
        #expect(error?.line == 3)
        #expect(error?.column == 8)
        #expect(error?.offset == 19)
        #expect(error?.description == "line 3, column 8: there is \"x\" where a value is due")
    }

    @Test("Nesting is read up to its bound and refused beyond", arguments: [1, 64, 512])
    func depth(maximum: Int) throws {
        let limits = JSONLimits(depthMax: maximum)
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try JSONValue(parsing: nested(maximum), limits: limits)
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: nested(maximum + 1), limits: limits) }
        #expect(error?.reason == .tooDeep(maximum: maximum))
    }

    @Test("No setting lets nesting exhaust the stack")
    func depthClamp() {
        let text = String(repeating: "[", count: 1_000_000)
        #expect(failure(text, JSONLimits(depthMax: .max))?.reason == .tooDeep(maximum: 512))
    }

    @Test("Size and count are bounded")
    func bounds() throws {
        #expect(failure("[1,2]", JSONLimits(bytesMax: 4))?.reason == .tooLarge(bytesMaximum: 4))
        #expect(failure("[1,2,3]", JSONLimits(valuesMax: 3))?.reason == .tooManyValues(maximum: 3))
        _ = try JSONValue(parsing: "[1,2]", limits: JSONLimits(bytesMax: 5, valuesMax: 3))
    }

    @Test("A large object is read, and a key that it repeats is found")
    func largeObject() throws {
        let members = (0..<20_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        let object = try #require(try JSONValue(parsing: "{\(members)}").object)
        #expect(object.count == 20_000)
        #expect(object["key19999"] == 19_999)
        #expect(object.keys.first == "key0")
        #expect(failure("{\(members),\"key7\":0}")?.reason == .duplicateKey("key7"))
    }

    @Test("Bytes are read from any collection")
    func collections() throws {
        let bytes = Array("xx[1]yy".utf8)
        #expect(try JSONValue(parsing: bytes[2..<5]) == [1])
        #expect(try bytes.withUnsafeBytes { try JSONValue(parsing: $0[2..<5]) } == [1])
        #expect(try JSONValue(parsing: "[1]".utf8.lazy.map { $0 }) == [1])
    }

    @Test("What is written reads back as the same value")
    func roundTrip() throws {
        let text = #"{"b":[1,2.50,-0,1e5,true,null,{}],"a":"\u0001\u007fé\n\"\\/","":[]}"#
        let value = try JSONValue(parsing: text)
        #expect(try JSONValue(parsing: value.serialized()) == value)
        #expect(try JSONValue(parsing: value.prettyPrinted()) == value)
        #expect(value.description == #"{"b":[1,2.50,-0,1e5,true,null,{}],"a":"\u0001\u007fé\n\"\\/","":[]}"#)
    }

    @Test("Pretty JSON is indented by two blanks")
    func pretty() {
        let value: JSONValue = ["a": [1, [:]], "b": [:]]
        #expect(value.prettyPrinted() == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {}\n}")
    }

    private func failure(_ text: String, _ limits: JSONLimits = JSONLimits()) -> JSONParseError? {
        do throws(JSONParseError) {
            _ = try JSONValue(parsing: text, limits: limits)
            return nil
        } catch {
            return error
        }
    }
}
