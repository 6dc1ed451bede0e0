import Foundation
import MarketCore
import Metering
import TestSupport
import Testing

@testable import Storage

@Suite("Finding skills", .timeLimit(.minutes(2)))
struct DiscoveryTests {
    /// A skill that says what `text` is.
    private func skill(
        _ fixture: StoreFixture, _ name: String, by seller: Agent? = nil, describedAs text: String = "A skill",
        tags: [String] = [], more: String = "", price: Pricing? = nil, createdAt: Timestamp = StoreFixture.now,
        _ change: (inout Skill) -> Void = { _ in }
    ) async throws -> Skill {
        let id = Skill.ID.new()
        let manifest = try SkillManifest(
            toml: """
                name = "\(name)"
                version = "1.0.0"
                description = "\(text)"
                category = "communication"
                runtime = "exec"
                entryPoint = "bin/send"
                \(more)
                [[endpoints]]
                path = "/send"
                """)
        let digest = try #require(PackageDigest(StoreFixture.digest))
        var skill = Skill(
            id: id, agentID: (seller ?? fixture.seller).id, name: name, displayName: name, category: .communication,
            pricing: price ?? Pricing(kind: .usage, price: StoreFixture.price), status: .published, tags: tags,
            latest: SkillVersion(
                skillID: id, version: manifest.version, package: digest, manifest: manifest, createdAt: createdAt),
            createdAt: createdAt, updatedAt: createdAt)
        change(&skill)
        try await fixture.store.insert(skill: skill)
        return skill
    }

    private func trust(_ fixture: StoreFixture, _ agent: Agent, reputation: Int64) async throws {
        try await fixture.store.committer.write { db in
            try db.run("UPDATE agents SET reputation = ? WHERE id = ?", [Double(reputation), agent.id.uuid])
            try db.run(
                "INSERT INTO search_due SELECT id, 1 FROM skills WHERE agent_id = ? ON CONFLICT DO NOTHING",
                [agent.id.uuid])
        }
    }

    private func names(_ fixture: StoreFixture, _ query: SkillQuery) async throws -> [String] {
        try await fixture.store.skills(query).items.map(\.name)
    }

    private func search(_ fixture: StoreFixture, _ text: String) async throws -> [String] {
        try await names(fixture, SkillQuery(search: text, sort: .relevance))
    }

    @Test("words are found in either case, without their accents, and the last by its beginning")
    func words() async throws {
        let fixture = try await StoreFixture()
        _ = try await skill(fixture, "translator", describedAs: "Übersetzt naïve Texte ins Español")
        _ = try await skill(fixture, "summaries", describedAs: "Texte in drei Zeilen", tags: ["report-writer"])
        #expect(try await search(fixture, "UBERSETZT espanol") == ["translator"])
        #expect(try await search(fixture, "tex").count == 2)
        #expect(try await search(fixture, "tex drei").isEmpty)
        #expect(try await search(fixture, "texte dre") == ["summaries"])
        #expect(try await search(fixture, "report") == ["summaries"])
        #expect(try await search(fixture, "translator").first == "translator")
        // One letter is a word, not a beginning.
        #expect(try await search(fixture, "t").isEmpty)
        try await fixture.store.close()
    }

    @Test(
        "no text means anything to the index but its words",
        arguments: [
            "\"", "'", "tool\"", "tool AND", "tool OR", "NOT tool", "NEAR(tool tool)", "name:tool", "{name}: tool",
            "tool*",
            "^tool", "tool -x", "tool + tool", "(tool", "tool)", "\u{202E}tool", "; DROP TABLE skills; tool", "--", "%",
        ])
    func quoting(text: String) async throws {
        let fixture = try await StoreFixture()
        _ = try await skill(
            fixture, "tool", describedAs: "and or not near name x; drop table skills, said the tool")
        let found = try await search(fixture, text)
        #expect(found == (SearchText(text).words.isEmpty ? [] : ["tool"]))
        #expect(try await search(fixture, text + " absent").isEmpty || SearchText(text).words.isEmpty)
        try await fixture.store.close()
    }

    @Test("what is filtered by cannot be written into a skill")
    func facets() async throws {
        let fixture = try await StoreFixture()
        _ = try await skill(
            fixture, "liar", describedAs: "\(Facet.tag("csv")) \(Facet.category("analysis"))",
            tags: [])
        #expect(try await names(fixture, SkillQuery(tag: "csv")).isEmpty)
        #expect(try await names(fixture, SkillQuery(category: .analysis, search: "xc")).isEmpty)
        // Nor is what is filtered by found as a word.
        #expect(try await search(fixture, Facet.status("published")).isEmpty)
        try await fixture.store.close()
    }

