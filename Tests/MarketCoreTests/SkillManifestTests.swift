import Fields
import MarketCore
import Testing

@Suite("Manifests")
struct SkillManifestTests {
    static let complete = """
        name = "csv-summary"
        version = "1.0.0"
        description = "Summarises the columns of a CSV file"
        category = "analysis"
        runtime = "python"
        entryPoint = "main.py:handler"
        profile = "python"
        response = "json"
        tags = ["csv"]
        dependencies = ["requests", "@scope/name"]
        documentation = "README.md"
        [pricing]
        type = "usage"
        price = 0.001
        currency = "USDC"
        unit = "call"
        [[endpoints]]
        path = "/summary"
        method = "POST"
        description = "Summary of a table"
        idempotent = true
        input = { type = "object", required = ["text"], properties = { text = { type = "string" } } }
        output = { type = "object" }
        [[endpoints]]
        path = "/head"
        params = { text = "string", rows = "integer?" }
        [limits]
        wall = "5s"
        pids = 16
        [network]
        allow = ["api.example.com:443"]
        [[secrets]]
        name = "SMTP_PASSWORD"
        description = "of the mail account"
        [[tests]]
        endpoint = "/summary"
        payload = { text = "a,b\\n1,2\\n" }
        expect = { rows = 1 }
        """

    /// The shortest manifest, with lines replaced or added.
    static func manifest(_ changes: [String: String] = [:], _ more: String = "") -> String {
        var fields = [
            "name": "\"x\"", "version": "\"1.0.0\"", "description": "\"d\"", "category": "\"utility\"",
            "runtime": "\"exec\"", "entryPoint": "\"bin/x\"", "endpoints": "[{ path = \"/x\" }]",
        ]
        fields.merge(changes) { $1 }
        return fields.filter { !$0.value.isEmpty }.map { "\($0.key) = \($0.value)" }.sorted().joined(separator: "\n")
            + "\n" + more
    }

    @Test("A manifest with every field is read")
    func everything() throws {
        let manifest = try SkillManifest(toml: Self.complete)
        #expect(manifest.name == "csv-summary")
        #expect(manifest.version == SemanticVersion(1, 0, 0))
        #expect(manifest.category == .analysis)
        #expect(manifest.entryPoint == .handler(file: "main.py", function: "handler"))
        #expect(manifest.pricing?.price.base == 1000)
        #expect(manifest.pricing?.unit == "call")
        #expect(manifest.endpoints.map(\.path) == ["/summary", "/head"])
        #expect(manifest.endpoint("/summary")?.idempotent == true)
        #expect(manifest.endpoint("/none") == nil)
        #expect(manifest.endpoint("/head")?.input?.validate(["text": "x"]).isEmpty == true)
        #expect(manifest.endpoint("/head")?.input?.validate(["rows": "x"]).count == 2)
        #expect(manifest.limits.values == ["wall": "5s", "pids": 16])
        #expect(manifest.network.map(\.description) == ["api.example.com:443"])
        #expect(manifest.secrets.map(\.name) == ["SMTP_PASSWORD"])
        #expect(manifest.tests[0].payload == ["text": "a,b\n1,2\n"])
        #expect(manifest.tests[0].expect == ["rows": 1])
    }

    @Test("Its JSON repeats skill.toml key for key, with the price as a string, and reads back as the same manifest")
    func json() throws {
        let manifest = try SkillManifest(toml: Self.complete)
        #expect(manifest.json["pricing"]?["price"] == "0.001")
        #expect(manifest.json["limits"] == ["wall": "5s", "pids": 16])
        #expect(manifest.json["endpoints"]?[1]?["params"]?["rows"] == "integer?")
        #expect(manifest.json.object?.keys.prefix(3) == ["name", "version", "description"])
        let again = try SkillManifest(json: try JSONValue(parsing: manifest.json.serialized()))
        #expect(again == manifest)
        #expect(again.endpoints == manifest.endpoints)
    }

    @Test("What may be left out has its default")
    func defaults() throws {
        let manifest = try SkillManifest(toml: Self.manifest())
        #expect(manifest.entryPoint == .program(["bin/x"]))
        #expect(manifest.response == .json)
        #expect(manifest.profile == nil)
        #expect(manifest.pricing == nil)
        #expect(manifest.endpoints[0].method == .post)
        #expect(manifest.endpoints[0].input == nil)
        #expect(manifest.limits.values.isEmpty)
    }

