import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("Profile lint")
struct ProfileLintTests {
    static func findings(_ text: String) throws -> [LintFinding] {
        ProfileLint.findings(try SyscallRuleTests.profile(text))
    }

    @Test("finds nothing in the shipped profiles", arguments: Harness.profiles.names)
    func shipped(_ name: String) throws {
        let findings = ProfileLint.findings(try Harness.profile(name))
        #expect(findings.isEmpty, "\(findings.map(\.what))")
    }

    @Test(
        "finds what is wrong, at its line",
        arguments: [
            ("permitDegraded = [\"seccomp\"]", "degraded-layer", LintFinding.Severity.error, 2),
            ("permitDegraded = [\"memory\"]", "degraded-layer", .warning, 2),
            ("requires = [\"seccomp\"]", "layer-not-required", .error, 2),
            ("[env]\nAPI_KEY = \"x\"", "secret-in-env", .warning, 3),
            ("[env]\nLD_PRELOAD = \"x\"", "loader-variable", .warning, 3),
            ("[[mounts]]\nsource = \"/etc\"\npath = \"/opt/x\"", "dangerous-mount", .error, 4),
            ("[[mounts]]\nsource = \"/\"\npath = \"/opt/x\"", "dangerous-mount", .error, 4),
            ("[[mounts]]\nsource = \"/var\"\npath = \"/opt/x\"", "dangerous-mount", .error, 4),
            (
                "[[mounts]]\nsource = \"/run/docker.sock\"\npath = \"/opt/x\"\noptional = true", "private-mount",
                .warning,
                4
            ),
            ("reserved = true\n[[mounts]]\nsource = \"/etc\"\npath = \"/opt/x\"", "dangerous-mount", .error, 5),
            ("[limits]\nwall = \"1s\"\ncpu = \"5s\"", "limit-without-effect", .warning, 4),
            ("[limits]\ntmp = \"2GiB\"", "limit-without-effect", .warning, 3),
            ("[limits]\nfileSize = \"1GiB\"", "limit-without-effect", .warning, 3),
            ("[limits]\nmemory = \"2MiB\"\ntmp = \"1MiB\"\nfileSize = \"1MiB\"", "limit-too-low", .warning, 3),
            ("", "limits-missing", .warning, 0),
            ("[seccomp]\nallow = [\"personality\"]", "risky-call", .warning, 3),
            ("[seccomp]\nallow = [\"acct\", \"kill\"]", "invalid", .error, 3),
            ("[seccomp]\nallow = [\"lsetxattr\"]", "without-effect", .warning, 3),
            ("[seccomp]\nallow = [\"mbind\"]\ndeny = [\"mbind\"]", "contradiction", .error, 4),
            ("[seccomp]\nallow = [\n\"read\",\n\"no_such_call\"]", "invalid", .error, 5),
            ("[seccomp]\ndeny = [\"kill\", \"kill\"]", "without-effect", .warning, 3),
            ("[seccomp]\ndeny = [\"personality\"]", "without-effect", .warning, 3),
            ("[seccomp]\ngroups = [\"@time\", \"@watch\"]", "risky-call", .warning, 3),
            ("[seccomp]\nallow = [\"quotactl\"]", "invalid", .error, 3),
            ("[seccomp]\nallow = [\"get_mempolicy\"]", "uncommon-call", .warning, 3),
            (
                "[seccomp]\ndeny = [\"kill\"]\n[[seccomp.rules]]\nsyscall = \"kill\"", "contradiction", .error, 5
            ),
            (
                "[[seccomp.rules]]\nsyscall = \"kill\"\nargs = [{ index = 1, op = \"ne\", value = 9 }]",
                "evadable-comparison", .warning, 3
            ),
            ("[landlock]\nwrite = [\"/tmp\", \"/usr\"]", "without-effect", .warning, 3),
            ("[landlock]\nread = [\"/usr/nonexistent\"]", "path-missing", .warning, 3),
            ("[landlock]\nexecute = [\"/skill\"]", "nothing-executable", .error, 3),
            (
                "[network]\nallow = [\"a.example.com:1\"]\n[seccomp]\ndeny = [\"connect\"]", "network-without-socket",
                .error, 3
            ),
        ])
    func finds(_ text: String, _ code: String, _ severity: LintFinding.Severity, _ line: Int) throws {
        var findings: [LintFinding] = []
        do {
            findings = try Self.findings(text + "\n")
        } catch let error as FieldError {
            findings = [LintFinding(error)]
        }
        let found = findings.first { $0.code == code }
        #expect(found?.severity == severity, "\(findings)")
        #expect((found?.place?.line ?? 0) == line, "\(findings)")
        #expect(found?.risk.isEmpty == false)
        #expect(found?.fix.isEmpty == false)
    }