    @Test("an untrusted skill that is named as what is looked for comes after a trusted one that matches")
    func trustFirst() async throws {
        let fixture = try await StoreFixture()
        let known = try await fixture.buyer("known")
        _ = try await skill(
            fixture, "mail-helper", by: known,
            describedAs: "Among many other things, which take a long sentence to say, it also sends an invoice")
        let fresh = try await skill(fixture, "invoice", describedAs: "invoice", tags: ["invoice"]) {
            $0.displayName = "Invoice"
        }
        // Without any difference in trust the name decides.
        #expect(try await search(fixture, "invoice") == ["invoice", "mail-helper"])
        try await trust(fixture, known, reputation: 60)
        #expect(try await search(fixture, "invoice") == ["mail-helper", "invoice"])
        // Its own puppets buying it do not help it.
        for number in 0..<40 {
            let puppet = try await fixture.buyer("puppet-\(number)")
            let purchase = Purchase(
                id: .new(), buyerID: puppet.id, sellerID: fresh.agentID, skillID: fresh.id,
                amount: StoreFixture.usdc(0), pricing: fresh.pricing, license: License(kind: .personal),
                status: .completed, createdAt: .now)
            try await fixture.store.record(PurchaseRecord(purchase: purchase), onCommit: {})
        }
        try await fixture.store.refreshIndex()
        #expect(try await search(fixture, "invoice") == ["mail-helper", "invoice"])
        try await fixture.store.close()
    }

    @Test("words never outweigh more than four times the trust")
    func wordsFactor() {
        let untrusted = SkillTrust.trust(quality: 1000, reputation: 0, downloads: .max)
        #expect(untrusted == 200)
        #expect(SkillTrust.trust(quality: 0, reputation: 0, downloads: 0) == 50)
        #expect(SkillTrust.trust(quality: 1000, reputation: 100, downloads: .max) == SkillTrust.max)
        #expect(SkillTrust.rank(trust: untrusted, words: 1) < SkillTrust.rank(trust: 4 * untrusted + 1, words: 0))
    }

    @Test("each filter shows what it says, alone and with words")
    func filters() async throws {
        let fixture = try await StoreFixture()
        let other = try await fixture.buyer("other")
        _ = try await skill(
            fixture, "net", describedAs: "tool", more: "[network]\nallow = [\"api.example.com:443\"]",
            price: Pricing(kind: .oneTime, price: StoreFixture.usdc(2_000_000))
        ) { $0.rating = 4.5 }
        _ = try await skill(
            fixture, "secret", by: other, describedAs: "tool", tags: ["csv"],
            more: "[[secrets]]\nname = \"KEY\"", price: Pricing(kind: .free, price: .zero(.usdc)))
        _ = try await skill(
            fixture, "sol", describedAs: "tool", tags: ["csv", "x"],
            price: Pricing(kind: .usage, price: Money(base: 1_500_000, currency: .sol)))
        func check(_ expected: [String], _ change: (inout SkillQuery) -> Void) async throws {
            for search in [nil, "tool"] {
                for sort in SkillQuery.Sort.allCases {
                    var query = SkillQuery(search: search, sort: sort)
                    change(&query)
                    let page = try await fixture.store.skills(query)
                    let found = page.items.map(\.name).filter { $0 != "emailer" }.sorted()
                    #expect(found == expected, "\(sort) \(search ?? "")")
                    #expect(page.total == Int64(page.items.count) && page.isTotalExact)
                }
            }
        }
        try await check(["net", "secret", "sol"]) { _ in }
        try await check(["net"]) { $0.needsNetwork = true }
        try await check(["secret", "sol"]) { $0.needsNetwork = false }
        try await check(["secret"]) { $0.needsSecrets = true }
        try await check(["secret"]) { $0.pricing = .free }
        try await check(["sol"]) { $0.currency = .sol }
        try await check(["net"]) { $0.starsMin = 4 }
        try await check(["secret", "sol"]) { $0.tag = "csv" }
        try await check(["secret"]) { $0.agentID = other.id }
        try await check([]) { $0.runtime = .python }
        try await check(["net", "secret"]) {
            $0.currency = .usdc
            $0.priceMax = StoreFixture.usdc(2_000_000)
        }
        try await check(["net"]) {
            $0.currency = .usdc
            $0.priceMin = StoreFixture.usdc(1_500_000)
        }
        try await check([]) {
            $0.tag = "csv"
            $0.needsSecrets = true
            $0.currency = .sol
        }
        try await fixture.store.close()
    }

