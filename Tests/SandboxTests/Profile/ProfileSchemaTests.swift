import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("The table of profile keys")
struct ProfileSchemaTests {
    @Test("is what the schema file says; `clawrunner profile schema` writes it anew")
    func file() throws {
        let file = try String(contentsOfFile: Harness.package + "/profiles/profile.schema.json", encoding: .utf8)
        #expect(file == ProfileSchema.json.prettyPrinted() + "\n")
    }

    @Test("is the table of docs/profiles.md, row by row")
    func documents() throws {
        let text = try String(contentsOfFile: Harness.package + "/docs/profiles.md", encoding: .utf8)
        let documented = text.split(separator: "\n").filter { $0.hasPrefix("| `") && $0.hasSuffix("|") }.map(
            String.init)
        for key in ProfileKey.all { #expect(documented.contains(key.row), "\(key.row)") }
    }

    @Test("names every group of system calls in docs/profiles.md")
    func groups() throws {
        let text = try String(contentsOfFile: Harness.package + "/docs/profiles.md", encoding: .utf8)
        for group in SyscallGroups.all.keys { #expect(text.contains("`\(group)`"), "\(group)") }
    }

    /// Every key once, with a value that is right.
    static let everything = """
        extends = "base"
        description = "x"
        reserved = true
        runtime = "exec"
        rootfs = "/usr"
        requires = ["seccomp"]
        permitDegraded = []
        tmpExecutable = true
        [[mounts]]
        source = "/usr"
        path = "/opt/x"
        optional = true
        noExec = true
        [env]
        A = "1"
        [limits]
        wall = "1s"
        cpu = "1s"
        cpuRate = "100%"
        memory = "16MiB"
        pids = 2
        tmp = "1MiB"
        output = "1KiB"
        stderr = "1KiB"
        fileSize = "1MiB"
        openFiles = 64
        [warm]
        sandboxes = 4
        interpreters = true
        skills = false
        [network]
        allow = ["a.example.com:25"]
        declare = false
        [seccomp]
        groups = ["@time"]
        import = "docker.json"
        allow = ["read"]
        deny = ["kill"]
        errno = "EACCES"
        action = "kill"
        [[seccomp.rules]]
        syscall = "tgkill"
        action = "allow"
        args = [{ index = 0, op = "masked-eq", value = 1, mask = 3 }]
        [[seccomp.rules]]
        syscall = "tkill"
        action = "errno"
        errno = "EBUSY"
        [landlock]
        read = ["/usr"]
        execute = ["/usr"]
        write = ["/tmp"]
        """

    @Test("has every key that the decoder reads, and the decoder reads every key of it")
    func decoder() throws {
        let directory = try ProfileTests.Directory([
            "x.toml": Self.everything, "base.toml": ProfileTests.minimal, "docker.json": SeccompImportTests.docker(),
        ])
        let profile = try #require(try ProfileStore(directory: directory.path).profile(named: "x"))
        let stated = profile.statements.map { $0.key.replacing(/\[[0-9]+\]/, with: "[]") }
        let noted = Set(stated).union(["seccomp.rules", "seccomp.rules[].args"])
        for key in ProfileKey.all {
            // A word that the decoder does not know is an error: that it loads says that it reads them all.
            let name = try #require(key.path.split(separator: ".").last).replacing("[]", with: "")
            #expect(Self.everything.contains(name), "\(key.path)")
        }
        let known = Set(ProfileKey.all.map(\.path))
        for path in noted where !path.hasPrefix("env.") { #expect(known.contains(path), "\(path)") }
    }

    @Test(
        "is what an unknown key is held against",
        arguments: [
            "", "limits", "network", "seccomp", "landlock", "mounts[]", "seccomp.rules[]", "seccomp.rules[].args[]",
        ])
    func unknown(_ table: String) throws {
        let documents = [
            "": "qqqqqqq = 1\n", "limits": "[limits]\nqqqqqqq = 1\n", "seccomp": "[seccomp]\nqqqqqqq = 1\n",
            "network": "[network]\nqqqqqqq = 1\n", "warm": "[warm]\nqqqqqqq = 1\n",
            "landlock": "[landlock]\nqqqqqqq = 1\n",
            "mounts[]": "[[mounts]]\nsource = \"/usr\"\npath = \"/opt/x\"\nqqqqqqq = 1\n",
            "seccomp.rules[]": "[[seccomp.rules]]\nsyscall = \"kill\"\nqqqqqqq = 1\n",
            "seccomp.rules[].args[]":
                "[[seccomp.rules]]\nsyscall = \"kill\"\nargs = [{ index = 0, value = 0, qqqqqqq = 1 }]\n",
        ]
        let error = SyscallRuleTests.fault(try #require(documents[table]))
        let message = try #require(error?.message)
        let listed = Set(
            (message.range(of: "known are ").map { message[$0.upperBound...] } ?? "").split(separator: ", ").map(
                String.init))
        let prefix = table.isEmpty ? "" : table + "."
        let names = ProfileKey.all.map(\.path).filter { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count).prefix { $0 != "." && $0 != "[" }) }
        #expect(listed == Set(names), "\(message)")
    }
}
