import Fields
import Foundation
import Testing

@testable import ClawRunner

/// One answered execute request.
struct Answer: Sendable {
    let key: String
    let status: Int
    let usage: String
    let cost: String
}

actor Answers {
    private(set) var all: [Answer] = []
    /// Identifiers of purchases that were answered.
    private(set) var purchases: [String] = []
    var count: Int { all.count }
    func add(_ answer: Answer) { all.append(answer) }
    func add(purchase: String) { purchases.append(purchase) }
}

/// A daemon that is killed and started again in one data directory, with a seller, a buyer and a skill.
final class CrashSite: @unchecked Sendable {
    // Unchecked: used by one test, one call at a time; the load shares only the answers.
    let cli: CLIProcess
    let answers = Answers()
    let cgroupName = "clawrunner-crash-\(getpid())"
    /// Names the skill's processes among all of this machine.
    let mark = "crash-site-\(UUID().uuidString.prefix(8).lowercased())"
    private var daemon: Process?
    private var buyerKey = ""
    private var token = ""
    private var socket: String { cli.path("data/clawrunner.sock") }

    init() throws {
        cli = try CLIProcess()
    }

    /// Ends what a failed test left, too.
    func remove() {
        daemon?.terminate()
        daemon?.waitUntilExit()
        cli.remove()
    }

    private func client(_ key: String?) -> MarketClient { MarketClient(socket: socket, key: key) }

    // MARK: Lives of the daemon

