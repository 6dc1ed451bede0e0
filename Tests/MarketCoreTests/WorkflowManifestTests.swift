import Fields
import Foundation
import Testing

@testable import MarketCore

@Suite("Workflows in skill.toml, and how their steps follow each other")
struct WorkflowManifestTests {
    private static let whole = """
        name = "flow"
        version = "1.0.0"
        description = "Calls others"
        category = "automation"
        runtime = "workflow"

        [[endpoints]]
        path = "/go"

        [workflow]
        timeout = "2m"
        parallel = 2

        [workflow.output]
        text = { "$from" = "/steps/b/result/text", "$default" = "" }
        title = { "$text" = "{{{/input/name}}} has {/steps/a/result/n}" }
        fixed = { "$literal" = { "$from" = "nowhere" } }

        [[steps]]
        id = "a"
        skill = "one"
        version = "^1.2.0"
        endpoint = "/x"
        timeout = "500ms"
        retries = 2
        maxCost = 0.05
        [steps.input]
        list = [1, { "$from" = "/input/list/0" }]

        [[steps]]
        id = "b"
        skill = "two"
        endpoint = "/y"
        after = ["a"]
        when = [{ from = "/steps/a/result/n", gte = 2 }, { from = "/input/skip", exists = false }]
        [steps.fallback]
        skill = "three"
        endpoint = "/z"
        """

    private func workflow(_ text: String = whole) throws(FieldError) -> Workflow {
        guard let workflow = try SkillManifest(toml: text).workflow else {
            throw FieldError(path: "", message: "is a program")
        }
        return workflow
    }

    @Test("everything that can be said is read, and read back from what is stored")
    func whole() throws {
        let manifest = try SkillManifest(toml: Self.whole)
        let workflow = try #require(manifest.workflow)
        #expect(workflow.steps.map(\.id) == ["a", "b"])
        #expect(workflow.payer == .author)
        #expect(workflow.timeoutMilliseconds == 120_000)
        #expect(workflow.parallel == 2)
        let first = try #require(workflow.step("a"))
        #expect(first.target.version.description == "^1.2.0")
        #expect(first.timeoutMilliseconds == 500)
        #expect(first.retries == 2)
        #expect(first.maxCost == "0.05")
        #expect(workflow.step("b")?.dependencies == ["a"])
        #expect(workflow.step("b")?.fallback?.skill == "three")
        #expect(try SkillManifest(json: manifest.json).workflow == workflow)
    }

    @Test("steps begin when what they wait for is settled, with what those gave")
    func progress() throws {
        let workflow = try workflow()
        var progress = WorkflowProgress(workflow, input: ["name": "Ada", "list": [7]])
        let first = progress.next()
        #expect(first.map(\.step.id) == ["a"])
        #expect(first.first?.input == ["list": [1, 7]])
        #expect(progress.next().isEmpty)
        progress.finish(first[0].step, result: ["n": 2], bytes: 7)
        let second = progress.next()
        #expect(second.map(\.step.id) == ["b"])
        progress.finish(second[0].step, result: ["text": "done"], bytes: 15)
        #expect(progress.next().isEmpty)
        #expect(progress.isFinished)
        let output = try progress.output()
        #expect(output == ["text": "done", "title": "{Ada} has 2", "fixed": ["$from": "nowhere"]])
    }

