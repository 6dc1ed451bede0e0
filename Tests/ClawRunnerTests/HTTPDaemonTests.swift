import AsyncHTTPClient
import ExecutionNode
import Fields
import Foundation
import MarketCore
import Metering
import NIOCore
import NodeTestSupport
import Sandbox
import Testing

@testable import ClawRunner

/// A `clawrunner serve` process of its own.
private final class ServedDaemon: @unchecked Sendable {
    // Unchecked: used by one test, one call at a time; requests go through the client alone.
    let cli: CLIProcess
    let process = Process()
    let data: String

    var socket: String { "\(data)/clawrunner.sock" }
    var client: MarketClient { MarketClient(socket: socket, key: nil) }

    init(_ options: [String] = [], configuration: String = "") async throws {
        cli = try CLIProcess()
        data = cli.path("data")
        let file = try cli.writeConfiguration(configuration)
        let log = cli.path("daemon.log")
        #expect(FileManager.default.createFile(atPath: log, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: log))
        process.executableURL = CLIProcess.executable
        process.arguments = ["serve", "--data", data, "--config", file] + options
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": cli.directory.path]
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        for _ in 0..<1000 where process.isRunning {
            if let answer = try? await client.send(ClientRequest(.get, "/readyz")), answer.status == 200 { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the daemon did not come up: \(self.log)")
    }

    /// What a failed test leaves.
    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var log: String { (try? String(contentsOfFile: cli.path("daemon.log"), encoding: .utf8)) ?? "" }

    func signal(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func waitForLog(_ text: String, times: Int = 1) async throws {
        for _ in 0..<500 {
            if log.components(separatedBy: text).count > times { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the log never said \(text): \(log)")
    }

    func waitForEnd() async throws -> Int32 {
        for _ in 0..<1500 where process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!process.isRunning)
        return process.terminationStatus
    }

    func end() async throws {
        process.terminate()
        _ = try await waitForEnd()
        NodeFixture.remove(cli.directory.path)
    }
}

@Suite("Daemon: a real process with real sandboxes", .serialized, .timeLimit(.minutes(3)))
struct HTTPDaemonTests {
    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("what it makes is for its owner alone; its threads have no capabilities; a second daemon is kept out")
    func start() async throws {
        let daemon = try await ServedDaemon()
        #expect(try mode(daemon.data) == 0o700)
        #expect(try mode(daemon.socket) == 0o660)
        #expect(try mode(daemon.data + "/operator.key") == 0o600)
        #expect(try mode(daemon.data + "/market.db") == 0o600)
        #expect(try mode(daemon.data + "/holds.journal") == 0o600)
        #expect(try mode(daemon.data + "/keys") == 0o700)
        let tasks = "/proc/\(daemon.process.processIdentifier)/task"
        for thread in try FileManager.default.contentsOfDirectory(atPath: tasks) {
            let status = (try? String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)) ?? ""
            // The bounding and the ambient set, too: nothing that it might execute gets one back.
            for line in status.split(separator: "\n") where line.hasPrefix("Cap") {
                #expect(line.hasSuffix("0000000000000000"), "thread \(thread): \(line)")
            }
        }
        let second = try await daemon.cli.run("serve", "--data", daemon.data)
        #expect(second.status == 1)
        #expect(second.standardError.contains("Another daemon uses the data directory"))
        let other = try await daemon.cli.run(
            "serve", "--data", daemon.cli.path("other"), "--socket", daemon.socket)
        #expect(other.status == 1)
        #expect(other.standardError.contains("Another daemon uses the socket"))
        #expect(try await daemon.client.send(ClientRequest(.get, "/healthz")).status == 200)

        daemon.signal(SIGTERM)
        #expect(try await daemon.waitForEnd() == 0)
        #expect(!FileManager.default.fileExists(atPath: daemon.socket))
        try await daemon.end()
    }

    @Test("it does not start on a configuration that is wrong, an address that others reach, or a missing launcher")
    func refused() async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        try cli.write("dta = 1\n", to: "wrong.toml")
        try cli.write("permitDegraded = [\"landlok\"]\n", to: "layer.toml")
        try cli.write("[billing]\nverdicts = [\"timout\"]\n", to: "verdict.toml")
        try cli.write("[profileMap]\npython = \"strict-python\"\n", to: "map.toml")
        try cli.write("limts = 1\n", to: "broken/bad.toml")
        for (options, words) in [
            (["--config", cli.path("wrong.toml")], "dta"), (["--config", cli.path("none.toml")], "none.toml"),
            (["--listen", "0.0.0.0:0"], "other machines"), (["--log-level", "loud"], "loud"),
            (["--profiles", cli.path("nothing")], "nothing"), (["--launcher", "/bin/none"], "none"),
            (["--socket", "/tmp/" + String(repeating: "s", count: 120)], "107"),
            (["--config", cli.path("layer.toml")], "landlok is not a layer"),
            (["--config", cli.path("verdict.toml")], "did you mean \"timeout\"?"),
            (["--config", cli.path("map.toml")], "profileMap.python"),
            (["--profiles", cli.path("broken")], "bad.toml"),
        ] {
            let output = try await cli.run(["serve", "--data", cli.path("d")] + options)
            #expect(output.status == (words == "none" ? 3 : 2), "\(options): \(output.standardError)")
            #expect(output.standardError.contains(words), "\(options): \(output.standardError)")
        }
        try cli.write("", to: "d2/keys/old.pem")
        for (path, mode) in [("d2", 0o700), ("d2/keys", 0o700), ("d2/keys/old.pem", 0o644)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: cli.path(path))
        }
        let open = try await cli.run("serve", "--data", cli.path("d2"))
        #expect(open.status == 2)
        #expect(open.standardError.contains("chmod 600"), "\(open.standardError)")
    }

    @Test("SIGHUP reads profiles and limits again; a mistake changes nothing and is told")
    func reload() async throws {
        let configuration = "[log]\nformat = \"json\"\nlevel = \"info\"\n"
        let daemon = try await ServedDaemon(configuration: configuration)
        let registration: JSONValue = ["name": "a", "ownerWallet": .string(NodeFixture.wallet)]
        let agent = try await daemon.client.send(
            ClientRequest(.post, "/api/v1/agents/register", body: .json(registration)))
        let client = MarketClient(socket: daemon.socket, key: try #require(agent.json["apiKey"]?.string))
        let body: JSONValue = ["endpoint": "/x", "payload": .string(String(repeating: "x", count: 2000))]
        let long = ClientRequest(.post, "/api/v1/skills/none/execute", body: .json(body))
        #expect(try await client.send(long).status == 404)
        try daemon.cli.write(configuration + "[limits]\nrequestBytes = 1024\n", to: "daemon.toml")
        daemon.signal(SIGHUP)
        try await daemon.waitForLog("\"message\":\"reloaded\"")
        #expect(try await client.send(long).status == 413)
        try daemon.cli.write("[limits]\nrequestBites = 1\n", to: "daemon.toml")
        daemon.signal(SIGHUP)
        try await daemon.waitForLog("not reloaded")
        #expect(daemon.log.contains("requestBites"))
        try daemon.cli.write("[profileMap]\npython = \"strict-python\"\n", to: "daemon.toml")
        daemon.signal(SIGHUP)
        try await daemon.waitForLog("not reloaded", times: 2)
        #expect(daemon.log.contains("profileMap.python"))
        #expect(try await client.send(long).status == 413)
        #expect(try await daemon.client.send(ClientRequest(.get, "/readyz")).status == 200)
        for line in daemon.log.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONValue(parsing: String(line)) }
        }
        try await daemon.end()
    }