    @Test("tells of a value that only repeats the base's")
    func repeated() throws {
        let directory = try ProfileTests.Directory([
            "a.toml": ProfileTests.minimal + "[limits]\nwall = \"7s\"\ncpu = \"7s\"\n",
            "b.toml": "extends = \"a\"\n" + ProfileTests.minimal + "[limits]\nwall = \"7s\"\n",
        ])
        let profile = try #require(try ProfileStore(directory: directory.path).profile(named: "b"))
        #expect(ProfileLint.findings(profile).map(\.code) == ["without-effect"])
    }
}

@Suite("A resolved profile")
struct ProfileTextTests {
    @Test("is TOML that loads to the same policy", arguments: Harness.profiles.names + ["everything"])
    func roundTrip(_ name: String) throws {
        let original: Profile
        if name == "everything" {
            let directory = try ProfileTests.Directory([
                "x.toml": ProfileSchemaTests.everything, "base.toml": ProfileTests.minimal,
                "docker.json": SeccompImportTests.docker(),
            ])
            original = try #require(try ProfileStore(directory: directory.path).profile(named: "x"))
        } else {
            original = try Harness.profile(name)
        }
        let text = ProfileText(original).text
        let directory = try ProfileTests.Directory(["again.toml": text])
        let again = try #require(try ProfileStore(directory: directory.path).profile(named: "again"))
        #expect(again.syscalls.grantsSame(as: original.syscalls), "\(text)")
        #expect(again.limits == original.limits)
        #expect(again.environment == original.environment)
        #expect(again.mounts.map(\.value) == original.mounts.map(\.value))
        #expect(again.landlock == original.landlock)
        #expect(again.destinations == original.destinations)
        #expect(again.declaresDestinations == original.declaresDestinations)
        #expect(again.requires == original.requires && again.permitDegraded == original.permitDegraded)
        #expect(again.rootfs == original.rootfs && again.runtime == original.runtime)
        #expect(again.tmpExecutable == original.tmpExecutable && again.description == original.description)
        #expect(again.warm == original.warm)
        #expect(ProfileDifference(original, again).changes.isEmpty, "\(ProfileDifference(original, again).changes)")
    }

    @Test("says by file and line where each value comes from")
    func places() throws {
        let text = ProfileText(try Harness.profile("python")).text
        #expect(text.contains("wall = \"30s\"  # default.toml:5"))
        #expect(text.contains("PYTHONUNBUFFERED = \"1\"  # python.toml:7"))
        #expect(text.contains("HOME = \"/tmp\"  # built in"))
        #expect(text.contains("\"@time\",  # default.toml:1"))
    }
}

@Suite("Profile explain")
struct ProfileExplanationTests {
    static func explain(_ subject: String, _ text: String) throws -> ProfileExplanation {
        try ProfileExplanation.explain(subject, try SyscallRuleTests.profile(text))
    }

