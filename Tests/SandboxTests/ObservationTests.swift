import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("An observed run", .serialized, .timeLimit(.minutes(2)))
struct ObservationTests {
    static func observe(_ profile: String = "default", _ arguments: String...) async throws -> RunOutcome {
        var request = RunRequest(
            profile: try Harness.profile(profile), skillDirectory: try Harness.skill, arguments: arguments)
        request.observes = true
        return await Harness.host.run(request)
    }

    @Test("is reported with its calls and paths")
    func reported() async throws {
        let outcome = try await Self.observe(
            "default", "sh", "-c", "cat /etc/hostname; echo x > /tmp/y; cd /usr; cat ./lib/../lib/os-release >/dev/null"
        )
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == "sandbox")
        let observation = try #require(outcome.observation)
        for name in ["execve", "openat", "read", "mmap"] {
            #expect((observation.syscalls[name] ?? 0) > 0, "\(name)")
        }
        #expect(observation.syscalls["kexec_load"] == nil)
        #expect(observation.paths["/etc/hostname"] == ["read"])
        #expect(observation.paths["/tmp/y"]?.contains("written") == true)
        #expect(observation.paths["/usr/bin/cat"]?.contains("executed") == true)
        #expect(observation.paths["/usr/lib/os-release"] == ["read"], "\(observation.paths)")
        #expect(outcome.report.json["observed"]?["syscalls"]?.array?.isEmpty == false)
    }

    @Test("is refused what its profile refuses, in the kernel, and is no longer for it")
    func refused() async throws {
        for (arguments, errno) in [(["socket", "2"], "EPERM"), (["keyctl"], "EPERM"), (["bpf"], "EPERM")] {
            var request = RunRequest(
                profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: ["probe"] + arguments)
            request.observes = true
            let outcome = await Harness.host.run(request)
            #expect(outcome.text == errno, "\(outcome.summary)")
            #expect(outcome.observation?.syscalls["socket"] == nil)
            #expect(outcome.observation?.syscalls["keyctl"] == nil)
        }
        let flood = try await Self.observe("default", "probe", "deny-loop", "5000")
        #expect(flood.verdict.kind == .ok, "\(flood.summary)")
        #expect(flood.observation?.syscalls["keyctl"] == nil)
    }

    @Test("is ended at the first refused call where its profile says kill")
    func killed() async throws {
        let directory = try ProfileTests.Directory([
            "killing.toml": "description = \"x\"\n[seccomp]\naction = \"kill\"\n"
        ])
        var request = RunRequest(
            profile: try #require(try ProfileStore(directory: directory.path).profile(named: "killing")),
            skillDirectory: try Harness.skill, arguments: ["probe", "keyctl"])
        request.observes = true
        let outcome = await Harness.host.run(request)
        #expect(outcome.verdict.kind == .signaled && outcome.verdict.signal == SIGSYS, "\(outcome.summary)")
        #expect(outcome.text.isEmpty)
    }

    @Test("with threads and children is seen whole")
    func children() async throws {
        let program = """
            import os, threading
            threads = [threading.Thread(target=lambda: os.stat("/etc/passwd")) for _ in range(4)]
            [t.start() for t in threads]; [t.join() for t in threads]
            if os.fork() == 0:
                os.getpgid(0); os._exit(0)
            os.wait()
            """
        let outcome = try await Self.observe("default", "python3", "-I", "-S", "-c", program)
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.observation?.syscalls["getpgid"] == 1)
        #expect(outcome.observation?.paths["/etc/passwd"]?.contains("looked") == true)
    }

    @Test("that names more paths than the limits is cut, and says so")
    func cut() async throws {
        let program = """
            import os
            for n in range(1000): os.path.exists(f"/tmp/{n}")
            os.path.exists("/tmp/" + "x" * 2000)
            """
        let outcome = try await Self.observe("default", "python3", "-I", "-S", "-c", program)
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        let observation = try #require(outcome.observation)
        #expect(observation.pathsCut)
        #expect(observation.paths.count <= Observation.pathsMax)
    }

    @Test("is not slowed to a stop: ten thousand calls in seconds")
    func speed() async throws {
        // Where instructions are emulated, fewer fit into the profile's processor time.
        let calls = 10_000 / Harness.patience
        let program = "import os\nfor _ in range(\(calls)): os.getppid()"
        let outcome = try await Self.observe("default", "python3", "-I", "-S", "-c", program)
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.observation?.syscalls["getppid"] == calls)
        #expect(outcome.usage.wallMicroseconds < 5_000_000 * Harness.patience, "\(outcome.usage.wallMicroseconds)")
    }

    @Test("without the layer that observes is refused")
    func withoutSeccomp() async throws {
        var request = RunRequest(profile: try Harness.profile(), arguments: ["true"])
        request.observes = true
        request.withoutLayers = LayerSet([.seccomp])
        #expect(await Harness.host.run(request).verdict.kind == .launchFailed)
    }
}