    @Test(
        "A required field that is missing is named",
        arguments: ["name", "version", "description", "category", "runtime", "entryPoint", "endpoints"])
    func missing(key: String) {
        let error = #expect(throws: FieldError.self) { try SkillManifest(toml: Self.manifest([key: ""])) }
        #expect(error?.path == key)
        #expect(error?.file == "skill.toml")
    }

    @Test(
        "An unknown field is an error with line and suggestion, wherever it stands",
        arguments: [
            (manifest([:], "[pricing]\ntype = \"free\"\nprize = 1"), "pricing.prize", "price", 10),
            (manifest([:], "[limits]\nfilesize = 1"), "limits.filesize", "fileSize", 9),
            (manifest([:], "[network]\nalow = []"), "network.alow", "allow", 9),
            (manifest(["endpoints": "[{ path = \"/x\", imput = {} }]"]), "endpoints[0].imput", "input", 3),
            (manifest([:], "[[secrets]]\nname = \"A\"\nvalue = \"hunter2\""), "secrets[0].value", nil, 10),
            (manifest([:], "[[tests]]\nendpoint = \"/x\"\nexpects = 1"), "tests[0].expects", "expect", 10),
        ] as [(String, String, String?, Int?)])
    func unknown(text: String, path: String, suggestion: String?, line: Int?) {
        let error = #expect(throws: FieldError.self) { try SkillManifest(toml: text) }
        #expect(error?.path == path)
        #expect(error?.suggestion == suggestion)
        #expect(error?.line == line)
    }

    @Test("An unknown field beside all required ones suggests the name that was meant")
    func suggestion() {
        let text = "profil = \"python\"\n" + Self.manifest()
        let error = #expect(throws: FieldError.self) { try SkillManifest(toml: text) }
        #expect(error?.description == "skill.toml:1: profil: this field is not known; did you mean \"profile\"?")
    }

    @Test(
        "A field with a value that is not accepted is named",
        arguments: [
            (["name": "\"Csv\""], "name"), (["name": "\"-x\""], "name"), (["name": "\"a_b\""], "name"),
            (["name": "\"\""], "name"), (["name": "\"" + String(repeating: "a", count: 65) + "\""], "name"),
            (["name": "5"], "name"), (["version": "\"1.0\""], "version"), (["version": "1.0"], "version"),
            (["description": "\"\""], "description"),
            (["description": "\"" + String(repeating: "é", count: 513) + "\""], "description"),
            (["category": "\"utilities\""], "category"), (["runtime": "\"ruby\""], "runtime"),
            (["runtime": "\"workflow\""], "entryPoint"), (["response": "\"xml\""], "response"),
            (["profile": "\"../x\""], "profile"), (["tags": "[\"A\"]"], "tags[0]"),
            (["tags": "[\"a\", \"a\"]"], "tags[1]"), (["tags": "\"a\""], "tags"),
            (["dependencies": "[\"../x\"]"], "dependencies[0]"), (["dependencies": "[\"a/b\"]"], "dependencies[0]"),
            (["dependencies": "[\"a==1\"]"], "dependencies[0]"), (["dependencies": "[\"@a\"]"], "dependencies[0]"),
            (["dependencies": "[\"@a/..\"]"], "dependencies[0]"),
            (["dependencies": "[\"a\", \"a\"]"], "dependencies[1]"),
            (["documentation": "\"/etc/passwd\""], "documentation"), (["documentation": "\"a/../b\""], "documentation"),
            (["endpoints": "[]"], "endpoints"), (["endpoints": "[{}]"], "endpoints[0].path"),
            (["endpoints": "[{ path = \"x\" }]"], "endpoints[0].path"),
            (["endpoints": "[{ path = \"/a//b\" }]"], "endpoints[0].path"),
            (["endpoints": "[{ path = \"/../b\" }]"], "endpoints[0].path"),
            (["endpoints": "[{ path = \"/a b\" }]"], "endpoints[0].path"),
            (["endpoints": "[{ path = \"/a?b\" }]"], "endpoints[0].path"),
            (["endpoints": "[{ path = \"/a\" }, { path = \"/a\" }]"], "endpoints[1].path"),
            (["endpoints": "[{ path = \"/a\", method = \"FETCH\" }]"], "endpoints[0].method"),
            (["endpoints": "[{ path = \"/a\", idempotent = \"yes\" }]"], "endpoints[0].idempotent"),
            (["endpoints": "[{ path = \"/a\", input = { typ = \"object\" } }]"], "endpoints[0].input"),
            (["endpoints": "[{ path = \"/a\", params = { a = \"strin\" } }]"], "endpoints[0].params"),
            (["endpoints": "[{ path = \"/a\", params = {}, input = {} }]"], "endpoints[0].params"),
        ] as [([String: String], String)])
    func invalid(changes: [String: String], path: String) {
        let error = #expect(throws: FieldError.self) { try SkillManifest(toml: Self.manifest(changes)) }
        #expect(error?.path == path)
        #expect(error?.line != nil || path == "endpoints")
    }

