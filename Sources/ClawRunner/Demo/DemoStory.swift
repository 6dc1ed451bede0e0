import Fields
import Foundation
import MarketCore

/// The story of the demo, act by act. Every act checks what it shows.
struct DemoStory {
    /// An agent of the story.
    struct Role {
        let name: String
        let id: String
        let client: MarketClient
    }

    /// One execute of the story, as the buyer saw it.
    struct Run {
        let skill: String
        let usage: JSONValue
        let receipt: String
        /// What the manifest says that it costs.
        let price: Money
    }

    static let credit = Money(base: 1_000_000, currency: .usdc)

    let stage: DemoStage
    let daemon: DemoDaemon
    let examples: Result<String, MissingPart>
    var skills: [SkillFolder] = []
    var tokens: [String: String] = [:]
    var runs: [Run] = []
    /// What was paid at purchase.
    var paid: [Money] = []

    init(stage: DemoStage, daemon: DemoDaemon) {
        self.stage = stage
        self.daemon = daemon
        examples = Result { () throws(MissingPart) in try InstalledPaths.current.path(of: .examples) }
    }

    mutating func play() async throws(CommandFailure) {
        let seller: Role
        let buyer: Role
        stage.act("Two agents register")
        seller = try await register("acme-tools", "Sells small, sharp tools")
        buyer = try await register("curious-cat", "Buys them")

        stage.act("The seller publishes three skills")
        try await publish(
            ["word-stats", "csv-summary", "markdown-html"].map { "skills/\($0)" }, as: seller, shown: true)

        stage.act("The operator credits the buyer, who buys a licence of each")
        try await creditAndPurchase(buyer)

        stage.act("The buyer runs them on real input, over the Unix socket")
        try await executeExamples(buyer)

        stage.act("Four skills that misbehave, all at once")
        let badOnes = DemoMisbehaviour.all.map(\.skill)
        try await publish(badOnes.map { "misbehaving/\($0)" }, as: seller, shown: false)
        for name in badOnes { try await purchase(name, buyer) }
        try await executeMisbehaving(buyer, seller)

        stage.act("What was used")
        try await showUsage(buyer)

        stage.act("Where the money is")
        try await showMoney(seller: seller, buyer: buyer)
    }

    private func register(_ name: String, _ description: String) async throws(CommandFailure) -> Role {
        let body: JSONValue = [
            "name": .string(name), "description": .string(description), "ownerWallet": .string(AgentRegister.noWallet),
        ]
        let answer = try await daemon.client(key: nil).call(
            ClientRequest(.post, "/api/v1/agents/register", body: .json(body)))
        guard let id = answer.json["agent"]?["id"]?.string, let key = answer.json["apiKey"]?.string else {
            throw CommandFailure(.refused, "The registration of \(name) was answered without identifier or key.")
        }
        stage.line("\(name.padding(to: 12))\(id)  key \(key.prefix(14))…")
        stage.check(key.hasPrefix("claw_live_"), "an API key begins with claw_live_")
        return Role(name: name, id: id, client: daemon.client(key: key))
    }

    /// Publishes folders of the examples.
    private mutating func publish(
        _ folders: [String], as seller: Role, shown: Bool
    ) async throws(CommandFailure) {
        var table = TextTable([
            .init("SKILL"), .init("RUNTIME"), .init("PRICE"), .init("PACKAGE", widthMax: 16),
        ])
        for folder in folders {
            let skill = try SkillFolder("\(try root())/\(folder)")
            let answer = try await SkillPublication(client: seller.client, origin: .folder(skill)).publish()
            let name = skill.manifest.name
            stage.check(answer["skill"]?["status"] == "published", "\(name) is published")
            stage.check(answer["skill"]?["name"]?.string == name, "the market knows it as \(name)")
            skills.append(skill)
            table.add(
                name, skill.manifest.runtime.rawValue, PriceText(skill.manifest.json["pricing"]).description,
                skill.package.digest.description)
        }
        if shown { stage.table(table) }
    }

    func root() throws(CommandFailure) -> String {
        switch examples {
        case .success(let path): return path
        case .failure(let missing): throw CommandFailure(.usage, missing.description)
        }
    }
}
