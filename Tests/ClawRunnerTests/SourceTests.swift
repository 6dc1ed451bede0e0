import Fields
import Foundation
import NodeTestSupport
import Testing

@Suite("Publishing from a git repository", .serialized, .timeLimit(.minutes(3)))
struct SourceTests {
    private static let host = "git.sources.test"

    /// A repository with the example csv-summary in it, at the tag v1.
    private func makeRepository(_ cli: CLIProcess) throws -> (root: String, repository: String, commit: String) {
        let root = cli.path("shared")
        let repository = "\(root)/csv.git"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: NodeFixture.repository + "/Examples/skills/csv-summary", toPath: repository)
        // Would leave the documentation out of an archive, and change what is in it.
        try "README.md export-ignore\n*.py export-subst\n".write(
            toFile: "\(repository)/.gitattributes", atomically: true, encoding: .utf8)
        for arguments in [
            ["init", "--quiet", "--initial-branch=main"], ["add", "--all"], ["commit", "--quiet", "-m", "First"],
            ["tag", "v1"],
        ] { try GitServer.git(arguments, in: repository) }
        return (root, repository, try GitServer.git(["rev-parse", "HEAD"], in: repository))
    }

    @Test("over http and from a shared directory: fetched at one commit, which is shown, and runs")
    func wholeWay() async throws {
        let place = try CLIProcess()
        defer { NodeFixture.remove(place.directory.path) }
        let (root, repository, commit) = try makeRepository(place)
        let server = try GitServer(root: root)
        defer { server.stop() }
        let configuration = """
            [egress]
            privateAllowed = ["127.0.0.1:\(server.port)"]
            [egress.hosts]
            "\(Self.host)" = "127.0.0.1"
            [sources]
            directories = ["\(root)"]
            """
        try await CLIProcess.withDaemon(configuration) { cli in
            for name in ["seller", "buyer"] { _ = try await cli.succeed(["agent", "register", name]) }
            let url = "http://\(Self.host):\(server.port)/csv.git"
            let published = try await cli.succeed(
                ["skill", "publish", "--repo", url, "--ref", "v1", "--as", "seller", "--json"])
            let code = published.json?["skill"]?["code"]
            #expect(code?["repoUrl"]?.string == url, "\(published.standardOutput)")
            #expect(code?["ref"] == "v1")
            #expect(code?["commit"]?.string == commit)
            let ran = try await cli.succeed(
                [
                    "exec", "csv-summary", "--as", "seller", "--endpoint", "/summary", "--payload",
                    "{\"text\":\"a,b\\n1,2\\n\"}", "--json",
                ])
            #expect(ran.json?["usage"]?["verdict"] == "ok", "\(ran.standardOutput)")

            // Later commits do not change what was published; a tag that is not there says so.
            let toml = try String(contentsOfFile: "\(repository)/skill.toml", encoding: .utf8)
            try toml.replacing("version = \"1.0.0\"", with: "version = \"1.1.0\"").write(
                toFile: "\(repository)/skill.toml", atomically: true, encoding: .utf8)
            try GitServer.git(["commit", "--quiet", "--all", "-m", "Second"], in: repository)
            let missing = try await cli.run(["skill", "publish", "--repo", url, "--ref", "v2", "--as", "seller"])
            #expect(missing.status == 2, "\(missing)")
            #expect(missing.standardError.contains("could not be fetched"))
            let shared = try await cli.succeed(
                ["skill", "publish", "--repo", "file://\(repository)", "--as", "seller", "--json"])
            #expect(shared.json?["version"]?["version"] == "1.1.0", "\(shared.standardOutput)")
            let second = try GitServer.git(["rev-parse", "HEAD"], in: repository)
            #expect(shared.json?["version"]?["source"]?["commit"]?.string == second)
            let versions = try await cli.succeed(["skill", "version", "list", "csv-summary", "--as", "buyer"])
            #expect(versions.standardOutput.contains("1.1.0") && versions.standardOutput.contains("1.0.0"))

            for outside in ["file:///etc", "file://\(root)/../data", "file://\(root)"] {
                let refused = try await cli.run(["skill", "publish", "--repo", outside, "--as", "seller"])
                #expect(refused.status == 2, "\(outside): \(refused)")
            }
        }
    }

    @Test("a repository at a private address is not fetched unless the operator permits the address")
    func privateAddress() async throws {
        let place = try CLIProcess()
        defer { NodeFixture.remove(place.directory.path) }
        let (root, _, _) = try makeRepository(place)
        let server = try GitServer(root: root)
        defer { server.stop() }
        try await CLIProcess.withDaemon("[egress.hosts]\n\"\(Self.host)\" = \"127.0.0.1\"\n") { cli in
            _ = try await cli.succeed(["agent", "register", "seller"])
            for host in [Self.host, "127.0.0.1"] {
                let url = "http://\(host):\(server.port)/csv.git"
                let refused = try await cli.run(["skill", "publish", "--repo", url, "--json"])
                #expect(refused.status == 2, "\(refused)")
                #expect(refused.json?["code"] == "repository_unusable", "\(refused.standardOutput)")
                #expect(refused.json?["stderr"]?.string?.contains("loopback") == true, "\(refused.standardOutput)")
            }
        }
    }
}