    @Test("a condition that does not hold leaves a step out", arguments: [(1, false), (2, true)])
    func conditions(count: Int, isCalled: Bool) throws {
        var progress = WorkflowProgress(try workflow(), input: ["name": "Ada", "list": [7]])
        progress.finish(progress.next()[0].step, result: ["n": .number(count)], bytes: 7)
        #expect(progress.next().isEmpty != isCalled)
        #expect(progress.skipped == (isCalled ? [] : ["b"]))
        if !isCalled { #expect(try progress.output()["text"] == "") }
    }

    @Test(
        "what is wrong is named with its line and its key",
        arguments: [
            ("timeout = \"2m\"", "timeout = \"11m\"", 11, "workflow.timeout"),
            ("parallel = 2", "parallel = 9", 12, "workflow.parallel"),
            ("parallel = 2", "payer = \"nobody\"", 12, "workflow.payer"),
            ("/steps/b/result/text\", \"$default\" = \"\"", "/steps/b/result/text\"", 14, "workflow.output"),
            ("/steps/b/result/text\"", "/steps/c/result/text\"", 14, "workflow.output"),
            ("/steps/b/result/text\"", "/steps/b/text\"", 15, "workflow.output.text.$from"),
            ("{{{/input/name}}}", "{/input/name", 16, "workflow.output.title.$text"),
            ("{{{/input/name}}}", "{/inputs/name}", 16, "workflow.output.title.$text"),
            ("id = \"a\"", "id = \"A\"", 20, "steps[0].id"),
            ("id = \"b\"", "id = \"a\"", 31, "steps[1].id"),
            ("skill = \"two\"", "skill = \"flow\"", 30, "steps[1]"),
            ("skill = \"two\"", "skill = \"Two\"", 32, "steps[1].skill"),
            ("\"^1.2.0\"", "\">=1\"", 22, "steps[0].version"),
            ("after = [\"a\"]", "after = [\"x\"]", 34, "steps[1].after[0]"),
            ("after = [\"a\"]", "after = [\"b\"]", 30, "steps[1]"),
            ("retries = 2", "retries = 4", 25, "steps[0].retries"),
            ("retries = 2", "after = [\"b\"]", 19, "steps[0]"),
            ("gte = 2", "gte = \"2\"", 35, "steps[1].when[0].gte"),
            ("gte = 2", "gte = 2, lt = 5", 35, "steps[1].when[0].lt"),
            ("exists = false", "matches = \"x\"", 35, "steps[1].when[1]"),
            ("timeout = \"500ms\"", "timeout = \"fast\"", 24, "steps[0].timeout"),
            ("retries = 2", "retry = 2", 25, "steps[0].retry"),
            ("runtime = \"workflow\"", "runtime = \"workflow\"\nwarm = true", 6, "warm"),
            ("runtime = \"workflow\"", "runtime = \"workflow\"\nentryPoint = \"a\"", 6, "entryPoint"),
            ("path = \"/go\"", "path = \"/go\"\n[[endpoints]]\npath = \"/b\"", 7, "endpoints"),
        ])
    func faults(from: String, to: String, line: Int, path: String) throws {
        let text = Self.whole.replacing(from, with: to)
        #expect(text != Self.whole)
        let error = #expect(throws: FieldError.self) { try workflow(text) }
        #expect(error?.path == path)
        #expect(error?.file == "skill.toml")
        #expect(error?.line == line)
    }

    @Test("limits hold: steps, lines of steps, references, depth")
    func limits() {
        func steps(_ count: Int, _ more: (Int) -> String) -> String {
            let head = Self.whole.prefix(upTo: Self.whole.range(of: "[workflow]")?.lowerBound ?? Self.whole.endIndex)
            return head + "[workflow]\noutput = 1\n"
                + (0..<count).map { "[[steps]]\nid = \"s\($0)\"\nskill = \"x\"\nendpoint = \"/\"\n\(more($0))\n" }
                .joined()
        }
        #expect(throws: Never.self) { try workflow(steps(32) { _ in "" }) }
        #expect(throws: FieldError.self) { try workflow(steps(33) { _ in "" }) }
        #expect(throws: FieldError.self) { try workflow(steps(0) { _ in "" }) }
        let after = { (index: Int) in index == 0 ? "" : "after = [\"s\(index - 1)\"]" }
        #expect(throws: Never.self) { try workflow(steps(16, after)) }
        #expect(throws: FieldError.self) { try workflow(steps(17, after)) }
        let reference = "{ \"$from\" = \"/input\" }"
        let list = { (count: Int) in "input = [\(Array(repeating: reference, count: count).joined(separator: ", "))]" }
        #expect(throws: Never.self) { try workflow(steps(1) { _ in list(64) }) }
        #expect(throws: FieldError.self) { try workflow(steps(1) { _ in list(65) }) }
        let deep = { (depth: Int) in
            "input = " + String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try workflow(steps(1) { _ in deep(15) }) }
        #expect(throws: FieldError.self) { try workflow(steps(1) { _ in deep(16) }) }
    }

    @Test(
        "version requirements",
        arguments: [
            ("*", ["1.0.0", "2.1.0", "3.0.0-rc.1"], "2.1.0"), ("^1.2.0", ["1.1.0", "1.9.3", "2.0.0"], "1.9.3"),
            ("^0.2.1", ["0.2.0", "0.2.9", "0.3.0"], "0.2.9"), ("~1.2.0", ["1.2.5", "1.3.0"], "1.2.5"),
            ("1.2.3", ["1.2.3", "1.2.4"], "1.2.3"), ("^1.0.0-rc.1", ["1.0.0-rc.1", "1.0.0-rc.2"], "1.0.0-rc.1"),
            ("^2.0.0", ["1.0.0"], nil),
        ] as [(String, [String], String?)])
    func versions(requirement: String, known: [String], wanted: String?) throws {
        let requirement = try #require(VersionRequirement(requirement))
        let newest = requirement.newest(of: known.compactMap { SemanticVersion($0) })
        #expect(newest?.description == wanted)
        #expect(VersionRequirement("x") == nil)
    }
}
