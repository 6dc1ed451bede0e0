import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("The launcher", .serialized, .timeLimit(.minutes(5)))
struct LauncherTests {
    @Test("that loses its worker fails the runs in flight, and serves the next with another")
    func workerDies() async throws {
        let host = Harness.make(.init(cgroupName: "clawrunner-worker-dies"))
        #expect(try await Harness.probe("exit", "0", host: host).verdict.kind == .ok)
        let inFlight = Task { try await Harness.probe("sleep", "30", "worker-dies", host: host) }
        #expect(try await Harness.awaitProbe(marked: "worker-dies"))
        let worker = try #require(try Harness.workers(cgroupName: "clawrunner-worker-dies").first)
        kill(worker, SIGKILL)
        let lost = try await inFlight.value
        #expect(lost.verdict.kind == .launchFailed)
        #expect(lost.verdict.reason == "launcher_died", "\(lost.summary)")
        #expect(lost.mayHaveBegun)
        #expect(try await Harness.probe("exit", "0", host: host).verdict.kind == .ok)
        #expect(try Harness.probes(marked: "worker-dies").isEmpty)
        await host.shutdown()
        #expect(Harness.cgroups("clawrunner-worker-dies").isEmpty)
    }

    @Test(
        "whose worker hangs leaves no request waiting: it is asked, its worker is replaced, and the next run is served")
    func workerHangs() async throws {
        var options = SandboxOptions(cgroupName: "clawrunner-worker-hangs")
        options.launcherTimes.quiet = 200_000_000
        options.launcherTimes.answer = 500_000_000
        let host = Harness.make(options)
        #expect(try await Harness.probe("exit", "0", host: host).verdict.kind == .ok)
        let inFlight = Task { try await Harness.probe("sleep", "30", "worker-hangs", host: host) }
        #expect(try await Harness.awaitProbe(marked: "worker-hangs"))
        let worker = try #require(try Harness.workers(cgroupName: "clawrunner-worker-hangs").first)
        kill(worker, SIGSTOP)
        let lost = try await inFlight.value
        #expect(lost.verdict.kind == .launchFailed)
        #expect(lost.verdict.reason == "launcher_silent", "\(lost.summary)")
        #expect(lost.mayHaveBegun)
        // While nobody is there it says so at once; then there is another.
        for _ in 0..<100 {
            let next = try await Harness.probe("exit", "0", host: host)
            if next.verdict.kind == .ok { break }
            #expect(["launcher_silent", "launcher_died"].contains(next.verdict.reason), "\(next.summary)")
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await Harness.probe("exit", "0", host: host).verdict.kind == .ok)
        #expect(try Harness.probes(marked: "worker-hangs").isEmpty)
        await host.shutdown()
        #expect(Harness.cgroups("clawrunner-worker-hangs").isEmpty)
    }