    @Test(
        "An entry point outside of the package, or none at all, is refused",
        arguments: [
            ("exec", "\"/bin/sh\""), ("exec", "\"../x\""), ("exec", "\"a/../../x\""), ("exec", "\"./x\""),
            ("exec", "\"a//b\""), ("exec", "\"a/\""), ("exec", "\"\""), ("exec", "[]"),
            ("exec", "[\"/bin/sh\", \"x\"]"),
            ("exec", "[\"x\", 5]"), ("exec", "\"a\\nb\""), ("exec", "5"), ("python", "\"main.py\""),
            ("python", "\"/main.py:f\""), ("python", "\"../main.py:f\""), ("python", "\"main.py:\""),
            ("python", "\"main.py:1f\""), ("python", "\"main.py:os.system\""), ("python", "\"main.js:f\""),
            ("python", "[\"main.py:f\"]"), ("python", "\":f\""), ("node", "\"main.py:f\""),
            ("node", "\"main.mjs:a-b\""),
        ])
    func entryPoints(runtime: String, entryPoint: String) {
        let text = Self.manifest(["runtime": "\"\(runtime)\"", "entryPoint": entryPoint])
        let error = #expect(throws: FieldError.self) { try SkillManifest(toml: text) }
        #expect(error?.path.hasPrefix("entryPoint") == true)
    }

