import Fields
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("The tree that a profile shows", .serialized, .timeLimit(.minutes(2)))
struct ProfileTreeTests {
    static func run(_ text: String, _ arguments: String...) async throws -> RunOutcome {
        await Harness.run(RunRequest(profile: try SyscallRuleTests.profile(text), arguments: arguments))
    }

    /// A directory of the host with a program and a data file.
    private static func data() throws -> ProfileTests.Directory {
        let directory = try ProfileTests.Directory(["data.txt": "hello\n", "tool": "#!/bin/sh\necho ran\n"])
        for (name, mode) in [("", 0o755), ("/tool", 0o755), ("/data.txt", 0o644)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: directory.path + name)
        }
        return directory
    }

    @Test("has its mounts, read-only, and executable only where it says so")
    func mounts() async throws {
        let data = try Self.data()
        let script = """
            cat /opt/set/a/data.txt; /opt/set/a/tool; /opt/set/b/tool || echo "not executed"
            echo x > /opt/set/a/data.txt || echo "not written"; ls /opt/gone || echo "not there"
            """
        let outcome = try await Self.run(
            """
            [[mounts]]
            source = "\(data.path)"
            path = "/opt/set/a"
            [[mounts]]
            source = "\(data.path)"
            path = "/opt/set/b"
            noExec = true
            [[mounts]]
            source = "/nonexistent/set"
            path = "/opt/gone"
            optional = true
            """, "sh", "-c", script)
        #expect(outcome.text == "hello\nran\nnot executed\nnot written\nnot there", "\(outcome.summary)")
    }

    @Test(
        "has no mount over what is the sandbox's own, or the host's programs",
        arguments: [
            "/", "/proc", "/proc/sys", "/dev/sda", "/skill", "/tmp/x", "/runtime", "/etc/passwd", "/usr/local",
            "/lib", "relative", "/opt/../etc", "/opt/",
        ])
    func targets(_ path: String) {
        let error = SyscallRuleTests.fault("[[mounts]]\nsource = \"/srv\"\npath = \"\(path)\"\n")
        #expect(error?.path == "mounts[0].path", "\(String(describing: error))")
        #expect(error?.line == 4)
    }

    @Test("has no mount inside another, and none of what the host lacks")
    func conflicts() {
        let two =
            "[[mounts]]\nsource = \"/srv\"\npath = \"/opt/a\"\n[[mounts]]\nsource = \"/srv\"\npath = \"/opt/a/b\"\n"
        #expect(SyscallRuleTests.fault(two)?.path == "mounts[1].path")
        let gone = "[[mounts]]\nsource = \"/nonexistent/x\"\npath = \"/opt/a\"\n"
        #expect(SyscallRuleTests.fault(gone)?.message.contains("optional = true") == true)
    }

    @Test("is the rootfs where there is one: its programs, its /etc, nothing of the host")
    func rootfs() async throws {
        let root = try ProfileTests.Directory([:])
        let manager = FileManager.default
        for name in ["/bin", "/etc", "/proc", "/data", "/var/lib"] {
            try manager.createDirectory(atPath: root.path + name, withIntermediateDirectories: true)
        }
        try manager.copyItem(atPath: Harness.products + "/SandboxProbe", toPath: root.path + "/bin/probe")
        try root.write("etc/passwd", "the rootfs's own\n")
        try root.write("etc/issue", "a rootfs\n")
        try root.write("data/file", "data\n")
        try root.write("var/lib/state", "state\n")
        let profile = "rootfs = \"\(root.path)\"\n"
        for (path, text) in [
            ("/etc/issue", "a rootfs"), ("/data/file", "data"), ("/var/lib/state", "state"),
        ] {
            let outcome = try await Self.run(profile, "probe", "read", path)
            #expect(outcome.text.contains(text), "\(outcome.summary)")
        }
        #expect(try await Self.run(profile, "probe", "read", "/etc/passwd").text.contains("skill:x:1000"))
        #expect(try await Self.run(profile, "probe", "read", "/usr/bin/env").text.contains("ENOENT"))
        let host = try await Self.run(profile, "sh", "-c", "true")
        #expect(host.verdict.reason == "entry_point_missing")
    }

    @Test("is not the host's where a rootfs has links to it", arguments: ["etc", "var"])
    func links(_ name: String) throws {
        let root = try ProfileTests.Directory([:])
        try FileManager.default.createSymbolicLink(atPath: "\(root.path)/\(name)", withDestinationPath: "/\(name)")
        let profile = try SyscallRuleTests.profile("rootfs = \"\(root.path)\"\n")
        let entries = TemplateBuilder.template(profile, layers: .all, runtimesDirectory: nil).entries
        #expect(!entries.contains { $0.source.hasPrefix("\(root.path)/\(name)") })
    }

    @Test("is no rootfs that is not there, or the host's own", arguments: ["/nonexistent/root", "/", "/etc/passwd"])
    func noRootfs(_ path: String) {
        #expect(SyscallRuleTests.fault("rootfs = \"\(path)\"\n")?.path == "rootfs")
    }

    @Test("can be read, executed and written only where [landlock] says so")
    func landlock() async throws {
        let paths = "\"/usr\", \"/bin\", \"/lib\", \"/lib64\""
        let text = """
            [landlock]
            read = [\(paths), "/dev/null", "/etc/ld.so.cache"]
            execute = [\(paths)]
            write = ["/dev/null"]
            """
        let script = """
            cat /etc/passwd >/dev/null 2>&1 || echo "not read"
            echo x >/tmp/x || echo "not written"
            cat /usr/bin/env >/dev/null && echo read
            """
        let outcome = try await Self.run(text, "sh", "-c", script)
        #expect(outcome.text == "not read\nnot written\nread", "\(outcome.summary)")
    }

    @Test("is what [landlock] may name, no more")
    func landlockPaths() {
        let error = SyscallRuleTests.fault("[landlock]\nread = [\"/usr\", \"/home/me\"]\n")
        #expect(error?.path == "landlock.read[1]")
        #expect(SyscallRuleTests.fault("[landlock]\nexecutes = [\"/usr\"]\n")?.suggestion == "execute")
    }
}
