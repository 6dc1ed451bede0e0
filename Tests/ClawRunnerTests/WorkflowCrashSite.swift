import Fields
import Foundation
import Testing

@testable import ClawRunner

/// A daemon that is killed and started again in one data directory, with a skill, two workflows over it, and a buyer.
final class WorkflowCrashSite: @unchecked Sendable {
    // Unchecked: used by one test, one call at a time; the load shares only the journal.
    /// The requests that were sent, by key: which workflow, and the answer once there is one.
    actor Journal {
        private(set) var answers: [String: ClientResponse] = [:]
        private(set) var flows: [String: String] = [:]
        private var pending: [String] = []

        func next(_ flow: String) -> (key: String, flow: String) {
            if let key = pending.popLast(), let flow = flows[key] { return (key, flow) }
            let key = UUID().uuidString
            flows[key] = flow
            return (key, flow)
        }

        func answer(_ key: String, _ answer: ClientResponse) { answers[key] = answer }
        func cut(_ key: String) { pending.append(key) }
        var cut: Int { pending.count }
    }

    static let flows = ["by-author", "by-buyer"]
    static let steps = ["a", "b", "c", "d"]
    static let priceBase: Int64 = 10_000
    static let stepBase: Int64 = 500

    let cli: CLIProcess
    let journal = Journal()
    private let mark = "workflow-site-\(UUID().uuidString.prefix(8).lowercased())"
    private var daemon: Process?
    private var keys: [String: String] = [:]
    private var tokens: [String: String] = [:]
    private var ids: [String: String] = [:]

    init() throws { cli = try CLIProcess() }

    func remove() {
        daemon?.terminate()
        daemon?.waitUntilExit()
        cli.remove()
    }

    private func client(_ agent: String?) -> MarketClient {
        MarketClient(socket: cli.path("data/clawrunner.sock"), key: agent.flatMap { keys[$0] })
    }

    // MARK: Lives of the daemon

