import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("A waiting sandbox", .serialized, .timeLimit(.minutes(5)))
struct ParkingTests {
    /// A host on which every run waits for a sandbox that waits for it.
    private func host(_ name: String, awaits: Bool = true) -> SandboxHost {
        var options = SandboxOptions(cgroupName: "clawrunner-\(name)")
        options.runtimesDirectory = try? Harness.skill
        options.awaitsParked = awaits
        return Harness.make(options)
    }

    private func request(_ start: ParkedStart, _ arguments: String...) throws -> RunRequest {
        let isProgram = start == .program
        var request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill,
            arguments: ["probe"] + (isProgram ? ["await"] : []) + arguments)
        request.startsAhead = isProgram
        if start == .interpreter { request.interpreter = ["/runtime/probe", "interpret"] }
        return request
    }

    private func start(of outcome: RunOutcome) -> String? { outcome.report.json["start"]?["waiting"]?.string }

    @Test("serves one run, and nothing of it is there for the next", arguments: ParkedStart.allCases)
    func single(_ start: ParkedStart) async throws {
        let host = host("single")
        for _ in 0..<3 {
            let write = await host.run(try request(start, "write", "/tmp/left"))
            #expect(write.text.hasPrefix("done"), "\(write.summary)")
            #expect(self.start(of: write) == start.name)
            let read = await host.run(try request(start, "read", "/tmp/left"))
            #expect(read.text == "ENOENT", "\(read.summary)")
        }
        await host.shutdown()
    }

    @Test("gives the run its own arguments, variables, input and files", arguments: ParkedStart.allCases)
    func order(_ start: ParkedStart) async throws {
        let host = host("order")
        for value in ["first", "second value with spaces"] {
            var asked = try request(start, "env")
            asked.environment = ["ASKED": value]
            let outcome = await host.run(asked)
            #expect(outcome.text.contains("ASKED=\(value)"), "\(outcome.summary)")
            var echo = try request(start, "echo")
            echo.standardInput = Array("\(value)\n".utf8)
            #expect(await host.run(echo).text == value)
        }
        let missing = await host.run(
            RunRequest(profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: ["nowhere"]))
        #expect(missing.verdict.reason == "entry_point_missing", "\(missing.summary)")
        await host.shutdown()
    }

    @Test("counts time and processor time from the run on")
    func clocks() async throws {
        let host = host("clocks")
        // The start takes many times what the run itself does.
        var asked = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill,
            arguments: ["/bin/sh", "-c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; read line; echo $line"],
            standardInput: Array("asked\n".utf8))
        asked.startsAhead = true
        let outcome = await host.run(asked)
        #expect(outcome.text == "asked", "\(outcome.summary)")
        #expect(start(of: outcome) == "program")
        asked.startsAhead = false
        let cold = await host.run(asked)
        #expect(cold.usage.cpuMicroseconds > 2 * outcome.usage.cpuMicroseconds, "\(cold.usage) \(outcome.usage)")
        await host.shutdown()
    }

    @Test(
        "in which a start fails is given up after some tries, the run is served all the same, and its report says why")
    func failing() async throws {
        let host = host("failing", awaits: false)
        var asked = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill,
            arguments: ["/bin/sh", "-c", "exit 7"])
        asked.startsAhead = true
        var notAhead: String?
        for _ in 0..<100 where notAhead == nil {
            let outcome = await host.run(asked)
            #expect(outcome.verdict.kind == .failed && outcome.verdict.exitCode == 7, "\(outcome.summary)")
            notAhead = outcome.report.json["start"]?["notAhead"]?.string
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(notAhead?.contains("exit status 7") == true, "\(notAhead ?? "none")")
        #expect(host.parkingReport.failing == 1)
        await host.shutdown()
    }

    @Test(
        "may neither use processor time nor grow while it waits",
        arguments: ["while :; do :; done", "a=x; while :; do a=$a$a; done"])
    func restless(_ work: String) async throws {
        let host = host("restless", awaits: false)
        // Rests once, so that it is taken for ready.
        var asked = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill,
            arguments: ["/bin/sh", "-c", "sleep 1; \(work)"])
        asked.limits.wallMilliseconds = 100
        asked.startsAhead = true
        for _ in 0..<2 { _ = await host.run(asked) }
        var ended = false
        for _ in 0..<400 where !ended {
            try await Task.sleep(for: .milliseconds(50))
            ended = host.parkingReport.failing == 1
        }
        #expect(ended, "\(host.parkingReport)")
        await host.shutdown()
    }

    @Test("of which the program cannot be executed is given up, too")
    func missing() async throws {
        let host = host("missing", awaits: false)
        var asked = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: ["/nowhere/program"])
        asked.startsAhead = true
        var notAhead: String?
        for _ in 0..<200 where notAhead == nil {
            let outcome = await host.run(asked)
            #expect(outcome.verdict.reason == "entry_point_missing", "\(outcome.summary)")
            notAhead = outcome.report.json["start"]?["notAhead"]?.string
            try await Task.sleep(for: .milliseconds(20))
            // Of a run that did not begin there is no report of its start.
            if host.parkingReport.failing == 1 { break }
        }
        #expect(host.parkingReport.failing == 1)
        await host.shutdown()
    }

    @Test("has the limits of a run that asks for less, and none of them becomes the launcher's")
    func lowered() async throws {
        let host = host("lowered")
        let worker = try #require(try Harness.workers(cgroupName: "clawrunner-lowered").first)
        let before = try String(contentsOfFile: "/proc/\(worker)/limits", encoding: .utf8)
        for start in ParkedStart.allCases {
            var asked = try request(start, "nofile")
            asked.limits.openFiles = 32
            asked.limits.memoryBytes = 48 << 20
            asked.limits.cpuMilliseconds = 2000
            // Many at once: some are built while the processors are taken.
            let texts = await withTaskGroup(of: String.self) { group in
                for _ in 0..<16 { group.addTask { [asked] in await host.run(asked).text } }
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(texts == ["32"], "\(start)")
        }
        #expect(try String(contentsOfFile: "/proc/\(worker)/limits", encoding: .utf8) == before)
        await host.shutdown()
    }

    @Test("has its request only once it has the run's limits", arguments: ParkedStart.allCases)
    func released(_ start: ParkedStart) async throws {
        let host = host("released")
        let worker = try #require(try Harness.workers(cgroupName: "clawrunner-released").first)
        // At once many times the memory that it was held to while it waited.
        let asked = try request(start, "eat", "64")
        #expect(await host.park(asked, count: 1))
        kill(worker, SIGSTOP)
        let run = Task { await host.run(asked) }
        try await Task.sleep(for: .milliseconds(200))
        kill(worker, SIGCONT)
        let outcome = await run.value
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(self.start(of: outcome) == start.name)
        await host.shutdown()
    }

    @Test("that dies leaves no run without an answer", arguments: ParkedStart.allCases)
    func killed(_ start: ParkedStart) async throws {
        let host = host("killed", awaits: false)
        let worker = try #require(try Harness.workers(cgroupName: "clawrunner-killed").first)
        var random = SystemRandomNumberGenerator()
        let killer = Task {
            while !Task.isCancelled {
                // Pid 1 of some sandbox, waiting or not.
                if let victim = Harness.children(of: worker).randomElement(using: &random) { kill(victim, SIGKILL) }
                try? await Task.sleep(for: .milliseconds(3))
            }
        }
        let asked = try request(start, "uid")
        let kinds = await withTaskGroup(of: Verdict.Kind.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var last = Verdict.Kind.ok
                    for _ in 0..<60 { last = await host.run(asked).verdict.kind }
                    return last
                }
            }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        killer.cancel()
        await killer.value
        #expect(kinds.isSubset(of: [.ok, .launchFailed]), "\(kinds)")
        #expect(await host.run(asked).verdict.kind == .ok)
        await host.shutdown()
        #expect(Harness.cgroups("clawrunner-killed").isEmpty)
    }

    @Test("of a worker that dies is forgotten; the next worker builds its own")
    func workerDies() async throws {
        let host = host("parked-worker")
        let asked = try request(.sealed, "uid")
        #expect(await host.run(asked).verdict.kind == .ok)
        let worker = try #require(try Harness.workers(cgroupName: "clawrunner-parked-worker").first)
        kill(worker, SIGKILL)
        for _ in 0..<100 where try Harness.workers(cgroupName: "clawrunner-parked-worker") == [worker] {
            try await Task.sleep(for: .milliseconds(10))
        }
        var outcome = await host.run(asked)
        // It may have been sent to the dead one.
        if outcome.verdict.reason == "launcher_died" { outcome = await host.run(asked) }
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        await host.shutdown()
    }

    @Test("goes with a drained pool, and leaves nothing")
    func drained() async throws {
        let host = host("drained")
        for start in ParkedStart.allCases { _ = await host.run(try request(start, "uid")) }
        host.drainParked()
        let worker = try #require(try Harness.workers(cgroupName: "clawrunner-drained").first)
        for _ in 0..<200 where !Harness.children(of: worker).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(Harness.children(of: worker).isEmpty)
        #expect(host.parkingReport.waiting.isEmpty)
        await host.shutdown()
    }

    @Test("is not used where the profile says so, nor for limits above the profile's, nor for destinations")
    func unused() async throws {
        let host = host("unused", awaits: false)
        let profile = try SyscallRuleTests.profile("[warm]\nsandboxes = 0\n")
        for _ in 0..<5 {
            let outcome = await host.run(
                RunRequest(profile: profile, skillDirectory: try Harness.skill, arguments: ["probe", "uid"]))
            #expect(start(of: outcome) == "none")
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(host.parkingReport.waiting.isEmpty)
        await host.shutdown()
    }
}
