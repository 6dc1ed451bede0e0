package import ExecutionNode
package import Fields
import Foundation
package import LicenseCheck
package import MarketCore
import Metering
import Sandbox
package import Storage

/// A node in a directory of its own, with real stores, keys and profiles. The directory goes with ``close()``.
package struct NodeFixture: Sendable {
    package static let wallet = "So11111111111111111111111111111111111111112"
    /// Wallets of others.
    package static let wallets = [
        "Vote111111111111111111111111111111111111111", "Stake11111111111111111111111111111111111111",
        "11111111111111111111111111111111", "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    ]

    package let directory: String
    package let keys: SigningKeys
    package let store: SQLiteStore
    package let runner: any SkillRunner
    package let node: ExecutionNode

    /// - Parameters:
    ///   - directory: one that an earlier fixture left with ``stop()``; nil makes a new one.
    ///   - outage: makes the store fail to book while it is on.
    package init(
        runner: any SkillRunner = ScriptedRunner(), directory: String? = nil, outage: StoreOutage = StoreOutage(),
        configure: (inout NodeConfiguration) -> Void = { _ in }
    ) async throws {
        self.directory =
            directory ?? FileManager.default.temporaryDirectory.appending(path: "node-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: self.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        keys = try SigningKeys(directory: self.directory + "/keys")
        store = try SQLiteStore(
            path: self.directory + "/market.db", signer: OutageSigner(key: keys.current, outage: outage))
        self.runner = runner
        var configuration = NodeConfiguration(dataDirectory: self.directory)
        // What else runs and is installed on this host is no matter of a test.
        configuration.memoryIsShort = { false }
        configuration.scanners = []
        configure(&configuration)
        node = try await ExecutionNode.start(
            configuration, store: store, signing: keys, runner: runner,
            profiles: try ProfileStore(directory: Self.repository + "/profiles"))
    }

    /// The root of the source tree.
    package static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Closes the store and leaves the directory.
    package func stop() async throws {
        await node.stop()
        try await store.close()
    }

    package func close() async throws {
        try await stop()
        Self.remove(directory)
    }

    /// Removes a tree that has read-only directories in it.
    package static func remove(_ directory: String) {
        for name in (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? [] {
            var isDirectory: ObjCBool = false
            let path = "\(directory)/\(name)"
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
                continue
            }
            try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        }
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: A market to test in

    /// A registered agent, with what it needs to call.
    package struct Member: Sendable {
        package let agent: Agent
        package let apiKey: String
        package var id: Agent.ID { agent.id }
    }

    /// - Parameter wallet: agents of one wallet are one party, which may not review each other.
    package func register(_ name: String, wallet: String = Self.wallet) async throws -> Member {
        let (agent, apiKey) = try await node.register(Registration(name: name, ownerWallet: wallet))
        return Member(agent: agent, apiKey: apiKey)
    }

    /// A manifest with one endpoint `/echo`, for the echoing runner.
    package static func manifest(
        name: String = "echo", version: String = "1.0.0",
        pricing: String = "type = \"usage\"\nprice = \"0.001\"\ncurrency = \"USDC\"\nunit = \"call\"",
        endpoint: String = "", more: String = ""
    ) -> String {
        """
        name = "\(name)"
        version = "\(version)"
        description = "Gives back what it gets"
        category = "utility"
        runtime = "exec"
        entryPoint = ["cat"]
        tags = ["test"]
        \(more)
        [pricing]
        \(pricing)
        [[endpoints]]
        path = "/echo"
        method = "POST"
        \(endpoint)
        """
    }

    /// A package of these files, packed.
    package static func archive(_ files: [String: String]) throws -> [UInt8] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "pack-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files {
            let file = directory.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            if name.hasPrefix("bin/") {
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            }
        }
        return try SkillPackage(directory: directory.path).compressedArchive()
    }

    @discardableResult
    package func publish(_ manifest: String = Self.manifest(), by seller: Member) async throws -> Skill {
        let upload = try await node.upload(try Self.archive(["skill.toml": manifest]), by: seller.id)
        return try await node.publish(Publication(package: upload.package.digest), by: seller.id).0
    }

    package func credit(_ member: Member, _ amount: String, _ currency: Currency = .usdc) async throws {
        _ = try await node.credit(
            CashRequest(
                agentID: member.id, amount: try Money(decimal: amount, currency: currency),
                reference: UUID().uuidString))
    }

    /// A purchase and its token.
    /// A licence without a bound of its own on concurrent runs, unless another kind is asked for.
    package func buy(
        _ skill: Skill, by buyer: Member, kind: License.Kind = .enterprise, usageLimit: Int64? = nil
    ) async throws -> String {
        let reply = try await node.purchase(
            PurchaseRequest(buyer: buyer.id, skill: skill.name, licenseKind: kind, usageLimit: usageLimit))
        guard let token = reply.token else { throw MissingToken() }
        return token
    }

    package struct MissingToken: Error {}

    /// One call of `/echo`.
    package func call(
        _ skill: Skill, by caller: Member, token: String? = nil, payload: JSONValue = ["text": "hello"],
        maxCost: String? = nil, key: String? = nil
    ) async throws(NodeError) -> ExecuteReply {
        try await node.execute(
            ExecuteRequest(
                caller: caller.id, skill: skill.name, endpoint: "/echo", payload: payload, maxCost: maxCost,
                token: token, idempotencyKey: key))
    }

    /// What an agent has in USDC, in whole units.
    package func balance(_ member: Member) async throws -> String {
        try await store.balance(of: member.id, in: .usdc).decimal
    }

    package func usages(_ member: Member) async throws -> [SkillUsage] {
        try await node.usage(UsageQuery(agentID: member.id, page: PageRequest(limit: 200))).items
    }
}
