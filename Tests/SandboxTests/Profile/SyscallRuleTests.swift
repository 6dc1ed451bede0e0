import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("Rules for system calls", .serialized, .timeLimit(.minutes(2)))
struct SyscallRuleTests {
    static func profile(_ text: String, _ others: [String: String] = [:]) throws -> Profile {
        let directory = try ProfileTests.Directory(
            others.merging(["x.toml": ProfileTests.minimal + text]) { $1 })
        return try #require(try ProfileStore(directory: directory.path).profile(named: "x"))
    }

    static func fault(_ text: String, _ others: [String: String] = [:]) -> FieldError? {
        #expect(throws: FieldError.self) { try profile(text, others) }
    }

    /// Runs Python under the default profile with this `[seccomp]` text in place of its own.
    static func run(_ text: String, _ program: String) async throws -> RunOutcome {
        await Harness.run(
            RunRequest(profile: try profile(text), arguments: ["python3", "-I", "-S", "-c", program]))
    }

    @Test("let a call through where its arguments are those of the rule")
    func arguments() async throws {
        let text = """
            [[seccomp.rules]]
            syscall = "kill"
            args = [{ index = 1, value = 0 }]
            [[seccomp.rules]]
            syscall = "kill"
            args = [{ index = 1, op = "masked-eq", value = "0xa", mask = "0xffffffff" }]
            """
        let program = """
            import os
            def kill(signal):
                try: os.kill(os.getpid(), signal); return "sent"
                except PermissionError: return "refused"
            import signal; signal.signal(10, signal.SIG_IGN); signal.signal(12, signal.SIG_IGN)
            print(kill(0), kill(10), kill(12))
            """
        let outcome = try await Self.run(text, program)
        #expect(outcome.text == "sent sent refused", "\(outcome.summary)")
        #expect(outcome.report.json["denials"]?[0]?["syscall"] == "kill")
    }

    @Test("give a call an errno of its own, which is not counted as refused")
    func errno() async throws {
        let text = "[[seccomp.rules]]\nsyscall = \"getpgid\"\naction = \"errno\"\nerrno = \"EBUSY\"\n"
        let program = """
            import os
            try: os.getpgid(0)
            except OSError as error: print(error.errno)
            """
        let outcome = try await Self.run(text, program)
        #expect(outcome.text == "16", "\(outcome.summary)")
        #expect(outcome.report.json["denials"] == [])
    }

    @Test("say it all: they stand in place of the group's grant")
    func replace() throws {
        let policy = try Self.profile("[[seccomp.rules]]\nsyscall = \"kill\"\nargs = [{index = 1, value = 0}]\n")
            .syscalls
        #expect(policy.calls["kill"]?.isWhole == false)
        #expect(policy.calls["kill"]?.rules.count == 1)
    }