    @Test(
        "says whether, and by whom",
        arguments: [
            ("read", "", ProfileExplanation.Answer.yes, "@basic-io"),
            ("ptrace", "", .no, "floor"),
            ("clone3", "", .no, "floor"),
            ("socket", "", .partly, "floor"),
            ("fsync", "", .yes, "floor"),
            ("personality", "", .no, "no group"),
            ("inotify_init", "", .no, "@watch"),
            ("kill", "[seccomp]\ndeny = [\"kill\"]\n", .no, "deny (x.toml:3)"),
            ("personality", "[seccomp]\nallow = [\"personality\"]\n", .yes, "allow (x.toml:3)"),
            (
                "kill", "[[seccomp.rules]]\nsyscall = \"kill\"\nargs = [{ index = 1, value = 0 }]\n", .partly,
                "argument 1 == 0"
            ),
            ("/usr/bin/env", "", .partly, "landlock"),
            ("/tmp/x", "", .yes, "tmpfs"),
            ("/tmp/x", "tmpExecutable = false\n", .partly, "tmpfs"),
            ("/etc/shadow", "", .no, "nothing of the host"),
            ("/etc/passwd", "", .partly, "own"),
            ("/home/me", "", .no, "nothing of the host"),
            ("/proc/self/status", "", .partly, "/proc"),
            ("/opt/x/y", "[[mounts]]\nsource = \"/usr\"\npath = \"/opt/x\"\n", .partly, "x.toml:4"),
            ("/usr/bin/env", "[landlock]\nread = [\"/tmp\"]\nexecute = [\"/tmp\"]\n", .no, "landlock.read, x.toml:3"),
            ("smtp.example.com:587", "", .partly, "network.declare"),
            ("smtp.example.com:587", "[network]\ndeclare = false\n", .no, "network.declare (x.toml:3)"),
            ("smtp.example.com", "[network]\nallow = [\"smtp.example.com:587\"]\n", .yes, "network.allow (x.toml:3)"),
        ])
    func answers(_ subject: String, _ text: String, _ answer: ProfileExplanation.Answer, _ by: String) throws {
        let explanation = try Self.explain(subject, text)
        #expect(explanation.answer == answer, "\(explanation)")
        #expect(explanation.because.joined(separator: "\n").contains(by), "\(explanation)")
    }

    @Test("does not guess at a word that is nothing")
    func unknown() throws {
        let profile = try Harness.profile()
        let error = #expect(throws: FieldError.self) { try ProfileExplanation.explain("scoket", profile) }
        #expect(error?.suggestion == "socket")
    }
}

@Suite("Profile diff")
struct ProfileDifferenceTests {
    @Test("says in words what the second grants more, less and differently")
    func words() throws {
        let old = try SyscallRuleTests.profile("[limits]\nwall = \"5s\"\npids = 9\n")
        let new = try SyscallRuleTests.profile(
            """
            tmpExecutable = false
            [env]
            A = "1"
            [limits]
            wall = "7s"
            pids = 3
            [warm]
            sandboxes = 2
            skills = false
            [seccomp]
            allow = ["personality"]
            deny = ["kill"]
            [[seccomp.rules]]
            syscall = "tgkill"
            args = [{ index = 2, value = 0 }]
            [[mounts]]
            source = "/usr"
            path = "/opt/x"
            """)
        let changes = ProfileDifference(old, new).changes.map { "\($0.direction) \($0.area): \($0.text)" }
        for expected in [
            "more limits: wall 5s → 7s", "less limits: pids 9 → 3", "more system calls: 1: personality",
            "less system calls: 1: kill", "less system calls: tgkill with any arguments → where argument 2 == 0",
            "more files: /usr at /opt/x", "less files: nothing in /tmp can be executed",
            "other environment: A unset → \"1\"", "less waiting: sandboxes of one kind that may wait: 8 → 2",
            "less waiting: skills that ask for it may not be started ahead of runs",
        ] { #expect(changes.contains(expected), "\(expected) in \(changes)") }
        #expect(changes.count == 10, "\(changes)")
    }

    @Test("names whole groups, and finds nothing between a profile and itself")
    func groups() throws {
        let changes = ProfileDifference(try Harness.profile(), try Harness.profile("strict")).changes
        #expect(changes.contains { $0.direction == .less && $0.text.contains("of @ipc") }, "\(changes)")
        #expect(!changes.contains { $0.direction == .more }, "\(changes)")
        #expect(ProfileDifference(try Harness.profile(), try Harness.profile()).changes.isEmpty)
    }
}
