import Fields
import Foundation
import Testing

@Suite("Command line: runs in the sandbox", .serialized, .timeLimit(.minutes(3)))
struct CLIRunTests {
    @Test("a new skill passes its own test", arguments: ["exec", "python", "node"])
    func initAndTest(runtime: String) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", runtime)
        let test = try await cli.run("skill", "test", "hello", "--json")
        #expect(test.status == 0, "\(test.standardOutput) \(test.standardError)")
        #expect(test.json?["passed"] == 1)
        #expect(test.json?["failed"] == 0)
        let table = try await cli.run("skill", "test", "hello")
        #expect(table.standardOutput.contains("All 1 passed."))
    }

    @Test("a Python skill has the packages that it vendors, and none of the host's")
    func vendored() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        try cli.write("def name(text):\n    return text.upper()\n", to: "hello/vendor/shout/__init__.py")
        try cli.write(
            """
            import sys
            import shout

            def handler(endpoint, payload, context):
                return {"name": shout.name(payload["name"]), "site": "site" in sys.modules}
            """, to: "hello/main.py")
        let output = try await cli.run("run", "hello", "--endpoint", "/hello", "--payload", #"{"name":"Ada"}"#)
        #expect(output.status == 0, "\(output.standardError)")
        #expect(output.json == ["name": "ADA", "site": false])
    }

    @Test("run prints the result and nothing else on standard output")
    func runResult() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        let run = try await cli.run("run", "hello", "--endpoint", "/hello", "--payload", "{\"name\":\"Ada\"}")
        #expect(run.status == 0, "\(run.standardError)")
        #expect(run.standardOutput == "{\"greeting\":\"Hello, Ada!\"}\n")
        #expect(run.standardError.contains("log: greeting Ada"))
        #expect(run.standardError.contains("ok · "))
        #expect(!run.standardError.contains("\u{1B}"))
    }

    @Test("the payload can come from standard input and from a file")
    func payloadSources() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        try cli.write("{\"name\":\"File\"}", to: "request.json")
        let input = try await cli.run(
            "run", "hello", "--endpoint", "/hello", "--payload", "-", input: "{\"name\":\"Input\"}")
        let file = try await cli.run("run", "hello", "--endpoint", "/hello", "--payload", "@request.json")
        #expect(input.json?["greeting"] == "Hello, Input!")
        #expect(file.json?["greeting"] == "Hello, File!")
    }

    @Test("--json has result, verdict, usage, isolation and log for a success and for a failure")
    func runAsJSON() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        let good = try await cli.run(
            "run", "hello", "--endpoint", "/hello", "--payload", "{\"name\":\"Ada\"}", "--json")
        #expect(good.status == 0)
        #expect(good.json?.object?.keys == ["result", "verdict", "usage", "isolation", "stderr"])
        #expect(good.json?["verdict"]?["kind"] == "ok")
        #expect((good.json?["usage"]?["peakMemory"]?.int64 ?? 0) > 0)
        #expect(good.json?["isolation"]?["layers"] != nil)

        try cli.write("def handler(e, p, c):\n    raise SystemExit(7)\n", to: "hello/main.py")
        let bad = try await cli.run(
            "run", "hello", "--endpoint", "/hello", "--payload", "{\"name\":\"Ada\"}", "--json")
        #expect(bad.status == 1)
        #expect(bad.json?["verdict"]?["kind"] == "failed")
        #expect(bad.json?["result"] == .null)
    }

    @Test("--timeout ends a run with verdict timeout and status 1")
    func timeout() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        try cli.write("import time\ndef handler(e, p, c):\n    time.sleep(60)\n", to: "hello/main.py")
        let run = try await cli.run(
            "run", "hello", "--endpoint", "/hello", "--payload", "{\"name\":\"Ada\"}", "--timeout", "300ms", "--json")
        #expect(run.status == 1)
        #expect(run.json?["verdict"]?["kind"] == "timeout")
    }

    @Test(
        "what is wrong before the run has status 2 and says what is right",
        arguments: [
            (["--endpoint", "/helo", "--payload", "{\"name\":\"x\"}"], "/hello"),
            (["--endpoint", "/hello", "--payload", "{name:1}"], "not valid JSON"),
            (["--endpoint", "/hello", "--payload", ""], "not valid JSON"),
            (["--endpoint", "/hello", "--payload", "{\"name\":\"\"}"], "/name"),
            (["--endpoint", "/hello", "--payload", "{}"], "name"),
            (["--endpoint", "/hello", "--payload", "@nowhere.json"], "nowhere.json"),
            (["--endpoint", "/hello", "--payload", "{\"name\":\"x\"}", "--profile", "pyton"], "python"),
            (["--endpoint", "/hello", "--payload", "{\"name\":\"x\"}", "--timeout", "9h"], "--timeout asks"),
            (["--endpoint", "/hello", "--payload", "{\"name\":\"x\"}", "--timeout", "fast"], "--timeout must"),
        ])
    func refusedBefore(options: [String], named: String) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        let run = try await cli.run(["run", "hello"] + options)
        #expect(run.status == 2, "\(run.standardError)")
        #expect(run.standardOutput == "")
        #expect(run.standardError.contains(named), "\(run.standardError)")
    }

    @Test("a test that does not hold fails with the place where it differs, and its log")
    func failingTest() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        try cli.write(
            "import sys\ndef handler(e, p, c):\n    print('here', file=sys.stderr)\n    return {'greeting': 'No'}\n",
            to: "hello/main.py")
        let test = try await cli.run("skill", "test", "hello")
        #expect(test.status == 1)
        #expect(test.standardOutput.contains("greeting"))
        #expect(test.standardOutput.contains("log: here"))
        #expect(test.standardOutput.contains("1 of 1 failed."))
    }

    @Test("a launcher that is not there means status 3 and the variable that names it")
    func noLauncher() async throws {
        var cli = try CLIProcess()
        defer { cli.remove() }
        cli.environment["CLAWRUNNER_LAUNCHER"] = cli.path("none")
        _ = try await cli.run("skill", "init", "hello")
        let run = try await cli.run("run", "hello", "--endpoint", "/hello", "--payload", "{\"name\":\"x\"}")
        #expect(run.status == 3)
        #expect(run.standardError.contains("CLAWRUNNER_LAUNCHER"))
    }

    @Test("an interrupted run stops, leaves nothing in the temporary directory and exits with 130")
    func interrupted() async throws {
        var cli = try CLIProcess()
        defer { cli.remove() }
        try FileManager.default.createDirectory(atPath: cli.path("tmp"), withIntermediateDirectories: false)
        cli.environment["TMPDIR"] = cli.path("tmp")
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        try cli.write("import time\ndef handler(e, p, c):\n    time.sleep(60)\n", to: "hello/main.py")
        let run = try await cli.run(
            ["run", "hello", "--endpoint", "/hello", "--payload", "{\"name\":\"x\"}"], interruptAfterSeconds: 1)
        #expect(run.status == 130)
        #expect(try FileManager.default.contentsOfDirectory(atPath: cli.path("tmp")) == [])
    }
}