    @Test("pages go on where they were while skills come, go and change", arguments: SkillQuery.Sort.allCases)
    func cursors(sort: SkillQuery.Sort) async throws {
        let fixture = try await StoreFixture()
        var random = SeededGenerator(seed: 7)
        var first: Set<String> = []
        for number in 0..<40 {
            let words = Array(repeating: "tool", count: Int.random(in: 1...6, using: &random)) + ["for", "you"]
            let made = try await skill(
                fixture, "tool-\(number)", describedAs: words.joined(separator: " "),
                createdAt: Timestamp(milliseconds: Int64.random(in: 0...9, using: &random))
            ) { $0.rating = Double(Int64.random(in: 0...20, using: &random)) / 4 }
            first.insert(made.name)
        }
        var seen: [String] = []
        var cursor: String?
        var round = 0
        repeat {
            let page = try await fixture.store.skills(
                SkillQuery(search: "tool", sort: sort, page: PageRequest(limit: 6, cursor: cursor)))
            seen += page.items.map(\.name)
            cursor = page.nextCursor
            // Meanwhile others are published, and one that was shown already is withdrawn.
            for number in 0..<3 {
                _ = try await skill(
                    fixture, "late-\(round)-\(number)", describedAs: "another tool",
                    createdAt: Timestamp(milliseconds: Int64.random(in: 0...9, using: &random)))
            }
            if var shown = page.items.first {
                shown.status = .rejected
                try await fixture.store.update(skill: shown)
            }
            round += 1
        } while cursor != nil && round < 40
        #expect(cursor == nil)
        #expect(Set(seen).count == seen.count, "nothing is shown twice")
        #expect(first.subtracting(seen).isEmpty, "nothing is left out")
        try await fixture.store.close()
    }

    @Test("bought together counts parties, at least three, and neither the seller nor what the caller has")
    func boughtTogether() async throws {
        let fixture = try await StoreFixture()
        let companion = try await skill(fixture, "companion")
        let rare = try await skill(fixture, "rare")
        func buys(_ agent: Agent, _ skills: [Skill]) async throws {
            for skill in skills {
                let purchase = Purchase(
                    id: .new(), buyerID: agent.id, sellerID: skill.agentID, skillID: skill.id,
                    amount: StoreFixture.usdc(0), pricing: skill.pricing, license: License(kind: .personal),
                    status: .completed, createdAt: .now)
                try await fixture.store.record(PurchaseRecord(purchase: purchase), onCommit: {})
            }
        }
        func party(_ name: String, wallet: String) async throws -> Agent {
            var agent = try await fixture.buyer(name)
            agent.ownerWallet = wallet
            try await fixture.store.update(agent: agent)
            return agent
        }
        var parties: [Agent] = []
        for number in 0..<3 {
            let agent = try await party("party-\(number)", wallet: "wallet \(number)")
            try await buys(agent, [fixture.skill, companion] + (number < 2 ? [rare] : []))
            parties.append(agent)
            let found = try await fixture.store.boughtWith(fixture.skill.id, for: nil, limit: 5)
            #expect(found.map(\.skill.name) == (number < 2 ? [] : ["companion"]))
        }
        // Many agents of one wallet are one party.
        for number in 0..<5 {
            try await buys(try await party("twin-\(number)", wallet: "wallet 0"), [fixture.skill, rare])
        }
        let found = try await fixture.store.boughtWith(fixture.skill.id, for: nil, limit: 5)
        #expect(found.map(\.reason) == [.boughtTogether(parties: 3)])
        let newcomer = try await party("newcomer", wallet: "wallet 9")
        #expect(try await fixture.store.boughtWith(fixture.skill.id, for: newcomer.id, limit: 5).count == 1)
        #expect(try await fixture.store.boughtWith(fixture.skill.id, for: parties[0].id, limit: 5).isEmpty)
        try await fixture.store.close()
    }

    @Test("alike is what shares most tags, then the category, the most trusted first")
    func alike() async throws {
        let fixture = try await StoreFixture()
        let known = try await fixture.buyer("known")
        let origin = try await skill(fixture, "origin", tags: ["csv", "sums", "tables"])
        _ = try await skill(fixture, "one-tag", by: known, tags: ["csv"])
        _ = try await skill(fixture, "two-tags", tags: ["csv", "sums"])
        _ = try await skill(fixture, "also-one", tags: ["csv"]) { $0.category = .analysis }
        _ = try await skill(fixture, "nothing") { $0.category = .analysis }
        try await trust(fixture, known, reputation: 50)
        try await fixture.store.refreshIndex()
        let found = try await fixture.store.alike(origin.id, for: nil, limit: 10)
        #expect(found.map(\.skill.name) == ["two-tags", "one-tag", "also-one", "emailer"])
        #expect(found[0].reason == .alike(tags: ["csv", "sums"], category: .communication))
        #expect(found[2].reason == .alike(tags: ["csv"], category: nil))
        #expect(found[3].reason == .alike(tags: [], category: .communication))
        try await fixture.store.close()
    }
}