    @Test("Entry points of each form are read")
    func goodEntryPoints() throws {
        let read = { (runtime: String, text: String) in
            try SkillManifest(toml: Self.manifest(["runtime": "\"\(runtime)\"", "entryPoint": text])).entryPoint
        }
        #expect(
            try read("exec", "[\"python3\", \"main.py\", \"--x=/y\"]") == .program(["python3", "main.py", "--x=/y"]))
        #expect(try read("exec", "\"run me\"") == .program(["run me"]))
        #expect(try read("node", "\"src/a.mjs:run\"") == .handler(file: "src/a.mjs", function: "run"))
        #expect(try read("node", "\"a.js:_run2\"") == .handler(file: "a.js", function: "_run2"))
    }

    @Test(
        "Tables with values that are not accepted are refused",
        arguments: [
            ("[limits]\nwall = 0", "limits.wall"), ("[limits]\nwall = -1", "limits.wall"),
            ("[limits]\nwall = true", "limits.wall"), ("[limits]\nwall = 1.5", "limits.wall"),
            ("[limits]\nmemory = \"\"", "limits.memory"), ("limits = 5", "limits"),
            ("[network]\nallow = [\"*.example.com:443\"]", "network.allow[0]"),
            ("[network]\nallow = [\"example.com\"]", "network.allow[0]"),
            ("[network]\nallow = [\"example.com:0\"]", "network.allow[0]"),
            ("[network]\nallow = [\"example.com:65536\"]", "network.allow[0]"),
            ("[network]\nallow = [\"example.com:0443\"]", "network.allow[0]"),
            ("[network]\nallow = [\"EXAMPLE.com:443\"]", "network.allow[0]"),
            ("[network]\nallow = [\"https://example.com:443\"]", "network.allow[0]"),
            ("[network]\nallow = [\"-a.com:443\"]", "network.allow[0]"),
            ("[network]\nallow = [\"a..com:443\"]", "network.allow[0]"),
            ("[network]\nallow = [\"a.com:1\", \"a.com:1\"]", "network.allow[1]"),
            ("[[secrets]]\nname = \"lower\"", "secrets[0].name"), ("[[secrets]]\nname = \"1A\"", "secrets[0].name"),
            ("[[secrets]]\nname = \"LD_PRELOAD\"", "secrets[0].name"),
            ("[[secrets]]\nname = \"PATH\"", "secrets[0].name"),
            ("[[secrets]]\nname = \"A\"\n[[secrets]]\nname = \"A\"", "secrets[1].name"),
            ("[[tests]]\nendpoint = \"/y\"", "tests[0].endpoint"), ("[[tests]]\npayload = {}", "tests[0].endpoint"),
        ])
    func tables(more: String, path: String) {
        let error = #expect(throws: FieldError.self) { try SkillManifest(toml: Self.manifest([:], more)) }
        #expect(error?.path == path)
    }

    @Test("More than 64 endpoints are refused")
    func tooManyEndpoints() throws {
        let list = { (count: Int) in
            "[" + (0..<count).map { "{ path = \"/\($0)\" }" }.joined(separator: ",") + "]"
        }
        #expect(try SkillManifest(toml: Self.manifest(["endpoints": list(64)])).endpoints.count == 64)
        #expect(throws: FieldError.self) { try SkillManifest(toml: Self.manifest(["endpoints": list(65)])) }
    }

    @Test("A manifest that is too long is not even parsed")
    func tooLong() {
        let text = Self.manifest() + "# " + String(repeating: "x", count: SkillManifest.bytesMax)
        #expect(throws: FieldError.self) { try SkillManifest(toml: text) }
    }

    private static func units(_ pointer: String) -> JSONValue {
        ["from": "payload", "pointer": .string(pointer), "as": "list", "max": 5]
    }

    @Test(
        "The parts of a price must fit together",
        arguments: [
            (["type": "usage"], "price"), (["type": "usage", "price": 0], "price"),
            (["type": "usage", "price": "-1"], "price"), (["type": "usage", "price": "0.0000001"], "price"),
            (["type": "usage", "price": "9223372036855"], "price"), (["type": "usage", "price": true], "price"),
            (["type": "usage", "price": "1e-7"], "price"), (["type": "free", "price": "1"], "price"),
            (["type": "subscription", "price": 1], "interval"),
            (["type": "subscription", "price": 1, "interval": "yearly"], "interval"),
            (["type": "one-time", "price": 1, "interval": "daily"], "interval"),
            (["type": "one-time", "price": 1, "unit": "x"], "unit"), (["type": "pay"], "type"), ([:], "type"),
            (["type": "usage", "price": 1, "currency": "EUR"], "currency"),
            (["type": "usage", "price": 1, "units": SkillManifestTests.units("n")], "units.pointer"),
            (["type": "usage", "price": 1, "units": SkillManifestTests.units("")], "units.pointer"),
            (["type": "usage", "price": 1, "units": SkillManifestTests.units("/a~2")], "units.pointer"),
        ] as [(JSONValue, String)])
    func badPricing(value: JSONValue, path: String) throws {
        let reader = try FieldReader(value)
        let error = #expect(throws: FieldError.self) { try Pricing(reader) }
        #expect(error?.path == path)
    }

    @Test(
        "Prices are read exactly, as numbers and as strings, and given as strings",
        arguments: [
            (["type": "usage", "price": 0.001], "0.001"), (["type": "usage", "price": "0.10"], "0.1"),
            (["type": "one-time", "price": "1e2"], "100"), (["type": "free"], "0"),
            (["type": "subscription", "price": 5, "interval": "monthly"], "5"),
            (["type": "usage", "price": "0.000000001", "currency": "SOL"], "0.000000001"),
        ] as [(JSONValue, String)])
    func pricing(value: JSONValue, price: String) throws {
        let pricing = try Pricing(try FieldReader(value))
        #expect(pricing.json["price"] == .string(price))
        #expect(try Pricing(try FieldReader(pricing.json)) == pricing)
    }
}
