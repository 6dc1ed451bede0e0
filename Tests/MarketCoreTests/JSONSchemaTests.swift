import Fields
import MarketCore
import Testing

@Suite("JSON Schema")
struct JSONSchemaTests {
    @Test(
        "Each keyword accepts what it should and refuses what it should not",
        arguments: [
            (#"{"type":"string"}"#, [#""x""#], ["1", "null", "[]"]),
            (#"{"type":"integer"}"#, ["1", "1.0", "1e3", "-0"], ["1.5", #""1""#, "true"]),
            (#"{"type":"number"}"#, ["1", "1.5"], [#""1""#]),
            (#"{"type":["string","null"]}"#, [#""x""#, "null"], ["1"]),
            (#"{"type":["integer","number"]}"#, ["1", "1.5"], ["null"]),
            (#"{"enum":[1,"a",null,{"x":1}]}"#, ["1.0", #""a""#, "null", #"{"x":1e0}"#], ["2", #""A""#, "{}"]),
            (#"{"const":{"a":[1,2],"b":3}}"#, [#"{"b":3,"a":[1,2]}"#], [#"{"a":[2,1],"b":3}"#]),
            (#"{"required":["a"]}"#, [#"{"a":null}"#, "[]", "5"], ["{}", #"{"b":1}"#]),
            (#"{"properties":{"a":{"type":"string"}}}"#, [#"{"a":"x"}"#, #"{"b":1}"#, "7"], [#"{"a":1}"#]),
            (
                #"{"properties":{"a":true},"additionalProperties":false}"#, [#"{"a":1}"#, "{}"],
                [#"{"a":1,"b":2}"#]
            ),
            (#"{"additionalProperties":{"type":"integer"}}"#, [#"{"x":1}"#], [#"{"x":"1"}"#]),
            (#"{"minProperties":1,"maxProperties":2}"#, [#"{"a":1}"#, "[]"], ["{}", #"{"a":1,"b":2,"c":3}"#]),
            (#"{"items":{"type":"integer"}}"#, ["[]", "[1,2]", "{}"], [#"[1,"2"]"#]),
            (
                #"{"prefixItems":[{"type":"string"},{"type":"integer"}],"items":false}"#,
                [#"["a",1]"#, #"["a"]"#, "[]"], [#"[1,1]"#, #"["a",1,2]"#]
            ),
            (#"{"minItems":1,"maxItems":2}"#, ["[1]", "[1,2]"], ["[]", "[1,2,3]"]),
            (#"{"uniqueItems":true}"#, ["[1,2]", #"[1,"1"]"#], ["[1,1.0]", #"[{"a":1,"b":2},{"b":2,"a":1}]"#]),
            (
                #"{"minimum":1.5,"maximum":2}"#, ["1.5", "2", #""x""#],
                ["1.4999999999999999999999", "2.0000000000000000001"]
            ),
            (#"{"exclusiveMinimum":0,"exclusiveMaximum":1}"#, ["0.5"], ["0", "1", "-1"]),
            (#"{"multipleOf":0.01}"#, ["1.23", "0", "1e20"], ["1.234"]),
            (#"{"minLength":2,"maxLength":3}"#, [#""éé""#, #""😀😀😀""#], [#""é""#, #""abcd""#]),
            (#"{"pattern":"^a+$"}"#, [#""aaa""#, "1"], [#""b""#, #""""#]),
            (#"{"format":"date-time"}"#, [#""2026-01-31T09:30:00Z""#], [#""2026-01-31""#, #""x""#]),
            (#"{"format":"date"}"#, [#""2024-02-29""#], [#""2026-02-29""#, #""2026-1-1""#]),
            (
                #"{"format":"email"}"#, [#""a.b+c@example.com""#, #""ü@bücher.example""#],
                [#""a""#, #""a@""#, #""@b""#, #""a@b@c""#, #""a b@c""#, #""a..b@c""#, #""a@-b""#, #""a@b\nBcc: x""#]
            ),
            (
                #"{"format":"uri"}"#, [#""https://a.b/c?d=%20#e""#, #""urn:x:y""#],
                [#""a/b""#, #""http://a b""#, #""1a:b""#, #""x:%zz""#, #"":a""#, #""a:""#, #""http://é""#]
            ),
            (#"{"format":"uuid"}"#, [#""0190b6f0-0000-7000-8000-000000000000""#], [#""0190b6f0""#]),
            (#"{"anyOf":[{"type":"string"},{"minimum":5}]}"#, [#""x""#, "5", "null"], ["4"]),
            (#"{"oneOf":[{"type":"integer"},{"minimum":5}]}"#, ["4", "5.5"], ["6", "4.5"]),
            (#"{"allOf":[{"minimum":1},{"maximum":2}]}"#, ["1", "2"], ["0", "3"]),
            (#"{"not":{"type":"null"}}"#, ["1"], ["null"]),
            (
                ##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"next":{"$ref":"#/$defs/a"}},"additionalProperties":false}}}"##,
                ["{}", #"{"next":{"next":{}}}"#], [#"{"next":{"next":1}}"#, #"{"x":1}"#]
            ),
            (##"{"$defs":{"a/b~c":{"const":1}},"$ref":"#/$defs/a~1b~0c"}"##, ["1"], ["2"]),
            (#"{"title":"t","description":"d","default":1,"examples":[1],"$comment":"c","$schema":"s"}"#, ["1"], []),
            ("true", ["1", "{}"], []), ("false", [], ["1", "{}"]), ("{}", ["1"], []),
        ] as [(String, [String], [String])])
    func keywords(schema: String, accepted: [String], refused: [String]) throws {
        let schema = try JSONSchema(try JSONValue(parsing: schema))
        for text in accepted {
            #expect(schema.validate(try JSONValue(parsing: text)).isEmpty, "\(text) should be accepted")
        }
        for text in refused {
            #expect(!schema.validate(try JSONValue(parsing: text)).isEmpty, "\(text) should be refused")
        }
    }

    @Test(
        "A schema that is malformed or not supported is refused, with its place",
        arguments: [
            (#"[]"#, ""), (#"{"type":"strin"}"#, "/type"), (#"{"type":[]}"#, "/type"), (#"{"type":5}"#, "/type"),
            (#"{"type":["string","string"]}"#, "/type"), (#"{"enum":[]}"#, "/enum"), (#"{"enum":1}"#, "/enum"),
            (#"{"properties":[]}"#, "/properties"), (#"{"properties":{"a/b":5}}"#, "/properties/a~1b"),
            (#"{"required":"a"}"#, "/required"), (#"{"required":["a","a"]}"#, "/required"),
            (#"{"minLength":-1}"#, "/minLength"), (#"{"minLength":1.5}"#, "/minLength"),
            (#"{"minLength":3,"maxLength":2}"#, "/maxLength"), (#"{"multipleOf":0}"#, "/multipleOf"),
            (#"{"multipleOf":-1}"#, "/multipleOf"), (#"{"minimum":"1"}"#, "/minimum"),
            (#"{"pattern":"("}"#, "/pattern"),
            (#"{"format":"ipv4"}"#, "/format"), (#"{"anyOf":[]}"#, "/anyOf"), (#"{"anyOf":{}}"#, "/anyOf"),
            (#"{"allOf":[1]}"#, "/allOf/0"), (#"{"items":[{}]}"#, "/items"), (#"{"uniqueItems":1}"#, "/uniqueItems"),
            (#"{"if":{}}"#, "/if"), (#"{"patternProperties":{}}"#, "/patternProperties"),
            (#"{"$id":"x"}"#, "/$id"), (##"{"$ref":"#"}"##, "/$ref"), (##"{"$ref":"#/$defs/a"}"##, "/$ref"),
            (#"{"$ref":"https://example.com/s"}"#, "/$ref"), (#"{"items":{"$defs":{}}}"#, "/items/$defs"),
            (#"{"$defs":[]}"#, "/$defs"), (#"{"propertys":{}}"#, "/propertys"),
        ])
    func unsupported(schema: String, path: String) throws {
        let value = try JSONValue(parsing: schema)
        let error = #expect(throws: SchemaError.self) { try JSONSchema(value) }
        #expect(error?.path == path)
        if path == "/propertys" { #expect(error?.suggestion == "properties") }
    }

    @Test("Violations name their places by JSON Pointer and say what was meant")
    func violations() throws {
        let schema = try JSONSchema([
            "type": "object", "required": ["to"], "additionalProperties": false,
            "properties": ["to": ["type": "string"], "rows": ["items": ["properties": ["a/b": ["minimum": 1]]]]],
        ])
        #expect(
            schema.validate(["too": 1, "rows": [["a/b": 0]]]) == [
                SchemaViolation(path: "", message: "the field \"to\" is missing"),
                SchemaViolation(path: "/too", message: "this field is not known; did you mean \"to\"?"),
                SchemaViolation(path: "/rows/0/a~1b", message: "must be at least 1"),
            ])
    }

    @Test("No more than twenty violations are given")
    func many() throws {
        let schema = try JSONSchema(["items": ["type": "string"]])
        #expect(schema.validate(.array(Array(repeating: 1, count: 1000))).count == 20)
    }

    @Test("A schema within itself ends, also when it goes in a circle or would double at every step")
    func recursion() throws {
        let circle = try JSONSchema(["$ref": "#/$defs/a", "$defs": ["a": ["$ref": "#/$defs/a"]]])
        #expect(!circle.validate(1).isEmpty)
        let doubling = try JSONSchema([
            "$ref": "#/$defs/a", "$defs": ["a": ["allOf": [["$ref": "#/$defs/a"], ["$ref": "#/$defs/a"]]]],
        ])
        #expect(!doubling.validate(1).isEmpty)
    }

    @Test("What takes too long to check is refused, also under not")
    func exhaustion() throws {
        let text = String(repeating: "a", count: 100_000)
        let slow: JSONValue = ["pattern": .string("^(a|a|a|a|aa|aaa|a*){40}b$")]
        #expect(
            try JSONSchema(slow).validate(.string(text)).map(\.message) == [
                "takes too long to check against the schema"
            ])
        #expect(try !JSONSchema(["not": slow]).validate(.string(text)).isEmpty)
        #expect(try !JSONSchema(["anyOf": [slow, true]]).validate(.string(text)).isEmpty)
    }

    @Test("Deep and large schemas are refused")
    func sizes() {
        var nested: JSONValue = true
        for _ in 0..<100 { nested = ["not": nested] }
        #expect(throws: SchemaError.self) { try JSONSchema(nested) }
        #expect(throws: SchemaError.self) { try JSONSchema(["anyOf": .array(Array(repeating: true, count: 5000))]) }
    }

    // MARK: Shorthand

    @Test("The shorthand of params stands for a schema")
    func shorthand() throws {
        let schema = try JSONSchema(shorthand: [
            "to": "string", "count": "integer?", "tone": "professional|casual | friendly", "id": "string|integer",
            "tags": ["string"], "more": ["x": "any"],
        ])
        #expect(schema.json["required"] == ["to", "tone", "id", "tags", "more"])
        let good: JSONValue = [
            "to": "a", "tone": "casual", "id": 5, "tags": ["x"], "more": ["x": nil],
        ]
        #expect(schema.validate(good).isEmpty)
        for (key, value) in [
            ("to", 5), ("count", "5"), ("tone", "rude"), ("id", nil), ("tags", [5]), ("more", [:]), ("extra", 1),
        ] as [(String, JSONValue)] {
            var bad = good.object ?? [:]
            bad[key] = value
            #expect(!schema.validate(.object(bad)).isEmpty, "\(key) should be refused")
        }
    }

    @Test(
        "A shorthand that means nothing is refused",
        arguments: [
            ["a": "strin"], ["a": ""], ["a": "x||y"], ["a": "?"], ["a": 5], ["a": []], ["a": ["string", "string"]],
            ["a": nil],
        ] as [JSONValue])
    func badShorthand(value: JSONValue) {
        let error = #expect(throws: SchemaError.self) { try JSONSchema(shorthand: value) }
        #expect(error?.path.hasPrefix("/a") == true)
    }

    // MARK: Patterns

    @Test(
        "Patterns match as JSON Schema has it",
        arguments: [
            ("abc", ["abc", "xabcx"], ["ab", "", "ABC"]), ("^abc$", ["abc"], ["xabc", "abcx", "abc\n"]),
            ("", ["", "x"], []), ("^$", [""], ["x"]), ("a|b", ["a", "b"], ["c"]), ("^(a|b)+$", ["abba"], ["", "abc"]),
            ("^a*$", ["", "aaa"], ["b"]), ("^a+?$", ["a"], [""]), ("^a?b$", ["b", "ab"], ["aab"]),
            ("^a{3}$", ["aaa"], ["aa", "aaaa"]), ("^a{2,}$", ["aa", "aaaaa"], ["a"]),
            ("^a{1,2}$", ["a", "aa"], ["", "aaa"]), ("^a{0}$", [""], ["a"]), ("^(ab){2}$", ["abab"], ["ab"]),
            ("^[a-c_-]$", ["a", "_", "-"], ["d", ""]), ("^[^a-c]$", ["d", "é"], ["b"]), ("^[\\d.]+$", ["1.2"], ["x"]),
            ("^\\w+\\s\\W$", ["ab !"], ["ab!"]), ("^\\D$", ["x"], ["5"]),
            ("^.$", ["é", "😀"], ["\n", "ab"]), ("^\\.\\/\\[\\\\$", ["./[\\"], ["x/[\\"]),
            ("^(?:a|b(?:c|d))$", ["a", "bd"], ["b"]), ("^\\t\\n$", ["\t\n"], ["tn"]),
            ("^(a?){30}$", [String(repeating: "a", count: 30), ""], [String(repeating: "a", count: 31)]),
            ("(^a|b$)", ["ax", "xb"], ["xa", "bx"]), ("^[é-ü]$", ["ö"], ["o"]),
            ("^\\u00e9\\x41$", ["éA"], ["eA"]), ("^[^\\u0000-\\u001f]$", ["a"], ["\u{1}"]),
            ("^(|a)$", ["", "a"], ["b"]),
            ("^(a*)*$", ["aaa", ""], ["b"]), ("x{1}y", ["xy"], ["y"]),
        ] as [(String, [String], [String])])
    func patterns(pattern: String, matching: [String], failing: [String]) throws {
        let schema = try JSONSchema(["pattern": .string(pattern)])
        for text in matching {
            #expect(schema.validate(.string(text)).isEmpty, "\(text.debugDescription) should match")
        }
        for text in failing {
            #expect(!schema.validate(.string(text)).isEmpty, "\(text.debugDescription) should not match")
        }
    }

    @Test(
        "Patterns that are malformed, or cannot be matched in linear time, are refused",
        arguments: [
            "(", ")", "[", "[]", "[a", "a)", "*", "+a", "?", "{2}", "a{", "a{x}", "a{2,1}", "a{,2}", "a{1001}", "a**",
            "a{2}{3}",
            "a]", "a}", "\\", "[z-a]", "[\\w-z]", "[a-\\d]", "[\\W]", "(?=a)", "(?!a)", "(?<=a)", "(?<n>a)", "(?i)a",
            "\\1",
            "\\b", "\\B", "\\p{L}", "\\u004", "\\u00zz", "\\x4", "\\u", "[\\u0042-\\u0041]", "\\cA", "^*", "$+",
            "((((((((((a{1000}){1000}){1000}){1000}))))))",
            "(((((((){1000}){1000}){1000}){1000}){1000}){1000})", String(repeating: "a", count: 1025),
            String(repeating: "(", count: 200) + String(repeating: ")", count: 200),
        ])
    func badPatterns(pattern: String) {
        #expect(throws: SchemaError.self) { try JSONSchema(["pattern": .string(pattern)]) }
    }

    @Test("A pattern that makes other engines hang is matched at once", .timeLimit(.minutes(1)))
    func linear() throws {
        let schema = try JSONSchema(["pattern": "^(a+)+$"])
        #expect(!schema.validate(.string(String(repeating: "a", count: 50_000) + "!")).isEmpty)
        #expect(schema.validate(.string(String(repeating: "a", count: 50_000))).isEmpty)
    }
}
