import Fields
import Foundation
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("A disk that is full, read-only or damaged", .serialized, .timeLimit(.minutes(3)))
struct DiskTests {
    /// A small file system of its own as data directory, in a mount namespace that a waiting process holds.
    private final class SmallDisk {
        // Commands and daemons that are run through it see the file system.
        let cli: CLIProcess
        private let holder = Process()

        /// Nil, with the reason printed, where this host does not let us mount.
        init?(megabytes: Int) async throws {
            var cli = try CLIProcess()
            try FileManager.default.createDirectory(atPath: cli.path("data"), withIntermediateDirectories: true)
            holder.executableURL = URL(filePath: "/usr/bin/unshare")
            holder.arguments = [
                "-m", "sh", "-c",
                "mount -t tmpfs -o size=\(megabytes)m,mode=700 tmpfs \"$1\" && touch \"$2\" && exec sleep 600", "sh",
                cli.path("data"), cli.path("mounted"),
            ]
            holder.standardError = FileHandle.nullDevice
            try holder.run()
            while holder.isRunning, !FileManager.default.fileExists(atPath: cli.path("mounted")) {
                try await Task.sleep(for: .milliseconds(5))
            }
            guard holder.isRunning else {
                cli.remove()
                print("skipped: this host does not let us mount a file system of our own")
                return nil
            }
            cli.wrapper = ["/usr/bin/nsenter", "-t", "\(holder.processIdentifier)", "-m", "--"]
            self.cli = cli
        }

        func remove() {
            kill(holder.processIdentifier, SIGKILL)
            holder.waitUntilExit()
            cli.remove()
        }

        var socket: String { cli.path("s") }

        /// A path in the file system, as seen from outside.
        func path(_ name: String) -> String { "/proc/\(holder.processIdentifier)/root\(cli.path("data"))/\(name)" }

        /// Takes all room there is, or gives it back.
        func fill(_ isFull: Bool) throws {
            guard isFull else { return try FileManager.default.removeItem(atPath: path("fill")) }
            let file = open(path("fill"), O_WRONLY | O_CREAT, 0o600)
            defer { close(file) }
            let piece = [UInt8](repeating: 1, count: 4096)
            while write(file, piece, piece.count) > 0 {}
        }

        func remount(_ option: String) throws {
            let process = Process()
            process.executableURL = URL(filePath: cli.wrapper[0])
            process.arguments = cli.wrapper.dropFirst() + ["mount", "-o", "remount,\(option)", cli.path("data")]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }

        func start() async throws -> StartedDaemon {
            // Registrations are what fills the store.
            try await StartedDaemon(
                cli, socket: socket,
                configuration:
                    "[limits]\nfreeBytes = 0\nparked = 0\n[rates.registration]\nquota = 1000000\nburst = 1000000\n"
            )
        }
    }