    @Test("at level debug every request is one line with one identifier; after a clean end the journal is empty")
    func requestLog() async throws {
        let daemon = try await ServedDaemon(configuration: "[log]\nformat = \"text\"\nlevel = \"debug\"\n")
        var request = ClientRequest(.get, "/healthz")
        request.headers.append(("X-Request-Id", "one-of-mine"))
        #expect(try await daemon.client.send(request).status == 200)
        let lines = daemon.log.split(separator: "\n").filter { $0.contains("one-of-mine") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("debug    GET /healthz ") == true)
        #expect(!daemon.log.contains("hb.request"))
        daemon.signal(SIGTERM)
        #expect(try await daemon.waitForEnd() == 0)
        let journal = try? FileManager.default.attributesOfItem(atPath: daemon.data + "/market.db-wal")
        #expect((journal?[.size] as? Int ?? 0) == 0)
        try await daemon.end()
    }

    @Test("loopback TCP answers like the socket")
    func tcp() async throws {
        let daemon = try await ServedDaemon(["--listen", "127.0.0.1:0", "--log-format", "text"])
        let port = try #require(daemon.log.split(separator: "port ").last?.prefix { $0.isNumber })
        let answer = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(port)/healthz"), timeout: .seconds(10))
        let body = try await answer.body.collect(upTo: 1024)
        #expect(String(decoding: body.readableBytesView, as: UTF8.self) == "{\"status\":\"ok\"}")
        try await daemon.end()
    }
}

