import Fields
import Testing

@Suite("Reading TOML")
struct TOMLTests {
    @Test("A document of every construct is read")
    func document() throws {
        let text = #"""
            # a comment
            title = "TOML \"é\" \u00e9 \U0001F600"
            literal = 'C:\path\n'
            "quoted key" = 1
            a.b.c = true
            long = """
            first
            second \
                joined ""quoted"" end"""
            raw = '''
            keep \n 'this' '''
            numbers = [0, +1, -17, 1_000, 0xDEAD_beef, 0o755, 0b1010, 3.14, -0.01, 5e+22, 6.626e-34, 1_0.5]
            nested = [
                [1, 2], # inside
                ["x"],
            ]
            inline = { x = 1, y.z = "w", list = [{ q = 1 }] }

            [table]
            key = false
            [table.sub]
            key = 2
            [[items]]
            name = "one"
            [[items]]
            name = "two"
            [items.more]
            deep = 1
            """#
        let value = JSONValue.object(try FieldReader.toml(text, file: "x.toml").object)
        #expect(value["title"] == "TOML \"é\" é 😀")
        #expect(value["literal"] == #"C:\path\n"#)
        #expect(value["quoted key"] == 1)
        #expect(value["a"] == ["b": ["c": true]])
        #expect(value["long"] == "first\nsecond joined \"\"quoted\"\" end")
        #expect(value["raw"] == "keep \\n 'this' ")
        #expect(
            value["numbers"]
                == [0, 1, -17, 1000, 0xDEAD_BEEF, 0o755, 0b1010, 3.14, -0.01, 5e22, 6.626e-34, 10.5])
        #expect(value["nested"] == [[1, 2], ["x"]])
        #expect(value["inline"] == ["x": 1, "y": ["z": "w"], "list": [["q": 1]]])
        #expect(value["table"] == ["key": false, "sub": ["key": 2]])
        #expect(value["items"] == [["name": "one"], ["name": "two", "more": ["deep": 1]]])
    }

    @Test(
        "The digits of a number survive",
        arguments: ["0.1000", "123456789.123456789", "1e-3", "0.30000000000000000001"])
    func digits(text: String) throws {
        let reader = try FieldReader.toml("price = \(text)", file: "x.toml")
        #expect(reader.value("price")?.number?.text == text)
    }

    @Test(
        "What TOML forbids is refused with its line",
        arguments: [
            ("a = 1\na = 2", 2), ("[a]\n[a]", 2), ("a = 1\n[a]", 2), ("[a]\nb = 1\n[a.b]", 3), ("a.b = 1\n[a]", 2),
            ("[[a]]\n[a]", 2), ("a = []\n[[a]]", 2), ("[a]\n[[a]]", 2), ("a = {b = 1}\na.c = 2", 2),
            ("a = {b = 1}\n[a.c]", 2), ("[a.b.c]\n[a]\nb.d = 1", 3), ("a = {b = 1, b = 2}", 1), ("a = {b = 1,}", 1),
            ("a = {\nb = 1}", 1), ("\na", 2), ("a =", 1), ("= 1", 1), ("a = 1 b = 2", 1), ("a = x", 1), ("a = \"x", 1),
            ("a = 'x\n'", 1), ("a = \"\\q\"", 1), ("a = \"\\ud800\"", 1), ("a = \"\\u0000\"", 1), ("a = \"\u{1}\"", 1),
            ("# \u{0}", 1), ("a = 01", 1), ("a = 1__0", 1), ("a = _1", 1), ("a = 1_", 1), ("a = 1.", 1), ("a = .5", 1),
            ("a = 1e_5", 1), ("a = 0x", 1), ("a = -0x1", 1), ("a = 0xG", 1), ("a = 9223372036854775808", 1),
            ("a = inf", 1), ("a = nan", 1), ("a = True", 1), ("a = 2026-01-31", 1), ("a = 10:30:00", 1), ("[a", 1),
            ("[a] x", 1), ("[]", 1), ("[a..b]", 1), ("a = [1", 1), ("a = [1 2]", 1), ("a = [,]", 1), ("a b = 1", 1),
            ("\n\na = \"\"\"\nx\n", 3), ("a = 1\r", 1), ("+ = 1", 1), ("a = ++1", 1), ("a = +-1", 1),
        ])
    func forbidden(text: String, line: Int) {
        let error = #expect(throws: FieldError.self) { try FieldReader.toml(text, file: "x.toml") }
        #expect(error?.file == "x.toml")
        #expect(error?.line == line)
    }

    @Test("Newlines may be those of Windows, and the last line may end without one")
    func newlines() throws {
        let reader = try FieldReader.toml("a = 1\r\n[b]\r\nc = \"\"\"\r\nx\r\ny\"\"\"", file: "x.toml")
        #expect(reader.value("a") == 1)
        #expect(reader.value("b")?["c"] == "x\ny")
    }

    @Test("A wrong field is reported with the line where it stands, within tables, lists and inline tables")
    func lines() throws {
        let text = """
            name = "x"

            [pricing]
            type = "usage"
            price = true

            [[endpoints]]
            path = "/a"
            [[endpoints]]
            path = 5
            input = { type = "object", properties = { a = 1 } }
            """
        let reader = try FieldReader.toml(text, file: "skill.toml")
        let pricing = try reader.reader("pricing")
        let error = #expect(throws: FieldError.self) { try pricing.decimal("price") }
        #expect(error?.line == 5)
        let endpoint = try reader.readers("endpoints", maxCount: 2)[1]
        let second = #expect(throws: FieldError.self) { try endpoint.string("path", maxBytes: 9) }
        #expect(second?.description == "skill.toml:10: endpoints[1].path: must be a string, not a number")
        let inner = try endpoint.reader("input").reader("properties")
        #expect(inner.error("a", "wrong").line == 11)
        #expect(inner.error("missing", "wrong").line == 11)
        #expect(pricing.error("currency", "this field is missing").line == 3)
        #expect(reader.error("version", "this field is missing").line == nil)
    }

    @Test("An unknown key is reported with file, line and suggestion")
    func unknown() throws {
        let reader = try FieldReader.toml("name = \"x\"\nverison = \"1\"", file: "skill.toml")
        _ = (reader.has("name"), reader.has("version"))
        let error = #expect(throws: FieldError.self) { try reader.finish() }
        #expect(error?.description == "skill.toml:2: verison: this field is not known; did you mean \"version\"?")
    }

    @Test("Nesting and size are bounded")
    func bounds() {
        let nested = "a = " + String(repeating: "[", count: 100_000)
        #expect(throws: FieldError.self) { try FieldReader.toml(nested, file: "x") }
        let inline = "a = " + String(repeating: "{a=", count: 100_000)
        #expect(throws: FieldError.self) { try FieldReader.toml(inline, file: "x") }
        let dotted = "a" + String(repeating: ".a", count: 100_000) + " = 1"
        #expect(throws: FieldError.self) { try FieldReader.toml(dotted, file: "x") }
        let header = "[a" + String(repeating: ".a", count: 100_000) + "]"
        #expect(throws: FieldError.self) { try FieldReader.toml(header, file: "x") }
        let large = "a = '" + String(repeating: "x", count: 1 << 20) + "'"
        #expect(throws: FieldError.self) { try FieldReader.toml(large, file: "x") }
    }
}