    @Test("narrow what every profile narrows, and cannot widen it")
    func floor() throws {
        let conditions = [SyscallCondition(index: 0, op: .equal, value: 1)]
        #expect(try SyscallNarrowing.rows(of: "socket", conditions) == [conditions])
        // The kernel's upper half may differ; the lower must be AF_UNIX.
        let notVsock = [SyscallCondition(index: 0, op: .notEqual, value: 40)]
        let rows = try SyscallNarrowing.rows(of: "socket", notVsock)
        #expect(rows == [[SyscallCondition(index: 0, op: .maskedEqual, value: 1, mask: 0xffff_ffff)]])
        for value in [10, 40] as [UInt64] {
            #expect(throws: SyscallNarrowing.Conflict.self) {
                try SyscallNarrowing.check("socket", [SyscallCondition(index: 0, op: .equal, value: value)])
            }
        }
        #expect(throws: SyscallNarrowing.Conflict.self) {
            try SyscallNarrowing.rows(of: "socket", [SyscallCondition(index: 0, op: .less, value: 3)])
        }
        let namespaces = [SyscallCondition(index: 0, op: .maskedEqual, value: 0, mask: 0x7E02_0000)]
        #expect(try SyscallNarrowing.rows(of: "clone", namespaces).count == 1)
    }

    @Test("for a narrowed call hold in the sandbox, too: an Internet socket stays refused")
    func floorHolds() async throws {
        let text = "[[seccomp.rules]]\nsyscall = \"socket\"\nargs = [{ index = 0, op = \"ne\", value = 40 }]\n"
        let program = """
            import _socket
            for family in (1, 2):
                try: _socket.socket(family, 1); print("made")
                except PermissionError: print("refused")
            """
        #expect(try await Self.run(text, program).text == "made\nrefused")
    }

    @Test(
        "with a mistake are refused where it stands",
        arguments: [
            ("syscall = \"kil\"", "seccomp.rules[0].syscall", "kill"),
            ("syscall = \"ptrace\"", "seccomp.rules[0].syscall", nil),
            ("syscall = \"execve\"\nargs = [{index = 0, value = 0}]", "seccomp.rules[0].syscall", nil),
            ("syscall = \"kill\"\naction = \"alow\"", "seccomp.rules[0].action", "allow"),
            ("syscall = \"kill\"\naction = \"errno\"", "seccomp.rules[0].errno", nil),
            ("syscall = \"kill\"\nerrno = \"EPERM\"", "seccomp.rules[0].errno", nil),
            ("syscall = \"kill\"\nargs = [{index = 6, value = 0}]", "seccomp.rules[0].args[0].index", nil),
            ("syscall = \"kill\"\nargs = [{index = 0, value = -1}]", "seccomp.rules[0].args[0].value", nil),
            ("syscall = \"kill\"\nargs = [{index = 0, value = 1, op = \"equal\"}]", "seccomp.rules[0].args[0].op", nil),
            ("syscall = \"kill\"\nargs = [{index = 0, value = 1, mask = 1}]", "seccomp.rules[0].args[0].mask", nil),
            (
                "syscall = \"kill\"\nargs = [{index = 0, value = 1}, {index = 0, value = 2}]",
                "seccomp.rules[0].args[1].index", nil
            ),
            ("syscall = \"socket\"\nargs = [{index = 0, value = 10}]", "seccomp.rules[0].args", nil),
            ("syscall = \"kill\"\narg = []", "seccomp.rules[0].arg", "args"),
        ])
    func mistakes(_ rule: String, _ key: String, _ suggestion: String?) {
        let error = Self.fault("[[seccomp.rules]]\n\(rule)\n")
        #expect(error?.path == key, "\(String(describing: error))")
        #expect((error?.line ?? 0) >= 2, "\(String(describing: error))")
        if let suggestion { #expect(error?.suggestion == suggestion, "\(String(describing: error))") }
    }

    @Test(
        "can never grant what reaches beyond the sandbox",
        arguments: ["bpf", "ptrace", "mount", "keyctl", "userfaultfd", "perf_event_open", "io_uring_setup", "unshare"])
    func neverGranted(_ name: String) throws {
        let error = Self.fault("[seccomp]\nallow = [\"read\", \"\(name)\"]\n")
        #expect(error?.path == "seccomp.allow[1]")
        #expect(error?.message.contains("no profile can grant \(name)") == true)
        #expect(!SyscallGroups.all.values.joined().contains(name))
    }

    @Test("of unknown groups and calls suggest the nearest")
    func suggestions() {
        #expect(Self.fault("[seccomp]\ngroups = [\"@file-sytem\"]\n")?.suggestion == "@file-system")
        #expect(Self.fault("[seccomp]\nallow = [\"personalty\"]\n")?.suggestion == "personality")
        #expect(Self.fault("requires = [\"landlok\"]\n")?.suggestion == "landlock")
    }

    @Test("let a profile without groups have what it allows and what a start needs, no more")
    func noGroups() throws {
        let policy = try Self.profile("[seccomp]\ngroups = []\nallow = [\"read\", \"mmap\"]\n").syscalls
        #expect(policy.allowed == Set(SyscallGroups.required + ["read", "mmap"]))
    }

    @Test("refuse with ENOSYS, too, without counting libc's try of clone3")
    func refusalENOSYS() async throws {
        let program = """
            import os, _thread
            _thread.start_new_thread(print, ("thread",)); os.wait() if os.fork() else os._exit(0)
            try: os.chroot("/")
            except OSError as error: print(error.errno)
            """
        let outcome = try await Self.run("[seccomp]\nerrno = \"ENOSYS\"\n", program)
        #expect(outcome.text.hasSuffix("38"), "\(outcome.summary)")
        #expect(outcome.report.json["denials"] == [["syscall": "chroot", "count": 1]])
    }
}