    func start() async throws {
        let process = Process()
        process.executableURL = CLIProcess.executable
        process.arguments = ["serve", "--data", cli.path("data"), "--config", cli.path("daemon.toml")]
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": cli.directory.path]
        let log = cli.path("daemon.log")
        let files = FileManager.default
        if !files.fileExists(atPath: log) { _ = files.createFile(atPath: log, contents: nil) }
        let handle = try #require(FileHandle(forWritingAtPath: log))
        try handle.seekToEnd()
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try handle.close()
        daemon = process
        for _ in 0..<1000 {
            if let answer = try? await client(nil).send(ClientRequest(.get, "/readyz")), answer.status == 200 { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        Issue.record("the daemon did not come up: \(said.suffix(2000))")
    }

    func stop() async {
        daemon?.terminate()
        for _ in 0..<1000 where daemon?.isRunning == true { try? await Task.sleep(for: .milliseconds(10)) }
        for _ in 0..<200 where !leftovers().isEmpty { try? await Task.sleep(for: .milliseconds(10)) }
    }

    func kill(_ victims: Victims) throws {
        guard let daemon else { return }
        let keepers = Machine.children(of: daemon.processIdentifier)
        let workers = keepers.flatMap(Machine.children)
        let pids: [Int32] =
            switch victims {
            case .daemon: [daemon.processIdentifier]
            case .worker: workers
            case .keeper: keepers
            // Pid 1 of a sandbox: one of a run, or one that waits.
            case .sandbox: workers.flatMap(Machine.children).randomElement().map { [$0] } ?? []
            case .everything: [daemon.processIdentifier] + keepers + workers
            }
        for pid in pids { Foundation.kill(pid, SIGKILL) }
    }

    /// What a round left alive.
    func killRest() throws {
        try kill(.everything)
        daemon?.waitUntilExit()
    }

    // MARK: The market

    func open() async throws {
        _ = try cli.writeConfiguration("cgroup = \"\(cgroupName)\"\n")
        try cli.write(
            """
            name = "\(mark)"
            version = "1.0.0"
            description = "Waits a moment and answers"
            category = "utility"
            runtime = "exec"
            entryPoint = ["sh", "run.sh", "\(mark)"]
            warm = true
            [pricing]
            type = "usage"
            price = "\(CrashTests.price)"
            currency = "USDC"
            [[endpoints]]
            path = "/go"
            """, to: "skill/skill.toml")
        try cli.write("cat > /dev/null; sleep 0.02; echo '{}'\n", to: "skill/run.sh")
        try await start()
        let seller = try await register("seller")
        let buyer = try await register("buyer")
        buyerKey = buyer.key
        let packed = try await cli.run("skill", "pack", cli.path("skill"), "-o", cli.path("skill.tar.gz"))
        #expect(packed.status == 0, "\(packed.standardError)")
        let archive = [UInt8](try Data(contentsOf: URL(fileURLWithPath: cli.path("skill.tar.gz"))))
        let upload = ClientRequest(.post, "/api/v1/packages", body: .archive(archive))
        let package = try await client(seller.key).call(upload)
        let digest = try #require(package.json["digest"]?.string)
        let skill = try await client(seller.key).call(
            ClientRequest(.post, "/api/v1/skills", body: .json(["code": ["package": .string(digest)]])))
        let skillID = try #require(skill.json["skill"]?["id"]?.string)
        let operatorKey = try String(contentsOfFile: cli.path("data/operator.key"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        _ = try await client(operatorKey).call(
            ClientRequest(
                .post, "/api/v1/admin/credits",
                body: .json([
                    "agentId": .string(buyer.id), "amount": "1000", "currency": "USDC", "reference": "first",
                ])))
        let purchase = try await client(buyerKey).call(
            ClientRequest(
                .post, "/api/v1/marketplace/purchase",
                body: .json(["skillId": .string(skillID), "licenseType": "enterprise"])))
        token = try #require(purchase.json["purchaseToken"]?.string)
    }

    private func register(_ name: String) async throws -> (id: String, key: String) {
        let answer = try await client(nil).call(
            ClientRequest(
                .post, "/api/v1/agents/register",
                body: .json([
                    "name": .string(name), "description": "of the crash test",
                    "ownerWallet": "11111111111111111111111111111111",
                ])))
        return (
            try #require(answer.json["agent"]?["id"]?.string), try #require(answer.json["apiKey"]?.string)
        )
    }

    private func execute(_ key: String) -> ClientRequest {
        var request = ClientRequest(
            .post, "/api/v1/skills/\(mark)/execute", body: .json(["endpoint": "/go", "payload": [:]]))
        request.headers = [("X-Purchase-Token", token), ("Idempotency-Key", key)]
        return request
    }

    private func buy(_ key: String) -> ClientRequest {
        var request = ClientRequest(
            .post, "/api/v1/marketplace/purchase",
            body: .json(["skillId": .string(mark), "licenseType": "enterprise"]))
        request.headers = [("Idempotency-Key", key)]
        return request
    }

    /// Calls until the daemon no longer answers; gives up on a caller after its first failure to get through.
    func load(callers: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    // A worker's death is survived, so a caller ends by count, too.
                    for call in 0..<40 {
                        let key = UUID().uuidString
                        if call % 8 == 7 {
                            guard let answer = try? await self.client(self.buyerKey).send(self.buy(key)) else { return }
                            if let id = answer.json["purchase"]?["id"]?.string { await self.answers.add(purchase: id) }
                        }
                        guard let answer = try? await self.client(self.buyerKey).send(self.execute(key)) else { return }
                        if let usage = answer.json["usage"]?["id"]?.string {
                            await self.answers.add(
                                Answer(
                                    key: key, status: answer.status, usage: usage,
                                    cost: answer.json["usage"]?["cost"]?.string ?? "?"))
                        }
                        if answer.status == 503 { return }
                    }
                }
            }
        }
    }

    // MARK: Invariants

    func check(_ when: String) async throws {
        let operatorKey = try String(contentsOfFile: cli.path("data/operator.key"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let ledger = try await client(operatorKey).call(ClientRequest(.get, "/api/v1/admin/ledger"))
        #expect(ledger.json["sound"]?.bool == true, "\(when): \(ledger.json)")
        for sum in ledger.json["sums"]?.array ?? [] {
            #expect(sum["totalBase"]?.string == "0", "\(when): \(ledger.json)")
        }
        // A launcher whose daemon was killed clears up behind itself while the next one starts already.
        for _ in 0..<3000 where Set(Machine.cgroups(cgroupName).flatMap(Machine.directories)).count > 1 {
            try await Task.sleep(for: .milliseconds(10))
        }
        // No process of a run of an earlier life, and no cgroup but the new launcher's own.
        #expect(Machine.processes(with: mark).isEmpty, "\(when): \(Machine.processes(with: mark))")
        let instances = Machine.cgroups(cgroupName).flatMap(Machine.directories)
        #expect(Set(instances).count <= 1, "\(when): \(instances)")
        // The new launcher keeps one empty cgroup ready in each tree.
        for tree in Machine.cgroups(cgroupName) {
            #expect(Machine.grandchildren(in: tree).count <= 1, "\(when): \(Machine.grandchildren(in: tree))")
        }
    }

    /// Every answered run has exactly one record, with the cost that the answer named; what was charged is the sum of
    /// the records; and no key runs twice.
    func checkAnswers() async throws {
        let records = try await usages()
        let byID = Dictionary(grouping: records) { $0["id"]?.string ?? "" }
        #expect(byID.allSatisfy { $0.value.count == 1 })
        for answer in await answers.all {
            let record = byID[answer.usage]?.first
            #expect(record?["cost"]?.string == answer.cost, "\(answer)")
        }
        for id in await answers.purchases {
            let answer = try await client(buyerKey).send(ClientRequest(.get, "/api/v1/purchases/\(id)"))
            #expect(answer.status == 200, "\(id)")
        }
        let charged = records.filter { $0["cost"]?.string != "0" }.count
        let balances = try await client(buyerKey).call(ClientRequest(.get, "/api/v1/balances")).json
        // 1000 USDC are 10^9 base units; a run costs 500.
        #expect(balances["items"]?[0]?["amountBase"]?.string == "\(1_000_000_000 - 500 * charged)", "\(balances)")
        for answer in await answers.all.filter({ $0.status == 200 }).prefix(20) {
            let again = try await client(buyerKey).send(execute(answer.key))
            #expect(again.header("Idempotent-Replayed") == "true")
            #expect(again.json["usage"]?["id"]?.string == answer.usage)
        }
        #expect(try await usages().count == records.count)
    }

    private func usages() async throws -> [JSONValue] {
        var records: [JSONValue] = []
        var cursor: String?
        repeat {
            var request = ClientRequest(.get, "/api/v1/usage")
            request.query = [("limit", "200")] + (cursor.map { [("cursor", $0)] } ?? [])
            let page = try await client(buyerKey).call(request).json
            records += page["items"]?.array ?? []
            cursor = page["pagination"]?["nextCursor"]?.string
        } while cursor != nil
        return records
    }

    /// Processes and cgroups that should be gone when the daemon is.
    func leftovers() -> [String] {
        Machine.processes(with: mark).map { "process \($0)" } + Machine.cgroups(cgroupName)
    }
}
