import Fields
import Testing

@testable import MarketCore

@Suite("What breaks callers of an earlier version")
struct BreakingChangeTests {
    private func manifest(_ endpoints: String) throws -> SkillManifest {
        try SkillManifest(
            toml: """
                name = "probe"
                version = "1.0.0"
                description = "x"
                category = "utility"
                runtime = "exec"
                entryPoint = ["cat"]
                \(endpoints)
                """)
    }

    private func endpoint(_ fields: String, path: String = "/run") -> String {
        "[[endpoints]]\npath = \"\(path)\"\n\(fields)\n"
    }

    private func changes(_ old: String, _ new: String) throws -> [BreakingChange] {
        BreakingChange.all(from: try manifest(endpoint(old)), to: try manifest(endpoint(new)))
    }

    @Test("an endpoint that is gone, a field that is needed now, one that is refused now, and narrower values")
    func breaks() throws {
        let two = try manifest(endpoint("") + endpoint("", path: "/more"))
        let gone = BreakingChange.all(from: two, to: try manifest(endpoint("")))
        #expect(gone.map(\.endpoint) == ["/more"])
        for (old, new) in [
            ("params = { a = \"string\" }", "params = { a = \"string\", b = \"string\" }"),
            ("params = { a = \"string\", b = \"string?\" }", "params = { a = \"string\" }"),
            ("params = { a = \"number\" }", "params = { a = \"integer\" }"),
            ("params = { a = \"x|y|z\" }", "params = { a = \"x|y\" }"),
            ("params = { a = \"string\" }", "params = { a = \"x|y\" }"), ("", "params = { a = \"string\" }"),
            ("params = { a = { b = \"string?\" } }", "params = { a = { b = \"string\" } }"),
            ("params = { a = [\"any\"] }", "params = { a = [\"string\"] }"),
            (
                "input = { type = \"string\", maxLength = 10 }", "input = { type = \"string\", maxLength = 5 }"
            ),
            ("input = { type = \"string\" }", "input = { type = \"string\", pattern = \"^a\" }"),
            (
                "output = { type = \"object\", properties = { a = {}, b = {} } }",
                "output = { type = \"object\", properties = { a = {} } }"
            ),
            ("output = { type = \"integer\" }", "output = { type = [\"integer\", \"string\"] }"),
            ("output = { type = \"integer\" }", ""),
            (
                "output = { type = \"object\", properties = { a = {} }, required = [\"a\"] }",
                "output = { type = \"object\", properties = { a = {} } }"
            ),
        ] {
            let found = try changes(old, new)
            #expect(!found.isEmpty, "\(old) → \(new)")
        }
    }

    @Test("more endpoints, more optional fields and wider values break nothing")
    func keeps() throws {
        for (old, new) in [
            ("params = { a = \"string\" }", "params = { a = \"string\", b = \"string?\" }"),
            ("params = { a = \"string\", b = \"string\" }", "params = { a = \"string\", b = \"string?\" }"),
            ("params = { a = \"integer\" }", "params = { a = \"number\" }"),
            ("params = { a = \"x|y\" }", "params = { a = \"x|y|z\" }"), ("params = { a = \"string\" }", ""),
            ("output = { type = \"number\" }", "output = { type = \"integer\" }"),
            (
                "output = { type = \"object\", properties = { a = {} } }",
                "output = { type = \"object\", properties = { a = {}, b = {} } }"
            ),
            ("description = \"x\"", "description = \"y\""),
        ] {
            let found = try changes(old, new)
            #expect(found.isEmpty, "\(old) → \(new): \(found)")
        }
    }

    @Test(
        "a break needs a higher major number, before 1.0.0 a higher minor one",
        arguments: [
            ("1.2.0", "2.0.0", true), ("1.2.0", "1.3.0", false), ("1.2.0", "1.2.1", false), ("0.1.0", "0.2.0", true),
            ("0.1.0", "0.1.1", false), ("0.9.0", "1.0.0", true), ("1.0.0", "2.0.0-rc.1", true),
        ])
    func raised(old: String, new: String, isEnough: Bool) throws {
        let versions = (try #require(SemanticVersion(old)), try #require(SemanticVersion(new)))
        #expect(BreakingChange.isRaisedEnough(from: versions.0, to: versions.1) == isEnough)
    }
}
