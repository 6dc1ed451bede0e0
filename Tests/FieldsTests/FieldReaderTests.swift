import Fields
import Testing

@Suite("Reading fields")
struct FieldReaderTests {
    private enum Color: String, CaseIterable { case red, green, blue }

    @Test("Fields of every kind are read")
    func kinds() throws {
        let reader = try FieldReader([
            "text": "hé", "flag": true, "count": 3, "price": 0.001, "amount": "12.50", "color": "green",
            "list": ["a", "b"], "inner": ["x": 1], "items": [["y": 1], ["y": 2]], "any": [nil],
        ])
        #expect(try reader.string("text", maxBytes: 3) == "hé")
        #expect(try reader.bool("flag"))
        #expect(try reader.int("count", in: 1...3) == 3)
        #expect(try reader.decimal("price") == "0.001")
        #expect(try reader.decimal("amount") == "12.5")
        #expect(try reader.enumeration("color", as: Color.self) == .green)
        #expect(try reader.strings("list", maxCount: 2, maxBytes: 1) == ["a", "b"])
        #expect(try reader.reader("inner").int("x", in: 0...9) == 1)
        #expect(try reader.readers("items", maxCount: 2).map { try $0.int("y", in: 0...9) } == [1, 2])
        #expect(reader.value("any") == [nil])
        try reader.finish()
    }

    @Test("Optional fields may be absent or null")
    func optionals() throws {
        let reader = try FieldReader(["a": nil])
        for key in ["a", "b"] {
            #expect(try reader.optionalString(key, maxBytes: 1) == nil)
            #expect(try reader.optionalBool(key) == nil)
            #expect(try reader.optionalInt(key, in: 0...1) == nil)
            #expect(try reader.optionalDecimal(key) == nil)
            #expect(try reader.optionalEnumeration(key, as: Color.self) == nil)
            #expect(try reader.optionalReader(key) == nil)
            #expect(try reader.strings(key, maxCount: 1, maxBytes: 1).isEmpty)
            #expect(try reader.readers(key, maxCount: 1).isEmpty)
            #expect(!reader.has(key))
        }
        try reader.finish()
    }

    @Test("A required field that is missing or of the wrong kind is an error that names it")
    func required() throws {
        let reader = try FieldReader(["null": nil, "number": 5, "text": "x", "object": [:], "list": [1]])
        #expect(failure { try reader.string("none", maxBytes: 9) } == "none: this field is missing")
        #expect(failure { try reader.string("null", maxBytes: 9) } == "null: must be a string, not null")
        #expect(failure { try reader.string("number", maxBytes: 9) } == "number: must be a string, not a number")
        #expect(failure { try reader.bool("text") } == "text: must be true or false, not a string")
        #expect(failure { try reader.int("text", in: 0...9) } == "text: must be a whole number, not a string")
        #expect(failure { try reader.reader("text") } == "text: must be an object with named fields, not a string")
        #expect(failure { try reader.readers("list", maxCount: 1) }?.hasPrefix("list[0]: must be an object") == true)
        #expect(
            failure { try reader.strings("object", maxCount: 1, maxBytes: 1) }
                == "object: must be a list, not an object")
        #expect(
            failure { try reader.strings("list", maxCount: 1, maxBytes: 1) }
                == "list[0]: must be a string, not a number")
        #expect(
            failure { try reader.enumeration("number", as: Color.self) } == "number: must be a string, not a number")
    }

    @Test("Limits are named in the error")
    func limits() throws {
        let reader = try FieldReader([
            "text": "héé", "count": 10, "half": 1.5, "huge": 1e300, "list": ["a", "b"], "e": "",
        ])
        #expect(failure { try reader.string("text", maxBytes: 4) } == "text: must be at most 4 bytes long, not 5")
        #expect(failure { try reader.string("e", minBytes: 1, maxBytes: 4) } == "e: must not be empty")
        #expect(failure { try reader.int("count", in: 1...9) } == "count: must be a whole number from 1 to 9, not 10")
        #expect(failure { try reader.int("half", in: 1...9) } == "half: must be a whole number from 1 to 9, not 1.5")
        #expect(failure { try reader.int("huge", in: 1...9) } != nil)
        #expect(
            failure { try reader.strings("list", maxCount: 1, maxBytes: 1) }
                == "list: must have at most 1 elements, not 2")
    }

    @Test("A string with U+0000 is refused even where it did not come from JSON text")
    func nul() throws {
        let reader = try FieldReader(["text": "a\u{0}b"])
        #expect(failure { try reader.string("text", maxBytes: 9) } == "text: must not contain U+0000")
    }

    @Test("What is no exact decimal is refused", arguments: ["", "1,5", "0x1", "1e99", "abc", "+1", " 1", "1e999999"])
    func decimals(text: String) throws {
        let reader = try FieldReader(["price": .string(text)])
        #expect(failure { try reader.decimal("price") } != nil)
    }

    @Test("An unknown value of a choice lists the choices and suggests the nearest")
    func choices() throws {
        let reader = try FieldReader(["color": "grean"])
        #expect(
            failure { try reader.enumeration("color", as: Color.self) }
                == "color: must be one of red, green, blue, not \"grean\"; did you mean \"green\"?")
    }

    @Test(
        "An unknown field is an error with the nearest known name",
        arguments: [
            ("prise", "price"), ("pirce", "price"), ("Price", "price"), ("entrypoint", "entryPoint"), ("zzz", nil),
        ])
    func unknown(key: String, suggestion: String?) throws {
        let reader = try FieldReader([key: 1])
        _ = (reader.has("price"), reader.has("entryPoint"))
        let error = #expect(throws: FieldError.self) { try reader.finish() }
        #expect(error?.path == key)
        #expect(error?.suggestion == suggestion)
        if suggestion == nil { #expect(error?.message.contains("entryPoint, price") == true) }
    }

    @Test("Unknown fields within objects and lists are found by the outermost reader")
    func unknownWithin() throws {
        let reader = try FieldReader(["a": ["x": 1, "y": 2], "l": [["z": 1, "w": 1]]])
        let inner = try reader.reader("a")
        _ = (inner.has("x"), inner.has("y"))
        _ = try reader.readers("l", maxCount: 1).map { $0.has("z") }
        let error = #expect(throws: FieldError.self) { try reader.finish() }
        #expect(error?.path == "l[0].w")
    }

    @Test("Text from outside cannot forge an error's text")
    func hostileKeys() throws {
        let reader = try FieldReader([.init("a\u{1b}[31m\n\u{202e}b" + String(repeating: "x", count: 500)): 1])
        let error = #expect(throws: FieldError.self) { try reader.finish() }
        let text = try #require(error?.description)
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202e })
        #expect(text.utf8.count < 300)
    }

    @Test("Only an object can be read by fields", arguments: [nil, 1, "x", [1], true] as [JSONValue])
    func notAnObject(value: JSONValue) {
        #expect(throws: FieldError.self) { try FieldReader(value) }
    }

    private func failure<Result>(_ body: () throws -> Result) -> String? {
        #expect(throws: FieldError.self) { try body() }?.description
    }
}
