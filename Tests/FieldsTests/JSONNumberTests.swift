import Fields
import Testing

@Suite("JSON numbers")
struct JSONNumberTests {
    @Test(
        "An exact decimal comes out, whatever the notation",
        arguments: [
            ("0", "0"), ("-0", "0"), ("0.001", "0.001"), ("1e-3", "0.001"), ("1E+3", "1000"), ("12.50", "12.5"),
            ("-0.10", "-0.1"), ("100", "100"), ("123e-2", "1.23"), ("0e999999", "0"),
            ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
            ("9007199254740993", "9007199254740993"),
        ])
    func decimal(text: String, expected: String) throws {
        #expect(try #require(JSONNumber(text)).decimal == expected)
    }

    @Test(
        "A decimal of more than 60 digits is refused, not cut", arguments: ["1e60", "1e-61", "1e999999", "-1e-999999"])
    func tooLong(text: String) throws {
        #expect(try #require(JSONNumber(text)).decimal == nil)
    }

    @Test(
        "Whole numbers come out when they fit",
        arguments: [
            ("0", 0), ("-0", 0), ("1.0", 1), ("1e3", 1000), ("10e-1", 1), ("1.5", nil), ("1e-1", nil),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
            ("-9223372036854775809", nil), ("922337203685477580.7e1", .max), ("1e19", nil), ("1e999999", nil),
            ("0e999999", 0),
        ] as [(String, Int64?)])
    func int64(text: String, expected: Int64?) throws {
        #expect(try #require(JSONNumber(text)).int64 == expected)
    }

    @Test(
        "Text that is no JSON number makes none",
        arguments: ["", "+1", "01", "1.", ".1", "1e", "0x1", " 1", "1 ", "nan"])
    func malformed(text: String) {
        #expect(JSONNumber(text) == nil)
    }

    @Test("Equality and hashes are numeric")
    func equality() throws {
        let same = try ["10", "10.0", "1e1", "100e-1", "0.1e2"].map { try #require(JSONNumber($0)) }
        #expect(Set(same).count == 1)
        #expect(try #require(JSONNumber("10")) != #require(JSONNumber("-10")))
        #expect(try #require(JSONNumber("-0")) == JSONNumber(0))
    }

    @Test("The order is exact, also beyond 64 bits and beyond doubles")
    func order() throws {
        let sorted = [
            "-1e999999", "-9223372036854775809", "-9223372036854775808", "-1.5", "-1", "-0.1", "0", "1e-999999", "0.1",
            "0.10000000000000000001", "1", "9007199254740992", "9007199254740993", "1e30", "1.1e30",
        ]
        let numbers = try sorted.map { try #require(JSONNumber($0)) }
        for (left, right) in zip(numbers, numbers.dropFirst()) {
            #expect(left < right)
            #expect(!(right < left))
        }
        #expect(numbers.reversed().sorted().map(\.text) == sorted)
    }

    @Test(
        "Multiples are exact",
        arguments: [
            ("0.3", "0.1", true), ("1.1", "0.1", true), ("0.35", "0.1", false), ("0", "7", true), ("-21", "7", true),
            ("1e999999", "3", false), ("3e999999", "3", true), ("7", "0", false), ("1", "1e-9", true),
            ("123456789012345678901234567890", "10", true), ("1e-3", "0.01", false), ("5", "2.5", true),
        ])
    func multiples(value: String, divisor: String, expected: Bool) throws {
        #expect(try #require(JSONNumber(value)).isMultiple(of: #require(JSONNumber(divisor))) == expected)
    }

    @Test("Doubles become the shortest text; what JSON cannot say becomes nothing")
    func doubles() {
        #expect(JSONNumber(0.1)?.text == "0.1")
        #expect(JSONNumber(3.0)?.text == "3")
        #expect(JSONNumber(Double.infinity) == nil)
        #expect(JSONNumber(Double.nan) == nil)
        #expect(JSONNumber(1e300).flatMap { JSONNumber($0.text) }?.double == 1e300)
    }
}
