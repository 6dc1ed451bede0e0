import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("A Docker or OCI seccomp list", .serialized, .timeLimit(.minutes(2)))
struct SeccompImportTests {
    static let calls = """
        "read", "write", "openat", "close", "mmap", "munmap", "mprotect", "brk", "newfstatat", "fstat", "ioctl", "fcntl",
        "exit", "exit_group", "execve", "futex", "getrandom", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "lseek",
        "set_tid_address", "set_robust_list", "rseq", "prlimit64", "arch_prctl", "readlink", "pread64", "access", "gettid",
        "getdents64", "geteuid", "getuid", "getgid", "getegid", "sysinfo", "dup", "clone3", "arm_fadvise64_64", "_llseek"
        """

    /// In the form of Docker's default.json.
    static func docker(_ extra: String = "", defaultAction: String = "SCMP_ACT_ERRNO") -> String {
        """
        {"defaultAction": "\(defaultAction)", "defaultErrnoRet": 1,
         "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
         "syscalls": [
           {"names": [\(calls)], "action": "SCMP_ACT_ALLOW"},
           {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]},
           {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]},
           {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": 4294967295, "op": "SCMP_CMP_EQ"}]},
           {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]},
            "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
           {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
           {"names": ["mount", "setns"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
           {"names": ["getpriority"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
           {"names": ["setpriority"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "99.0"}},
           {"names": ["capset"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}}\(extra)
         ]}
        """
    }

    static func policy(_ json: String, _ seccomp: String = "") throws -> SyscallPolicy {
        try SyscallRuleTests.profile("[seccomp]\nimport = \"docker.json\"\n\(seccomp)", ["docker.json": json]).syscalls
    }

    static func fault(_ json: String, _ seccomp: String = "") -> FieldError? {
        #expect(throws: FieldError.self) { try policy(json, seccomp) }
    }

    @Test("is taken as it means: arguments, capabilities, kernels, architectures")
    func meaning() throws {
        let policy = try Self.policy(Self.docker())
        #expect(policy.calls["read"]?.isWhole == true)
        #expect(policy.calls["personality"]?.rules.count == 2)
        #expect(policy.calls["clone"]?.rules.first?.conditions.first?.op == .maskedEqual)
        #expect(policy.allowed.contains("getpriority"))
        for name in ["mount", "setpriority", "capset", "kill", "_llseek"] {
            #expect(policy.calls[name] == nil, "\(name)")
        }
        #expect(policy.groups.isEmpty)
    }

    @Test("runs a program, and the floor of every profile holds")
    func runs() async throws {
        let directory = try ProfileTests.Directory([
            "docker.json": Self.docker(), "x.toml": "description = \"x\"\n[seccomp]\nimport = \"docker.json\"\n",
        ])
        let profile = try #require(try ProfileStore(directory: directory.path).profile(named: "x"))
        let program = """
            import _socket
            try: _socket.socket(2, 1)
            except PermissionError: print("refused")
            """
        let outcome = await Harness.run(
            RunRequest(profile: profile, arguments: ["python3", "-I", "-S", "-c", program]))
        #expect(outcome.text == "refused", "\(outcome.summary)")
    }

    @Test("is added to groups, and the file's own words count more")
    func together() throws {
        let seccomp = "groups = [\"@time\"]\nallow = [\"kill\"]\ndeny = [\"read\"]\nerrno = \"EACCES\"\n"
        let policy = try Self.policy(Self.docker(), seccomp)
        #expect(policy.allowed.isSuperset(of: ["nanosleep", "kill", "openat"]))
        #expect(!policy.allowed.contains("read"))
        #expect(policy.refusal == 13)
    }

    @Test("that allows what no profile can must be answered by deny")
    func floor() throws {
        let json = Self.docker(",{\"names\": [\"ptrace\", \"kcmp\"], \"action\": \"SCMP_ACT_ALLOW\"}")
        let error = Self.fault(json)
        #expect(error?.message.contains("deny = [\"kcmp\", \"ptrace\"]") == true, "\(String(describing: error))")
        #expect(try Self.policy(json, "deny = [\"kcmp\", \"ptrace\"]\n").calls["ptrace"] == nil)
    }

    @Test(
        "with something that cannot be honoured is refused, and the error says what",
        arguments: [
            (",{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_TRACE\"}", "SCMP_ACT_TRACE"),
            (",{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_LOG\"}", "SCMP_ACT_LOG"),
            (",{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 999}", "999"),
            (
                ",{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", "
                    + "\"args\": [{\"index\": 0, \"value\": 9, \"op\": \"SCMP_CMP_LT\"}]}", "argument 0 of socket"
            ),
            (
                ",{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ERRNO\", "
                    + "\"args\": [{\"index\": 0, \"value\": 9, \"op\": \"SCMP_CMP_EQ\"}]}", "depends on arguments"
            ),
            (
                ",{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ALLOW\", "
                    + "\"args\": [{\"index\": 0, \"value\": 9, \"op\": \"SCMP_CMP_XX\"}]}", "SCMP_CMP_XX"
            ),
            (
                ",{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"seLinux\": true}}",
                "not known"
            ),
        ])
    func refused(_ entry: String, _ words: String) {
        let error = Self.fault(Self.docker(entry))
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(error?.file?.hasSuffix("docker.json") == true)
    }

    @Test("that allows whatever it does not name is refused", arguments: ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"])
    func defaults(_ action: String) {
        #expect(Self.fault(Self.docker(defaultAction: action))?.path == "defaultAction")
    }

    @Test("that is missing, no JSON, or for another machine says so")
    func missing() {
        #expect(SyscallRuleTests.fault("[seccomp]\nimport = \"no.json\"\n")?.path == "seccomp.import")
        #expect(Self.fault("{")?.file?.hasSuffix("docker.json") == true)
        let other = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_S390\"], \"syscalls\": []}"
        #expect(Self.fault(other)?.path == "architectures")
    }
}