    /// Registers agents until the daemon refuses one; gives the refusal.
    private static func registerUntilRefused(_ daemon: StartedDaemon) async throws -> ClientResponse? {
        for _ in 0..<400 {
            let answers = try await withThrowingTaskGroup(of: ClientResponse.self) { group in
                for _ in 0..<16 {
                    let body: JSONValue = [
                        "name": .string("a\(UUID().uuidString)"), "ownerWallet": .string(NodeFixture.wallet),
                        "description": .string(String(repeating: "x", count: 1024)),
                    ]
                    group.addTask {
                        try await daemon.client().send(
                            ClientRequest(.post, "/api/v1/agents/register", body: .json(body)))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            if let refused = answers.first(where: { $0.status != 201 }) { return refused }
        }
        return nil
    }

    @Test("a full disk is told in problems; what ran is booked once there is room, once, and nothing is lost")
    func full() async throws {
        guard let disk = try await SmallDisk(megabytes: 40) else { return }
        defer { disk.remove() }
        let daemon = try await disk.start()
        try #require(daemon.process.isRunning, "\(daemon.said)")
        let market = try await EchoMarket(disk.cli, socket: disk.socket, operatorKey: disk.path("operator.key"))
        let buyer = daemon.client(market.apiKey)
        var booked: Int64 = 0
        #expect(try await buyer.send(market.request()).status == 200)
        booked += 1

        // The store: up to now its journal had room that was made at the start.
        try disk.fill(true)
        var (answered, key) = (ClientResponse?.none, "")
        for round in 0..<20 where answered?.status ?? 200 == 200 {
            let refused = try #require(try await Self.registerUntilRefused(daemon))
            #expect(refused.status == 503)
            #expect(refused.json["code"] == "store_unavailable")
            // The hold still fits; the run's record does not, unless a checkpoint made room for it meanwhile.
            key = "k\(round)"
            answered = try await buyer.send(market.request(key: key))
            if answered?.status == 200 { booked += 1 }
        }
        let unbooked = try #require(answered)
        #expect(unbooked.status == 503)
        #expect(unbooked.json["code"] == "not_booked", "\(unbooked.json)")
        #expect(try await daemon.status("/readyz") == 503)
        #expect(try await daemon.status("/healthz") == 200)
        #expect(try await daemon.status("/api/v1/skills") == 200)

        try disk.fill(false)
        var answer = unbooked
        for _ in 0..<400 where answer.status != 200 {
            try await Task.sleep(for: .milliseconds(25))
            answer = try await buyer.send(market.request(key: key))
        }
        #expect(answer.status == 200, "\(answer.json)")
        #expect(answer.header("Idempotent-Replayed") == "true")
        booked += 1
        #expect(try await daemon.status("/readyz") == 200)

        // The journal of holds: it grows with every call.
        var last = unbooked
        for _ in 0..<20 where last.json["code"] != "journal_unavailable" {
            try disk.fill(true)
            repeat {
                last = try await buyer.send(market.request())
                if last.status == 200 { booked += 1 }
            } while last.status == 200
            try disk.fill(false)
            // Where the store had to grow first, it was that again, and the run is booked now that there is room.
            if last.json["code"] == "not_booked" { booked += 1 }
            for _ in 0..<400 where try await daemon.status("/readyz") != 200 {
                try await Task.sleep(for: .milliseconds(25))
            }
        }
        #expect(last.status == 503)
        #expect(last.json["code"] == "journal_unavailable", "\(last.json)")
        #expect(try await buyer.send(market.request()).status == 200)
        booked += 1

        #expect(try await Self.balance(buyer) == 100_000_000 - booked * EchoMarket.priceBase)
        #expect(try await daemon.stop() == 0)
        let ledger = try await disk.cli.run("ledger", "verify", "--data", disk.cli.path("data"), "--json")
        #expect(ledger.status == 0, "\(ledger.standardOutput)")
        #expect(ledger.json?["usages"]?.int64 == booked)
        // A full disk at the start: it says so, and starts once there is room.
        let again = try await disk.start()
        #expect(try await Self.balance(again.client(market.apiKey)) == 100_000_000 - booked * EchoMarket.priceBase)
        try await again.stop()
    }

    @Test("on a read-only disk a daemon does not start and says why; the books can be read and backed up")
    func readOnly() async throws {
        guard let disk = try await SmallDisk(megabytes: 60) else { return }
        defer { disk.remove() }
        let daemon = try await disk.start()
        try #require(daemon.process.isRunning, "\(daemon.said)")
        let market = try await EchoMarket(disk.cli, socket: disk.socket, operatorKey: disk.path("operator.key"))
        #expect(try await daemon.client(market.apiKey).send(market.request()).status == 200)
        // As a machine does that remounts after an error: nothing is closed first.
        kill(daemon.process.processIdentifier, SIGKILL)
        daemon.process.waitUntilExit()
        for _ in 0..<200 where !Machine.processes(with: disk.path("")).isEmpty {
            try await Task.sleep(for: .milliseconds(10))
        }
        try disk.remount("ro")

        let refused = try await disk.start()
        #expect(!refused.process.isRunning)
        #expect(refused.process.terminationStatus == 2)
        #expect(refused.said.contains("Read-only file system"), "\(refused.said)")
        let data = disk.cli.path("data")
        let ledger = try await disk.cli.run("ledger", "verify", "--data", data, "--json")
        #expect(ledger.status == 0, "\(ledger.standardError)")
        #expect(ledger.json?["usages"] == 1)
        let backup = try await disk.cli.run("backup", disk.cli.path("claw.tar"), "--data", data)
        #expect(backup.status == 0, "\(backup.standardError)")

        try disk.remount("rw")
        let again = try await disk.start()
        let answer = try await again.client(market.apiKey).send(market.request())
        #expect(answer.status == 200, "\(again.said)")
        #expect(try await again.stop() == 0)
        let restored = try await disk.cli.run("restore", disk.cli.path("claw.tar"), "--data", disk.cli.path("restored"))
        #expect(restored.status == 0, "\(restored.standardError)")
        NodeFixture.remove(disk.cli.path("restored"))
    }

    @Test(
        "a damaged page is named by ledger verify, keeps a backup from being made, and is answered with a problem",
        arguments: ["usages", "accounts", "purchases", "api_keys", "transfers_of_credits"])
    func damaged(place: String) async throws {
        let cli = try CLIProcess()
        defer { NodeFixture.remove(cli.directory.path) }
        let daemon = try await StartedDaemon(cli, configuration: "[limits]\nparked = 0\n")
        let market = try await EchoMarket(cli, socket: daemon.socket, operatorKey: cli.path("data/operator.key"))
        for _ in 0..<3 { #expect(try await daemon.client(market.apiKey).send(market.request()).status == 200) }
        #expect(try await daemon.stop() == 0)
        try Self.damage(place, in: cli.path("data/market.db"))

        let ledger = try await cli.run("ledger", "verify", "--data", "data", "--json")
        #expect(ledger.status == 1)
        #expect(ledger.json?["sound"] == false)
        let faults = (ledger.json?["faults"]?.array ?? []).compactMap { $0["place"]?.string }
        #expect(faults.contains { $0.hasSuffix(" \(place)") }, "\(ledger.standardOutput)")
        let backup = try await cli.run("backup", "claw.tar", "--data", "data")
        #expect(backup.status == 1)
        #expect(backup.standardError.contains(place), "\(backup.standardError)")

        let again = try await StartedDaemon(cli, configuration: "[limits]\nparked = 0\n")
        guard again.process.isRunning else {
            // Without its keys a node knows nobody.
            #expect(place == "api_keys")
            #expect(again.process.terminationReason == .exit && again.process.terminationStatus == 1)
            #expect(again.said.contains("store_corrupt"), "\(again.said)")
            return
        }
        #expect(place != "api_keys")
        var codes: Set<String> = []
        for path in ["/api/v1/usage", "/api/v1/balances", "/api/v1/marketplace/verify/echo"] {
            let answer = try await again.client(market.apiKey).send(ClientRequest(.get, path))
            #expect(answer.status == 200 || answer.status == 503, "\(path)")
            if answer.status != 200 { codes.insert(answer.json["code"]?.string ?? "") }
        }
        let run = try await again.client(market.apiKey).send(market.request(key: "k"))
        if run.status != 200 { codes.insert(run.json["code"]?.string ?? "") }
        #expect(codes.isSubset(of: ["store_corrupt", "not_booked"]), "\(codes)")
        if place != "transfers_of_credits" { #expect(codes.contains("store_corrupt"), "\(codes)") }
        let operatorKey = try KeyFile.read(cli.path("data/operator.key"))
        let asked = try await again.client(operatorKey).send(ClientRequest(.get, "/api/v1/admin/ledger"))
        #expect(asked.json["sound"] == false || asked.json["code"] == "store_corrupt", "\(asked.json)")
        #expect(try await again.status("/healthz") == 200)
        #expect(again.process.isRunning)
        #expect(try await again.stop() == 0)
    }

    private static func balance(_ client: MarketClient) async throws -> Int64? {
        let answer = try await client.call(ClientRequest(.get, "/api/v1/balances"))
        return answer.json["items"]?[0]?["amountBase"]?.string.flatMap { Int64($0) }
    }

    /// Turns bytes of the first page of a table or an index over.
    private static func damage(_ place: String, in file: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            "-c",
            """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1]) as c:
                page = c.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (sys.argv[2],)).fetchone()[0]
            with open(sys.argv[1], "r+b") as f:
                f.seek((page - 1) * 4096)
                bytes = f.read(200)
                f.seek((page - 1) * 4096)
                f.write(b"".join(b.__xor__(0xff).to_bytes(1, "big") for b in bytes))
            """, file, place,
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
