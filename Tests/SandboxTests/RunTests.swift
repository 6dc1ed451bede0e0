import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("A run", .serialized, .timeLimit(.minutes(5)))
struct RunTests {
    @Test("passes standard input through, of any size", arguments: [0, 1, 65_536, 3_000_000])
    func echo(_ size: Int) async throws {
        let input = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let outcome = try await Harness.probe("echo", input: input)
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.standardOutput == input)
    }

    @Test("does not mind a program that leaves its input unread")
    func unread() async throws {
        let outcome = try await Harness.probe("exit", "0", input: Array(repeating: 0, count: 1_000_000))
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
    }

    @Test("finds its program in the package, on PATH, or by an absolute path")
    func lookup() async throws {
        for arguments in [["probe", "exit", "0"], ["./probe", "exit", "0"], ["true"], ["/bin/sh", "-c", "exit 0"]] {
            let request = RunRequest(
                profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: arguments)
            let outcome = await Harness.host.run(request)
            #expect(outcome.verdict.kind == .ok, "\(arguments): \(outcome.summary)")
        }
    }

    @Test(
        "says why nothing was executed",
        arguments: [
            (["nowhere"], "entry_point_missing"), (["/usr"], "entry_point_not_executable"), ([""], "program"),
            (["bad\0name"], "request"), (["probe", String(repeating: "x", count: 100_000)], "request"),
        ])
    func launchFailed(_ arguments: [String], _ reason: String) async throws {
        let request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: arguments)
        let outcome = await Harness.host.run(request)
        #expect(outcome.verdict.kind == .launchFailed, "\(outcome.summary)")
        #expect(outcome.verdict.reason == reason, "\(outcome.summary)")
        #expect(!outcome.mayHaveBegun)
    }

    @Test("names a script's missing interpreter")
    func interpreter() async throws {
        let directory = try Harness.skill
        let script = directory + "/script"
        try Data("#!/opt/nowhere/interpreter\n".utf8).write(to: URL(fileURLWithPath: script))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        defer { try? FileManager.default.removeItem(atPath: script) }
        let request = RunRequest(profile: try Harness.profile(), skillDirectory: directory, arguments: ["script"])
        #expect(await Harness.host.run(request).verdict.reason == "interpreter_missing")
    }

    @Test("fails when the package's folder is gone")
    func noFolder() async throws {
        let request = RunRequest(
            profile: try Harness.profile(), skillDirectory: "/nonexistent/skill", arguments: ["probe"])
        let outcome = await Harness.host.run(request)
        #expect(outcome.verdict.kind == .launchFailed)
        #expect(outcome.verdict.reason == "skill_files", "\(outcome.summary)")
    }

    @Test("ends at once when its task is cancelled, and leaves nothing")
    func cancelled() async throws {
        let task = Task { try await Harness.probe("sleep", "30", "cancelled") }
        #expect(try await Harness.awaitProbe(marked: "cancelled"))
        task.cancel()
        let outcome = try await task.value
        #expect(outcome.verdict.kind == .cancelled, "\(outcome.summary)")
        #expect(try Harness.probes(marked: "cancelled").isEmpty)
    }

    @Test("that is cancelled before it begins does not begin")
    func cancelledBefore() async throws {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await Harness.probe("sleep", "30")
        }
        #expect(try await task.value.verdict.kind == .cancelled)
    }

    @Test("beside sixty-three others ends well")
    func many() async throws {
        try await withThrowingTaskGroup(of: RunOutcome.self) { group in
            for number in 0..<64 {
                group.addTask { try await Harness.probe("echo", input: Array("run \(number)".utf8)) }
            }
            var texts: Set<String> = []
            for try await outcome in group {
                #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
                texts.insert(outcome.text)
            }
            #expect(texts.count == 64)
        }
    }

    @Test("may open /dev/stdout and /dev/stdin by name")
    func standardNames() async throws {
        let request = RunRequest(
            profile: try Harness.profile(), arguments: ["/bin/sh", "-c", "cat /dev/stdin > /dev/stdout"],
            standardInput: Array("by name".utf8))
        let outcome = await Harness.host.run(request)
        #expect(outcome.text == "by name", "\(outcome.summary)")
    }

    @Test(
        "of the python and node runtimes works under its own profile",
        arguments: [
            (
                "python", ["python3", "-I", "-S", "-c", "import json, sys; print(json.dumps(sys.version_info.major))"],
                "3"
            ),
            ("node", ["node", "-e", "console.log(1 + 2)"], "3"),
        ])
    func runtimes(_ profile: String, _ arguments: [String], _ text: String) async throws {
        guard Harness.has(arguments[0]) else { return }
        let request = RunRequest(profile: try Harness.profile(profile), arguments: arguments)
        let outcome = await Harness.host.run(request)
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == text)
    }

    @Test("of every shipped profile works", arguments: ["default", "native", "python", "node", "strict"])
    func profiles(_ name: String) async throws {
        let outcome = try await Harness.probe("echo", profile: name, input: Array("x".utf8))
        #expect(outcome.text == "x", "\(outcome.summary)")
    }
}
