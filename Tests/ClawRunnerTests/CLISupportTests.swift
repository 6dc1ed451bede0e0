import Fields
import Foundation
import Testing

@testable import ClawRunner

@Suite("Command line: tables, numbers, paths, credentials")
struct CLISupportTests {
    @Test(
        "sizes and times are short and exact enough",
        arguments: [
            (Quantity.bytes(0), "0 B"), (Quantity.bytes(1023), "1023 B"), (Quantity.bytes(1024), "1 KiB"),
            (Quantity.bytes(1536), "1.5 KiB"), (Quantity.bytes(64 << 20), "64 MiB"),
            (Quantity.time(microseconds: 850), "850 µs"), (Quantity.time(microseconds: 1500), "1.5 ms"),
            (Quantity.time(microseconds: 12_300), "12 ms"), (Quantity.time(microseconds: 2_000_000), "2 s"),
        ])
    func quantities(shown: String, expected: String) {
        #expect(shown == expected)
    }

    @Test("columns line up, long cells are cut, control characters cannot disturb the terminal")
    func table() {
        var table = TextTable([.init("NAME", widthMax: 8), .init("N", .right)])
        table.add("short", "1")
        table.add("a very long name", "100")
        table.add("\u{1B}[2J", "7")
        let lines = table.lines()
        #expect(lines[0] == "NAME        N")
        #expect(lines[1] == "short       1")
        #expect(lines[2] == "a very …  100")
        #expect(!lines[3].contains("\u{1B}"))
        #expect(Set(lines.map(\.count)).count == 1)
    }

    @Test("text is wrapped between words and never loses one")
    func wrapping() {
        let text = "one two three four five six seven eight"
        let lines = Terminal.wrapped(text, width: 13)
        #expect(lines.allSatisfy { $0.count <= 13 })
        #expect(lines.joined(separator: " ") == text)
        #expect(Terminal.wrapped("", width: 10) == [])
        #expect(Terminal.wrapped("unbreakable", width: 3) == ["unbreakable"])
    }

    @Test("parts of a URL are escaped byte by byte")
    func escaping() {
        #expect(ClientRequest.escaped("/run/claw runner.sock") == "%2Frun%2Fclaw%20runner.sock")
        #expect(ClientRequest.escaped("ü?&#") == "%C3%BC%3F%26%23")
        #expect(ClientRequest.escaped("\n") == "%0A")
    }

    @Test("a part is found through its variable, in an installation and in a source tree, in this order")
    func installedPaths() throws {
        let root = try TemporaryDirectory("paths-test")
        defer { root.remove() }
        for folder in [
            "prefix/bin", "prefix/libexec/clawrunner", "prefix/share/clawrunner/profiles", "tree/.build/debug",
            "tree/profiles", "tree/Examples", "mine",
        ] {
            try FileManager.default.createDirectory(
                atPath: "\(root.path)/\(folder)", withIntermediateDirectories: true)
        }
        for file in [
            "prefix/libexec/clawrunner/claw-launcher", "tree/.build/debug/claw-launcher", "tree/Package.swift",
        ] {
            _ = FileManager.default.createFile(atPath: "\(root.path)/\(file)", contents: Data())
        }
        let installed = InstalledPaths(executable: "\(root.path)/prefix/bin/clawrunner", environment: [:])
        #expect(try installed.path(of: .launcher) == "\(root.path)/prefix/libexec/clawrunner/claw-launcher")
        #expect(try installed.path(of: .profiles) == "\(root.path)/prefix/share/clawrunner/profiles")
        let built = InstalledPaths(executable: "\(root.path)/tree/.build/debug/clawrunner", environment: [:])
        #expect(try built.path(of: .launcher) == "\(root.path)/tree/.build/debug/claw-launcher")
        #expect(try built.path(of: .profiles) == "\(root.path)/tree/profiles")
        #expect(try built.path(of: .examples) == "\(root.path)/tree/Examples")
        let named = InstalledPaths(
            executable: built.executable, environment: ["CLAWRUNNER_PROFILES": "\(root.path)/mine"])
        #expect(try named.path(of: .profiles) == "\(root.path)/mine")
    }

    @Test("a part that is missing is an error that names the places and the variable")
    func missingPart() throws {
        let paths = InstalledPaths(executable: "/nowhere/bin/clawrunner", environment: [:])
        let missing = #expect(throws: MissingPart.self) { try paths.path(of: .runtimes) }
        #expect(missing?.description.contains("/nowhere/share/clawrunner/runtimes") == true)
        #expect(missing?.description.contains("CLAWRUNNER_RUNTIMES") == true)
        // A variable is never passed over for a default.
        let named = InstalledPaths(executable: "/bin/sh", environment: ["CLAWRUNNER_LAUNCHER": "/nowhere/launcher"])
        #expect(throws: MissingPart.self) { try named.path(of: .launcher) }
    }

