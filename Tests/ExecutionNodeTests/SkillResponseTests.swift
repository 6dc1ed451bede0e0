import ExecutionNode
import Fields
import Foundation
import MarketCore
import NodeTestSupport
import Sandbox
import Testing

@Suite("Responses: what a skill wrote is a result, or it is invalid and says why")
struct SkillResponseTests {
    private func response(
        _ output: [UInt8], kind: String = "json", endpoint more: String = "", depthMax: Int = 64
    ) throws -> SkillResponse {
        let text = NodeFixture.manifest(endpoint: more, more: "response = \"\(kind)\"")
        let manifest = try SkillManifest(toml: text)
        let outcome = RunOutcome(
            verdict: Verdict(kind: .ok, detail: "ok", exitCode: 0), standardOutput: output, standardError: [],
            usage: RunUsage(), report: IsolationReport(json: nil))
        return SkillResponse(outcome, manifest: manifest, endpoint: manifest.endpoints[0], depthMax: depthMax)
    }

    @Test(
        "output that is not one JSON value is invalid_response with its reason",
        arguments: [
            ("", "empty_response"), ("  \n", "empty_response"), ("hello", "not_json"), ("{\"a\":1", "not_json"),
            ("{} {}", "trailing_data"), ("{\"a\":1,\"a\":2}", "duplicate_key"), ("\"\\u0000\"", "nul_character"),
            ("\"\\ud800\"", "invalid_utf8"), ("NaN", "not_json"), ("{'a':1}", "not_json"),
        ])
    func invalid(output: String, reason: String) throws {
        let response = try response(Array(output.utf8))
        #expect(response.verdict.kind == .invalidResponse)
        #expect(response.verdict.reason == reason)
        #expect(response.result == nil)
        #expect(response.verdict.detail.hasSuffix("."))
    }

    @Test("bytes that are not UTF-8, a raw NUL and a too deep value are invalid")
    func bytes() throws {
        #expect(try response([0x22, 0xFF, 0x22]).verdict.reason == "invalid_utf8")
        #expect(try response([0x22, 0x00, 0x22]).verdict.kind == .invalidResponse)
        let deep = Array(repeating: UInt8(ascii: "["), count: 65) + Array(repeating: UInt8(ascii: "]"), count: 65)
        #expect(try response(deep).verdict.reason == "too_deep")
        #expect(try response(Array(deep[1..<129])).verdict.kind == .ok)
        #expect(try response(Array("[[1]]".utf8), depthMax: 1).verdict.reason == "too_deep")
    }

    @Test("a result keeps the digits and the order it was written with, without the blanks around it")
    func kept() throws {
        let response = try response(Array(" {\"b\": 1.10, \"a\": 12345678901234567890}\n".utf8))
        #expect(
            response.result.map { String(decoding: $0, as: UTF8.self) } == "{\"b\": 1.10, \"a\": 12345678901234567890}")
        #expect(try self.response(Array("null".utf8)).result.map { String(decoding: $0, as: UTF8.self) } == "null")
    }

    @Test("text becomes a JSON string, also when it is empty; NUL and bytes that are not UTF-8 do not")
    func text() throws {
        let response = try response(Array("a \"b\"\n".utf8), kind: "text")
        #expect(response.result.map { String(decoding: $0, as: UTF8.self) } == "\"a \\\"b\\\"\\n\"")
        #expect(try self.response([], kind: "text").result == Array("\"\"".utf8))
        #expect(try self.response([0x61, 0x00], kind: "text").verdict.reason == "nul_character")
        #expect(try self.response([0xC3], kind: "text").verdict.reason == "invalid_utf8")
    }

    @Test("a result that is not what the endpoint declares is invalid, with the place")
    func output() throws {
        let schema = "output = { type = \"object\", required = [\"n\"], properties = { n = { type = \"integer\" } } }"
        #expect(try response(Array("{\"n\":1}".utf8), endpoint: schema).verdict.kind == .ok)
        let wrong = try response(Array("{\"n\":\"x\"}".utf8), endpoint: schema)
        #expect(wrong.verdict.reason == "schema_mismatch")
        #expect(wrong.verdict.detail.contains("/n"))
    }

    @Test("a verdict other than ok stays what it is, whatever was written")
    func otherVerdict() throws {
        let manifest = try SkillManifest(toml: NodeFixture.manifest())
        let outcome = ScriptedRunner.outcome(Verdict(kind: .timeout, detail: "Too slow."), output: "{}")
        let response = SkillResponse(outcome, manifest: manifest, endpoint: manifest.endpoints[0])
        #expect(response.verdict.kind == .timeout)
        #expect(response.result == nil)
    }
}

@Suite("What the sandbox starts for a skill")
struct SkillCommandTests {
    @Test("a program of the package comes before one on PATH; handlers are called by their runner")
    func arguments() throws {
        func command(_ lines: String, files: Set<String> = []) throws -> [String] {
            let toml = NodeFixture.manifest().replacing("runtime = \"exec\"\nentryPoint = [\"cat\"]", with: lines)
            return SkillCommand.arguments(of: try SkillManifest(toml: toml)) { files.contains($0) }
        }
        #expect(try command("runtime = \"exec\"\nentryPoint = [\"cat\", \"-n\"]") == ["cat", "-n"])
        #expect(try command("runtime = \"exec\"\nentryPoint = \"run\"", files: ["run"]) == ["./run"])
        #expect(try command("runtime = \"exec\"\nentryPoint = \"bin/run\"", files: ["bin/run"]) == ["bin/run"])
        #expect(
            try command("runtime = \"python\"\nentryPoint = \"main.py:handler\"") == [
                "python3", "-I", "-S", "-B", "/runtime/python/runner.py", "main.py:handler",
            ])
        #expect(
            try command("runtime = \"node\"\nentryPoint = \"main.mjs:handler\"") == [
                "node", "/runtime/node/runner.cjs", "main.mjs:handler",
            ])
    }
}