    func start() async throws {
        let process = Process()
        process.executableURL = CLIProcess.executable
        process.arguments = [
            "serve", "--data", cli.path("data"), "--config", try cli.writeConfiguration(), "--log-level", "warning",
        ]
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": cli.directory.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        daemon = process
        for _ in 0..<1000 {
            if let answer = try? await client(nil).send(ClientRequest(.get, "/readyz")), answer.status == 200 { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the daemon did not come up")
    }

    /// Kills the daemon, or its launcher's worker, or all of them.
    func kill(_ random: Int) throws {
        guard let daemon else { return }
        let keepers = Machine.children(of: daemon.processIdentifier)
        let workers = keepers.flatMap(Machine.children)
        let pids = [[daemon.processIdentifier], workers, [daemon.processIdentifier] + keepers + workers][random % 3]
        for pid in pids { Foundation.kill(pid, SIGKILL) }
    }

    func killRest() throws {
        try kill(2)
        daemon?.waitUntilExit()
    }

    // MARK: The market

    func open() async throws {
        try cli.write(
            """
            name = "\(mark)"
            version = "1.0.0"
            description = "Waits a moment and answers"
            category = "utility"
            runtime = "exec"
            entryPoint = ["sh", "run.sh", "\(mark)"]
            [pricing]
            type = "usage"
            price = "0.0005"
            currency = "USDC"
            [[endpoints]]
            path = "/go"
            """, to: "step/skill.toml")
        try cli.write("cat > /dev/null; sleep 0.02; echo '{}'\n", to: "step/run.sh")
        for flow in Self.flows { try cli.write(manifest(flow), to: "\(flow)/skill.toml") }
        try await start()
        for name in ["seller", "composer", "buyer"] { try await register(name) }
        try await publish("step", by: "seller")
        for name in ["composer", "buyer"] { try await credit(name) }
        _ = try await buy(mark, by: "composer")
        for flow in Self.flows {
            try await publish(flow, by: "composer")
            tokens[flow] = try await buy(flow, by: "buyer")
        }
    }

    /// b and c run side by side.
    private func manifest(_ flow: String) -> String {
        let after = ["a": "", "b": "\"a\"", "c": "\"a\"", "d": "\"b\", \"c\""]
        let steps = Self.steps.map { id in
            """
            [[steps]]
            id = "\(id)"
            skill = "\(mark)"
            endpoint = "/go"
            after = [\(after[id] ?? "")]
            """
        }
        return """
            name = "\(flow)"
            version = "1.0.0"
            description = "Four steps"
            category = "automation"
            runtime = "workflow"
            [pricing]
            type = "usage"
            price = "0.01"
            currency = "USDC"
            [[endpoints]]
            path = "/go"
            [workflow]
            payer = "\(flow.dropFirst(3))"
            output = { last = { "$from" = "/steps/d/result" } }
            \(steps.joined(separator: "\n"))
            """
    }

    private func register(_ name: String) async throws {
        let answer = try await client(nil).call(
            ClientRequest(
                .post, "/api/v1/agents/register",
                body: .json([
                    "name": .string(name), "description": "", "ownerWallet": "11111111111111111111111111111111",
                ])))
        keys[name] = answer.json["apiKey"]?.string
        ids[name] = answer.json["agent"]?["id"]?.string
    }

    private func publish(_ folder: String, by agent: String) async throws {
        let skill = try SkillFolder(cli.path(folder))
        _ = try await SkillPublication(client: client(agent), origin: .folder(skill)).publish()
    }

    private func credit(_ name: String) async throws {
        keys["operator"] = try String(contentsOfFile: cli.path("data/operator.key"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let body: JSONObject = [
            "agentId": .optional(ids[name]), "amount": "100", "currency": "USDC", "reference": .string(name),
        ]
        _ = try await client("operator").call(
            ClientRequest(.post, "/api/v1/admin/credits", body: .json(.object(body))))
    }

    private func buy(_ skill: String, by agent: String) async throws -> String? {
        try await client(agent).call(
            ClientRequest(
                .post, "/api/v1/marketplace/purchase",
                body: .json(["skillId": .string(skill), "licenseType": "enterprise"]))
        ).json["purchaseToken"]?.string
    }

    // MARK: Load

    /// Sends requests, those first that were cut off, until the daemon no longer answers.
    func load(callers: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for _ in 0..<30 {
                        guard await self.send(Self.flows[caller % 2]) else { return }
                    }
                }
            }
        }
    }

    /// One request; false when there was no answer.
    private func send(_ flow: String) async -> Bool {
        let (key, flow) = await journal.next(flow)
        var request = ClientRequest(
            .post, "/api/v1/skills/\(flow)/execute", body: .json(["endpoint": "/go", "payload": [:]]))
        request.headers = [("X-Purchase-Token", tokens[flow] ?? ""), ("Idempotency-Key", key)]
        guard let answer = try? await client("buyer").send(request) else {
            await journal.cut(key)
            return false
        }
        await journal.answer(key, answer)
        return answer.status != 503
    }

    /// Sends what was cut off until all of it is answered.
    func finish() async throws {
        for _ in 0..<1000 where await journal.cut > 0 { _ = await send(Self.flows[0]) }
        #expect(await journal.cut == 0)
    }

    // MARK: Invariants

    func check(_ when: String) async throws {
        let ledger = try await client("operator").call(ClientRequest(.get, "/api/v1/admin/ledger"))
        #expect(ledger.json["sound"]?.bool == true, "\(when): \(ledger.json)")
        for agent in ["buyer", "composer"] {
            let balance = try await client(agent).call(ClientRequest(.get, "/api/v1/balances")).json["items"]?[0]
            #expect(balance?["held"] == "0", "\(when): \(agent) \(balance ?? .null)")
        }
    }

    /// Every answered workflow cost its buyer the price or what its shares did, and no step of it was paid twice.
    func checkAnswers() async throws -> (ok: Int, resumed: Int) {
        var (ok, resumed) = (0, 0)
        for (key, answer) in await journal.answers {
            guard let id = answer.json["usage"]?["id"]?.string else { continue }
            let execution = try await client("buyer").call(ClientRequest(.get, "/api/v1/executions/\(id)"))
                .json["execution"]
            let steps = execution?["steps"]?.array ?? []
            let paid = steps.filter { $0["verdict"]?["kind"] == "ok" }
            #expect(Set(paid.compactMap { $0["step"]?.string }).count == paid.count, "\(key): \(steps)")
            let isShared = await journal.flows[key] == "by-buyer"
            let shares = paid.compactMap { $0["cost"]?.string }
            #expect(shares == (isShared ? paid.map { _ in "0.0005" } : []), "\(key)")
            let own = answer.json["usage"]?["costBase"]?.string.flatMap { Int64($0) } ?? -1
            if answer.status == 200 {
                ok += 1
                #expect(paid.compactMap { $0["step"]?.string }.sorted() == Self.steps, "\(key): \(steps)")
                #expect(own + Int64(shares.count) * Self.stepBase == Self.priceBase, "\(key)")
            } else {
                #expect(own == 0, "\(key)")
            }
            if steps.count > Set(steps.compactMap { $0["step"]?.string }).count { resumed += 1 }
        }
        return (ok, resumed)
    }
}