    @Test("the data directory and the socket follow the variables, then the user")
    func places() {
        func places(_ environment: [String: String], isRoot: Bool = false) -> DefaultPlaces {
            DefaultPlaces(environment: environment, home: "/home/ada", isRoot: isRoot)
        }
        #expect(places([:]).socket == "/home/ada/.local/share/clawrunner/clawrunner.sock")
        #expect(places([:], isRoot: true).dataDirectory == "/var/lib/clawrunner")
        #expect(places(["XDG_DATA_HOME": "/x"]).dataDirectory == "/x/clawrunner")
        #expect(places(["CLAWRUNNER_DATA": "/d"], isRoot: true).socket == "/d/clawrunner.sock")
        #expect(places(["CLAWRUNNER_DATA": "/d", "CLAWRUNNER_SOCKET": "/s.sock"]).socket == "/s.sock")
        #expect(DefaultPlaces.home(["HOME": "/h"]) == "/h")
        #expect(DefaultPlaces.home(["HOME": ""]).hasPrefix("/"))
        #expect(places(["CLAWRUNNER_DATA": ""]).dataDirectory == "/home/ada/.local/share/clawrunner")
    }

    @Test("credentials survive a round trip, mode 0600, and parallel updates lose nothing")
    func credentials() async throws {
        let root = try TemporaryDirectory("credentials-test")
        defer { root.remove() }
        let store = CredentialStore(directory: "\(root.path)/config/clawrunner")
        try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask {
                    try store.update { credentials in
                        credentials.update("/a.sock") { market in
                            market.keep(Credentials.Agent(name: "agent-\(number)", id: "id", apiKey: "key-\(number)"))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let kept = try store.update { credentials in
            var kept = false
            credentials.update("/a.sock") { market in
                for token in ["old", "new"] {
                    kept = market.keep(.init(skillID: "s", skillName: "stats", token: token), forKey: "key-7")
                }
            }
            return kept
        }
        #expect(kept)
        let market = try store.load().market("/a.sock")
        #expect(Set(market.agents.map(\.name)) == Set((0..<20).map { "agent-\($0)" }))
        #expect(market.agent("agent-7")?.token(for: "stats") == "new")
        #expect(market.agent("agent-7")?.tokens.count == 1)
        #expect(try store.load().market("/b.sock").agents.isEmpty)
        let mode = try FileManager.default.attributesOfItem(atPath: store.file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test(
        "a credentials file that is damaged or open to others is refused, never overwritten",
        arguments: [("{\"markets\":3}", 0o600), ("{", 0o600), ("{\"markets\":[]}", 0o640)])
    func damagedCredentials(text: String, mode: Int) throws {
        let root = try TemporaryDirectory("credentials-test")
        defer { root.remove() }
        let store = CredentialStore(directory: root.path)
        _ = FileManager.default.createFile(
            atPath: store.file, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        #expect(throws: CommandFailure.self) { try store.load() }
        #expect(throws: CommandFailure.self) { try store.update { $0 = Credentials() } }
        #expect(FileManager.default.contents(atPath: store.file) == Data(text.utf8))
    }

    @Test(
        "a problem of the daemon becomes a sentence, a hint and an exit status",
        arguments: [
            (400, "malformed_json", CommandStatus.usage), (401, "invalid_key", .refused),
            (402, "purchase_required", .refused),
            (404, "skill_not_found", .usage), (422, "invalid_field", .usage), (503, "launch_failed", .sandbox),
            (504, "timeout", .refused),
        ])
    func problems(status: Int, code: String, expected: CommandStatus) {
        let json: JSONValue = ["detail": "It is so", "code": .string(code), "status": .number(status)]
        let failure = Problem(ClientResponse(status: status, headers: [], body: [], json: json)).failure
        #expect(failure.status == expected)
        #expect(failure.message == "It is so.")
        #expect((failure.hint != nil) == (status == 401 || status == 402))
        #expect(failure.json == json.description)
    }

    @Test("a temporary directory is removed with read-only folders in it")
    func temporaryDirectory() throws {
        let root = try TemporaryDirectory("removal-test")
        try FileManager.default.createDirectory(atPath: "\(root.path)/a/b", withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: "\(root.path)/a/b/file", contents: Data())
        chmod("\(root.path)/a/b", 0o555)
        chmod("\(root.path)/a", 0o555)
        root.remove()
        #expect(!FileManager.default.fileExists(atPath: root.path))
    }
}
