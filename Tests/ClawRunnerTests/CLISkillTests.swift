import Fields
import Foundation
import Testing

@Suite("Command line: from an empty folder to a packed skill", .timeLimit(.minutes(2)))
struct CLISkillTests {
    @Test("init makes a skill that validates, with no advice left to give", arguments: ["exec", "python", "node"])
    func initAndValidate(runtime: String) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let made = try await cli.run("skill", "init", "hello", "--runtime", runtime)
        #expect(made.status == 0, "\(made.standardError)")
        #expect(made.standardOutput.contains("skill.toml"))
        let valid = try await cli.run("skill", "validate", "hello", "--json")
        #expect(valid.status == 0, "\(valid.standardError)")
        #expect(valid.json?["valid"] == true)
        #expect(valid.json?["name"] == "hello")
        #expect(valid.json?["runtime"] == .string(runtime))
        #expect(valid.json?["tests"] == 1)
        #expect(valid.json?["notes"] == [])
    }

    @Test("init leaves a folder alone that has something in it")
    func initKeepsFiles() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        try cli.write("mine", to: "hello/notes.txt")
        let made = try await cli.run("skill", "init", "hello")
        #expect(made.status == 2)
        #expect(made.standardError.contains("nothing was written"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: cli.path("hello")) == ["notes.txt"])
    }

    @Test("pack writes the same archive twice, which tar can read")
    func pack() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        _ = try await cli.run("skill", "init", "hello", "--runtime", "python")
        let first = try await cli.run("skill", "pack", "hello", "--json")
        let second = try await cli.run("skill", "pack", "hello", "-o", "again.tar.gz", "--json")
        #expect(first.status == 0 && second.status == 0, "\(first.standardError)\(second.standardError)")
        #expect(first.json?["file"] == "hello-0.1.0.tar.gz")
        #expect(first.json?["digest"]?.string?.hasPrefix("sha256:") == true)
        #expect(first.json?["digest"] == second.json?["digest"])
        let archive = FileManager.default.contents(atPath: cli.path("hello-0.1.0.tar.gz"))
        #expect(archive == FileManager.default.contents(atPath: cli.path("again.tar.gz")))
        #expect(archive?.prefix(2) == Data([0x1f, 0x8b]))
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/bin/sh")
        tar.arguments = ["-c", "mkdir out && tar xzf again.tar.gz -C out && cmp out/main.py hello/main.py"]
        tar.currentDirectoryURL = cli.directory
        try tar.run()
        tar.waitUntilExit()
        #expect(tar.terminationStatus == 0)
    }

    /// A manifest that is right, to be made wrong.
    private static let manifest = """
        name = "hello"
        version = "1.0.0"
        description = "Says hello"
        category = "utility"
        runtime = "exec"
        entryPoint = "bin/hello"
        [[endpoints]]
        path = "/hello"

        """

    @Test(
        "a wrong manifest is refused with file, field and reason",
        arguments: [
            (manifest.replacing("version = \"1.0.0\"", with: "version = \"1\""), "version"),
            (manifest.replacing("category = \"utility\"", with: "category = \"utilty\""), "utility"),
            (manifest.replacing("entryPoint = \"bin/hello\"", with: "entryPoint = \"bin/none\""), "bin/none"),
            (manifest.replacing("entryPoint = \"bin/hello\"", with: "entryPoint = \"../hello\""), "outside"),
            (manifest.replacing("path = \"/hello\"", with: "path = \"hello\""), "endpoints[0].path"),
            (manifest + "profile = \"x\"\n", "profile"),
            (manifest.replacing("runtime", with: "runtme"), "runtime"),
            (manifest + "[limits]\nmemory = \"64GiB\"\n", "memory"),
            (manifest + "[limits]\nmemroy = \"64MiB\"\n", "memroy"),
            ("name = ", "skill.toml"),
        ])
    func wrongManifest(manifest: String, named: String) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        try cli.write(manifest, to: "hello/skill.toml")
        try cli.write("#!/bin/sh\n", to: "hello/bin/hello")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: cli.path("hello/bin/hello"))
        let output = try await cli.run("skill", "validate", "hello")
        #expect(output.status == 2)
        #expect(output.standardError.contains(named), "\(output.standardError)")
        #expect(output.standardOutput == "")
    }

    @Test("a folder that is missing, no folder, or no skill is told apart")
    func noSkill() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        try cli.write("x", to: "file")
        try cli.write("x", to: "empty/readme")
        let missing = try await cli.run("skill", "validate", "nowhere")
        let file = try await cli.run("skill", "validate", "file")
        let empty = try await cli.run("skill", "validate", "empty")
        #expect([missing.status, file.status, empty.status] == [2, 2, 2])
        #expect(missing.standardError.contains("There is no folder"))
        #expect(file.standardError.contains("is not a folder"))
        #expect(empty.standardError.contains("no skill.toml"))
    }
}