@Suite("Node and sandbox together", .serialized, .timeLimit(.minutes(3)))
struct HTTPSandboxTests {
    private static let launcher = CLIProcess.executable.deletingLastPathComponent().appending(path: "claw-launcher")
        .path

    @Test(
        "64 connections of one agent with 50 calls each, in real sandboxes: 1,000 succeed, the rest get 402, the sum is 0"
    )
    func storm() async throws {
        let host = try SandboxHost(
            launcherPath: Self.launcher, options: SandboxOptions(cgroupName: "clawrunner-storm-\(getpid())"))
        // As many at once as the machine has use for; the others wait.
        let http = try await HTTPFixture(try await NodeFixture(runner: host) { $0.runsMax = 8 })
        let seller = try await http.node.register("seller")
        let buyer = try await http.node.register("buyer")
        let skill = try await http.node.publish(by: seller)
        try await http.node.credit(buyer, "100")
        let token = try await http.node.buy(skill, by: buyer, usageLimit: 1000)
        let statuses = try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for _ in 0..<64 {
                group.addTask {
                    var statuses: [String: Int] = [:]
                    for _ in 0..<50 {
                        let answer = try await http.execute(key: buyer.apiKey, token: token)
                        statuses[answer.code ?? String(answer.status), default: 0] += 1
                        if answer.status != 200, answer.status != 402 {
                            Issue.record("\(answer.status): \(answer.json["detail"] ?? .null)")
                        }
                    }
                    return statuses
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
        #expect(statuses == ["200": 1000, "usage_limit_reached": 2200])
        let ledger = try await http.node.node.ledger()
        #expect(ledger.check.isSound)
        #expect(ledger.check.sums.map(\.totalBase) == [0])
        #expect(try await http.node.balance(buyer) == "99")
        try await http.close()
        await host.shutdown()
    }

    @Test("a client that goes away ends the real run, and nothing of it stays alive")
    func disconnect() async throws {
        let host = try SandboxHost(
            launcherPath: Self.launcher, options: SandboxOptions(cgroupName: "clawrunner-gone-\(getpid())"))
        let http = try await HTTPFixture(try await NodeFixture(runner: host))
        let seller = try await http.node.register("seller")
        let mark = "gone-\(UUID().uuidString.prefix(8).lowercased())"
        let manifest = NodeFixture.manifest().replacing(
            "entryPoint = [\"cat\"]", with: "entryPoint = [\"sh\", \"-c\", \"sleep 60 & sleep 60\", \"\(mark)\"]")
        try await http.node.publish(manifest, by: seller)
        let body = "{\"endpoint\":\"/echo\"}"
        let client = try HTTPRawSocket(path: http.socket)
        client.send(
            "POST /skills/echo/execute HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(seller.apiKey)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        for _ in 0..<1000 where Machine.processes(with: mark).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        #expect(!Machine.processes(with: mark).isEmpty)
        client.vanish()
        for _ in 0..<1000 where http.node.node.load.openHolds > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(http.node.node.load.openHolds == 0)
        #expect(Machine.processes(with: mark).isEmpty)
        #expect(try await http.node.usages(seller).map(\.verdict) == ["cancelled"])
        try await http.close()
        await host.shutdown()
    }

    @Test("the embedding example publishes, sells and runs a skill, in under 80 lines")
    func embedded() throws {
        let source = try String(
            contentsOfFile: NodeFixture.repository + "/Examples/EmbeddedNode/main.swift", encoding: .utf8)
        #expect(source.split(separator: "\n", omittingEmptySubsequences: false).count < 80)
        let process = Process()
        let output = Pipe()
        process.executableURL = CLIProcess.executable.deletingLastPathComponent().appending(path: "EmbeddedNode")
        let root = NodeFixture.repository
        process.arguments = [
            Self.launcher, root + "/profiles", root + "/runtimes", root + "/Examples/skills/csv-summary", "/summary",
            "{\"text\":\"a,b\\n1,2\\n3,4\\n\"}",
        ]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("buyer has 4.75 USDC left"), "\(text)")
        #expect(text.contains("seller has earned 0.24375 USDC"), "\(text)")
    }
}
