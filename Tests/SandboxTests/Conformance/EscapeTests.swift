import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("A hostile program", .serialized, .timeLimit(.minutes(5)))
struct EscapeTests {
    @Test("is refused", arguments: Attempts.all)
    func refused(_ attempt: Attempt) async throws {
        try await attempt.check(Harness.host)
    }

    @Test("is ended, and told why, when it calls the x32 table", .promise("kernel.x32"))
    func x32() async throws {
        let outcome = try await Harness.probe("x32")
        #expect(outcome.verdict.kind == .syscallDenied, "\(outcome.summary)")
        #expect(outcome.verdict.syscall == "x32:getpid")
        #expect(outcome.text.isEmpty)
    }

    /// getpid, no call of any table, and one that no kernel has yet.
    @Test(
        "is ended, and told why, when it calls the 32-bit table by int 0x80", .promise("kernel.int80"),
        arguments: ["20", "-1", "100000"])
    func int80(number: String) async throws {
        let outcome = try await Harness.probe("int80", number)
        #expect(outcome.text.isEmpty)
        if outcome.verdict.kind == .signaled, outcome.verdict.signal == SIGSEGV {
            print("skipped: this kernel has no 32-bit calls, and int 0x80 is a fault")
            return
        }
        #expect(outcome.verdict.kind == .syscallDenied, "\(outcome.summary)")
        #expect(outcome.verdict.syscall?.hasPrefix("i386:") == true && outcome.verdict.syscall?.isEmpty == false)
        if number == "20" { #expect(outcome.verdict.syscall == "i386:getpid") }
    }

    @Test(
        "gains nothing by executing a set-user-id program of the host",
        .promise("processes.set-user-id-program"),
        arguments: [
            ["/usr/bin/su", "-c", "true"], ["/usr/bin/newuidmap", "1", "0", "0", "1"], ["/usr/bin/mount", "/tmp"],
            ["/usr/bin/passwd", "-d", "root"], ["/usr/bin/chsh", "-s", "/bin/sh", "root"],
        ])
    func setUserID(_ program: [String]) async throws {
        let request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: ["probe", "exec"] + program)
        let outcome = await Harness.run(request)
        if outcome.text == "ENOENT" {
            print("skipped: this host has no \(program[0])")
            return
        }
        #expect(outcome.verdict.kind != .ok, "\(outcome.summary)")
    }

    @Test(
        "finds no descriptor of the daemon or the launcher, with many runs beside it",
        .promise("daemon.descriptors"))
    func descriptors() async throws {
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await Harness.probe("sleep", "1").text } }
            for _ in 0..<8 { group.addTask { try await Harness.probe("fds").text } }
            let texts = try await group.reduce(into: []) { $0.append($1) }
            #expect(texts.filter { $0 == "3" }.count == 8)
        }
    }

    @Test("cannot signal the launcher or the daemon by their numbers", .promise("daemon.signals"))
    func signals() async throws {
        let launchers = try Harness.keepers(cgroupName: "clawrunner-tests")
        for pid in launchers + (try Harness.workers(cgroupName: "clawrunner-tests")) + [getpid()] {
            #expect(try await Harness.probe("signal", "\(pid)", "15").text == "ESRCH")
        }
    }

    @Test(
        "leaves no process behind, however it hides", .promise("processes.left-behind"),
        arguments: ["daemonize", "subreaper"])
    func tree(_ way: String) async throws {
        let outcome = try await Harness.probe(way, "left-behind")
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == "left")
        #expect(try Harness.probes(marked: "left-behind").isEmpty)
    }

    @Test("leaves no timer behind", .promise("processes.timers"))
    func timers() async throws {
        let outcome = try await Harness.probe("timers-after-end")
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == "armed")
        #expect(outcome.usage.wallMicroseconds < 900_000)
    }
}