    @Test(
        "that starts while sandboxes of a dead one still die takes their cgroups away, and leaves those of a living one"
    )
    func successor() async throws {
        let name = "clawrunner-successor"
        let living = Harness.make(.init(cgroupName: name))
        #expect(try await Harness.probe("exit", "0", host: living).verdict.kind == .ok)
        let trees = Harness.cgroups(name)
        let instances = trees.flatMap { tree in Harness.directories(tree).map { "\(tree)/\($0)" } }
        let ended = try Process.run(URL(filePath: "/bin/true"), arguments: [])
        ended.waitUntilExit()
        var locks: [Int32] = []
        let dead = trees.map { "\($0)/launcher-\(ended.processIdentifier)" }
        for path in dead {
            guard mkdir(path, 0o755) == 0 else { continue }
            let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
            locks.append(lock)
        }
        if locks.isEmpty { Harness.skip("there is no cgroup tree that a test may write to") }
        let release = Task.detached { [locks] in
            try? await Task.sleep(for: .milliseconds(300))
            for lock in locks { close(lock) }
        }
        let next = Harness.make(.init(cgroupName: name))
        #expect(try await Harness.probe("exit", "0", host: next).verdict.kind == .ok)
        await release.value
        for path in dead { #expect(!FileManager.default.fileExists(atPath: path), "\(path)") }
        for path in instances { #expect(FileManager.default.fileExists(atPath: path), "\(path)") }
        await next.shutdown()
        await living.shutdown()
        #expect(Harness.cgroups(name).isEmpty)
    }

    @Test("that is quiet because its runs are, is asked and goes on")
    func quiet() async throws {
        var options = SandboxOptions(cgroupName: "clawrunner-quiet")
        options.launcherTimes.quiet = 100_000_000
        options.launcherTimes.answer = 2_000_000_000
        let host = Harness.make(options)
        #expect(try await Harness.probe("sleep", "1", host: host).verdict.kind == .ok)
        await host.shutdown()
    }

    @Test("is not trusted with a run's deadline alone")
    func overdue() async throws {
        var options = SandboxOptions(cgroupName: "clawrunner-overdue")
        options.launcherTimes.quiet = 100_000_000
        // As if the launcher had lost the run: its wall time passes long before the launcher ends it.
        options.launcherTimes.grace = -29_000_000_000
        let host = Harness.make(options)
        let outcome = try await Harness.probe("sleep", "20", "overdue", host: host) { $0.wallMilliseconds = 30_000 }
        #expect(outcome.verdict.reason == "launcher_silent", "\(outcome.summary)")
        // Its sandbox was ended, too, by the same worker.
        for _ in 0..<100 where try !Harness.probes(marked: "overdue").isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try Harness.probes(marked: "overdue").isEmpty)
        await host.shutdown()
    }

    @Test("that dies whole fails runs in flight and later ones, and leaves no process of theirs")
    func launcherDies() async throws {
        let host = Harness.make(.init(cgroupName: "clawrunner-launcher-dies"))
        let inFlight = Task { try await Harness.probe("sleep", "30", "launcher-dies", host: host) }
        #expect(try await Harness.awaitProbe(marked: "launcher-dies"))
        let workers = try Harness.workers(cgroupName: "clawrunner-launcher-dies")
        let keepers = try Harness.keepers(cgroupName: "clawrunner-launcher-dies")
        for pid in keepers + workers { kill(pid, SIGKILL) }
        #expect(try await inFlight.value.verdict.reason == "launcher_died")
        let late = try await Harness.probe("exit", "0", host: host)
        #expect(late.verdict.kind == .launchFailed)
        #expect(!late.mayHaveBegun, "nobody was there to begin it")
        try await Task.sleep(for: .milliseconds(200))
        #expect(try Harness.probes(marked: "launcher-dies").isEmpty)
        // The next launcher removes the cgroups that the dead one left.
        #expect(!Harness.cgroups("clawrunner-launcher-dies").isEmpty)
        let next = Harness.make(.init(cgroupName: "clawrunner-launcher-dies"))
        await next.shutdown()
        #expect(Harness.cgroups("clawrunner-launcher-dies").isEmpty)
        await host.shutdown()
    }

    @Test("ends with the daemon's socket, and takes its sandboxes along")
    func shutdown() async throws {
        let host = Harness.make(.init(cgroupName: "clawrunner-shutdown"))
        let inFlight = Task { try await Harness.probe("sleep", "30", "shutdown", host: host) }
        #expect(try await Harness.awaitProbe(marked: "shutdown"))
        await host.shutdown()
        #expect(try await inFlight.value.verdict.kind == .cancelled)
        #expect(try Harness.keepers(cgroupName: "clawrunner-shutdown").isEmpty)
        #expect(Harness.cgroups("clawrunner-shutdown").isEmpty)
    }

    @Test("lets no layer that works here be left out, whatever the daemon asks")
    func floor() async throws {
        let host = try SandboxHost(
            launcherPath: Harness.products + "/claw-launcher", options: .init(cgroupName: "clawrunner-floor"))
        #expect(try await Harness.probe("uid", host: host).verdict.kind == .ok)
        for layer in [Layer.seccomp, .identity, .memory] {
            let outcome = try await Harness.probe("uid", without: [layer], host: host)
            #expect(outcome.verdict.kind == .launchFailed, "\(layer.name): \(outcome.summary)")
        }
        await host.shutdown()
    }

    @Test("that is not there is a clear error")
    func missing() {
        #expect {
            _ = try SandboxHost(launcherPath: "/nonexistent/claw-launcher")
        } throws: { error in
            "\(error)".contains("/nonexistent/claw-launcher") && "\(error)".contains("CLAWRUNNER_LAUNCHER")
        }
    }

    @Test("started by hand says what it is")
    func byHand() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Harness.products + "/claw-launcher")
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 2)
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(text.contains("part of clawrunner"))
    }

    @Test("without root: refuses a profile whose layers it lacks, names them, and runs when that is permitted")
    func rootless() async throws {
        guard geteuid() == 0 else { return Harness.skip("only root can become another user") }
        let wrapper = try Harness.skill + "/rootless-launcher"
        let script = """
            #!/bin/sh
            exec /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all \
            \(Harness.products)/claw-launcher "$@"
            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: wrapper))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: wrapper)
        let strict = try SandboxHost(launcherPath: wrapper, options: .init(cgroupName: "clawrunner-rootless"))
        defer { Task { await strict.shutdown() } }
        #expect(strict.hostReport.rootless)
        guard !strict.hostReport.missing.keys.contains(.userNamespace) else {
            return Harness.skip("unprivileged users get no user namespace here: \(strict.hostReport.json)")
        }
        let refused = try await Harness.probe("uid", host: strict)
        #expect(refused.verdict.kind == .launchFailed)
        #expect(refused.verdict.reason == "layer_missing", "\(refused.summary)")
        #expect(["memory", "pids", "cpu"].contains(refused.verdict.layer ?? ""))

        let permitted = try SandboxHost(
            launcherPath: wrapper,
            options: .init(cgroupName: "clawrunner-rootless", permitDegraded: ["memory", "pids", "cpu"]))
        let outcome = try await Harness.probe("uid", host: permitted)
        #expect(outcome.text.hasPrefix("1000 1000"), "\(outcome.summary)")
        let layers = outcome.report.json["layers"]
        #expect(layers?["memory"]?.string == "off")
        #expect(layers?["identity"]?.string == "degraded")
        #expect(layers?["seccomp"]?.string == "on")
        for attempt in Attempts.all { try await attempt.check(permitted) }
        await permitted.shutdown()
    }
}
