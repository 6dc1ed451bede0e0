import Foundation
import MarketCore
import Metering
import Testing

@testable import Storage

@Suite("Agents, keys, skills and purchases")
struct MarketTests {
    @Test("an agent's name is taken once, and a refused agent leaves no key")
    func names() async throws {
        let fixture = try await StoreFixture()
        let agent = StoreFixture.agent("seller")
        await #expect(throws: StoreError.conflict(field: "name")) {
            try await fixture.store.insert(agent: agent, key: StoreFixture.key(of: agent.id))
        }
        #expect(try await fixture.store.apiKeys().count == 1)
        #expect(try await fixture.store.agent(named: "seller") == fixture.seller)
        #expect(try await fixture.store.agent(id: fixture.seller.id) == fixture.seller)
        #expect(try await fixture.store.agent(named: "SELLER") == nil)
        #expect(try await fixture.store.agent(id: .new()) == nil)
    }

    @Test("an update keeps what belongs to the purchases and reviews")
    func updateAgent() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        _ = try await fixture.bought(by: buyer)
        var stale = fixture.seller
        stale.description = "Now with a ✓ and a ' quote"
        stale.avatar = "ipfs://x"
        stale.reputation = 99.5
        stale.updatedAt = Timestamp(milliseconds: 5)
        try await fixture.store.update(agent: stale)
        let stored = try #require(try await fixture.store.agent(id: stale.id))
        #expect(stored.totalSales == 1)
        stale.totalSales = 1
        stale.reputation = 0
        #expect(stored == stale)
        await #expect(throws: StoreError.missing("agent")) {
            try await fixture.store.update(agent: StoreFixture.agent("nobody"))
        }
    }

    @Test("agents are listed by name, found by a part of name or description, page by page")
    func listAgents() async throws {
        let fixture = try await StoreFixture()
        for index in 0..<12 { _ = try await fixture.buyer("agent_\(index % 10)\(index)") }
        var names: [String] = []
        var cursor: String?
        repeat {
            let page = try await fixture.store.agents(
                search: "AGENT_", page: PageRequest(limit: 5, cursor: cursor))
            #expect(page.total == 12)
            names += page.items.map(\.name)
            cursor = page.nextCursor
        } while cursor != nil
        #expect(names == names.sorted() && Set(names).count == 12)
        #expect(try await fixture.store.agents(search: "%", page: PageRequest()).total == 0)
        #expect(try await fixture.store.agents(search: "called seller", page: PageRequest()).total == 1)
        #expect(try await fixture.store.agents(search: nil, page: PageRequest()).total == 13)
    }

    @Test("versions never change, and the highest is the latest whatever the order")
    func versions() async throws {
        let fixture = try await StoreFixture()
        let id = fixture.skill.id
        let store = fixture.store
        var skill = fixture.skill
        skill.updatedAt = Timestamp(milliseconds: 7)
        skill.displayName = "Emailer"
        for text in ["1.10.0", "1.9.0", "2.0.0-rc.1", "1.9.1"] {
            try await store.insert(version: StoreFixture.version(text, of: id), updating: skill)
        }
        #expect(try await store.skill(id: id)?.displayName == "Emailer")
        #expect(try await store.skill(id: id)?.latest.version.description == "2.0.0-rc.1")
        #expect(try await store.skill(id: id)?.updatedAt == Timestamp(milliseconds: 7))
        let version = try StoreFixture.version("1.9.0", of: id)
        #expect(try await store.version(of: id, version.version) == version)
        #expect(try await store.version(of: .new(), version.version) == nil)
        await #expect(throws: StoreError.conflict(field: "version")) {
            try await store.insert(version: version, updating: skill)
        }
        await #expect(throws: StoreError.missing("skill")) {
            try await store.insert(version: version, updating: StoreFixture.skill("x", of: fixture.seller.id))
        }
        // All or nothing: a version whose skill cannot be updated is not there either.
        skill.pricing = Pricing(kind: .usage, price: StoreFixture.usdc(-1))
        let refused = skill
        let next = try StoreFixture.version("3.0.0", of: id)
        await #expect(throws: StoreError.self) { try await store.insert(version: next, updating: refused) }
        #expect(try await store.version(of: id, next.version) == nil)
        #expect(try await store.skill(id: id)?.latest.version.description == "2.0.0-rc.1")
    }

    @Test("a skill needs a stored package, a free name and an existing owner")
    func insertSkill() async throws {
        let fixture = try await StoreFixture()
        await #expect(throws: StoreError.conflict(field: "name")) {
            try await fixture.store.insert(skill: StoreFixture.skill("emailer", of: fixture.seller.id))
        }
        await #expect(throws: StoreError.missing("record")) {
            try await fixture.store.insert(skill: StoreFixture.skill("orphan", of: .new()))
        }
        let package = try StoreFixture.package(by: fixture.seller.id)
        try await fixture.store.insert(package: package)
        #expect(try await fixture.store.package(digest: package.digest) == package)
        var skill = try StoreFixture.skill("unpacked", of: fixture.seller.id)
        let missing = try #require(PackageDigest("sha256:" + String(repeating: "00", count: 32)))
        skill.latest = SkillVersion(
            skillID: skill.id, version: skill.latest.version, package: missing, manifest: skill.latest.manifest,
            createdAt: .now)
        let unpacked = skill
        await #expect(throws: StoreError.missing("package")) { try await fixture.store.insert(skill: unpacked) }
        #expect(try await fixture.store.skill(named: "unpacked") == nil)
        #expect(try await fixture.store.package(digest: missing) == nil)
    }

    @Test("an update of a skill changes what may change and keeps downloads, ratings and versions")
    func updateSkill() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.bought(by: try await fixture.buyer())
        var skill = fixture.skill
        skill.displayName = "SmartEmailer Pro"
        skill.pricing = Pricing(
            kind: .subscription, price: Money(base: 5, currency: .sol), interval: .monthly, unit: nil)
        skill.status = .review
        skill.tags = ["a\"b", "ü"]
        skill.rating = 4.25
        skill.reviewCount = 3
        skill.downloadCount = 777
        try await fixture.store.update(skill: skill)
        skill.downloadCount = 1
        skill.rating = 0
        skill.reviewCount = 0
        #expect(try await fixture.store.skill(id: skill.id) == skill)
        await #expect(throws: StoreError.missing("skill")) {
            try await fixture.store.update(skill: StoreFixture.skill("x", of: fixture.seller.id))
        }
    }

    @Test("skills are filtered, searched and paged in every order", arguments: SkillQuery.Sort.allCases)
    func listSkills(sort: SkillQuery.Sort) async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        for index in 0..<11 {
            var skill = try StoreFixture.skill(
                "tool-\(index)", of: fixture.seller.id, tags: index % 2 == 0 ? ["even"] : ["odd", "x_y"],
                createdAt: Timestamp(milliseconds: Int64(index / 3)))
            skill.rating = Double(index / 2) / 3
            try await fixture.store.insert(skill: skill)
            for _ in 0..<(index % 3) {
                let purchase = Purchase(
                    id: .new(), buyerID: buyer.id, sellerID: fixture.seller.id, skillID: skill.id,
                    amount: StoreFixture.usdc(0), pricing: Pricing(kind: .usage, price: StoreFixture.price),
                    license: License(kind: .personal),
                    status: .completed, createdAt: .now)
                try await fixture.store.record(PurchaseRecord(purchase: purchase), onCommit: {})
            }
        }
        var found: [Skill] = []
        var cursor: String?
        repeat {
            let page = try await fixture.store.skills(
                SkillQuery(search: "tool", sort: sort, page: PageRequest(limit: 4, cursor: cursor)))
            #expect(page.total == 11)
            found += page.items
            cursor = page.nextCursor
        } while cursor != nil
        #expect(Set(found.map(\.name)).count == 11 && found.count == 11)
        let keys: [Double] = found.map {
            switch sort {
            case .popular: Double($0.downloadCount)
            case .newest: Double($0.createdAt.milliseconds)
            case .rating: $0.rating
            // All match as well as each other, and are trusted alike.
            case .relevance: 0
            }
        }
        #expect(keys == keys.sorted(by: >))
        let other = SkillQuery.Sort.allCases.first { $0 != sort } ?? .newest
        let first = try await fixture.store.skills(SkillQuery(sort: sort, page: PageRequest(limit: 2)))
        await #expect(throws: StoreError.invalidCursor) {
            try await fixture.store.skills(
                SkillQuery(sort: other, page: PageRequest(limit: 2, cursor: first.nextCursor)))
        }
    }

    @Test("each filter of the skill list does what it says")
    func filterSkills() async throws {
        let fixture = try await StoreFixture()
        var hidden = try StoreFixture.skill("hidden", of: fixture.seller.id, tags: ["x_y"])
        hidden.status = .rejected
        hidden.category = .utility
        try await fixture.store.insert(skill: hidden)
        func names(_ query: SkillQuery) async throws -> [String] {
            try await fixture.store.skills(query).items.map(\.name).sorted()
        }
        #expect(try await names(SkillQuery()) == ["emailer"])
        #expect(try await names(SkillQuery(status: nil)) == ["emailer", "hidden"])
        #expect(try await names(SkillQuery(category: .utility, status: nil)) == ["hidden"])
        #expect(try await names(SkillQuery(tag: "x_y", status: nil)) == ["hidden"])
        #expect(try await names(SkillQuery(tag: "x", status: nil)).isEmpty)
        #expect(try await names(SkillQuery(agentID: .new(), status: nil)).isEmpty)
        #expect(try await names(SkillQuery(search: "EMAILER 100%")) == ["emailer"])
        #expect(try await names(SkillQuery(search: "emailer absent")).isEmpty)
        #expect(try await names(SkillQuery(search: "x_y", status: nil)) == ["hidden"])
        #expect(try await names(SkillQuery(search: "100_", status: nil)) == ["emailer", "hidden"])
        #expect(try await names(SkillQuery(search: "'; DROP TABLE skills; --", status: nil)).isEmpty)
    }

    @Test("a purchase is revoked once, with its reason and a higher epoch")
    func revoke() async throws {
        let fixture = try await StoreFixture()
        let purchase = try await fixture.bought(by: try await fixture.buyer())
        let revoked = try await fixture.store.revoke(purchase: purchase.id, reason: "chargeback")
        #expect(revoked.revokedReason == "chargeback" && revoked.revocationEpoch == 1)
        let again = try await fixture.store.revoke(purchase: purchase.id, reason: "other")
        #expect(again == revoked)
        #expect(try await fixture.store.purchase(id: purchase.id) == revoked)
        await #expect(throws: StoreError.missing("purchase")) {
            _ = try await fixture.store.revoke(purchase: .new(), reason: "r")
        }
    }

    @Test("a payment on the chain pays one purchase")
    func transactionHash() async throws {
        let fixture = try await StoreFixture()
        let buyer = try await fixture.buyer()
        let record = {
            try PurchaseRecord(
                purchase: Purchase(
                    id: .new(), buyerID: buyer.id, sellerID: fixture.seller.id, skillID: fixture.skill.id,
                    amount: StoreFixture.usdc(0), pricing: Pricing(kind: .usage, price: StoreFixture.price),
                    transactionHash: "5KtP",
                    license: License(kind: .commercial), status: .completed, createdAt: .now))
        }
        try await fixture.store.record(record(), onCommit: {})
        await #expect(throws: StoreError.conflict(field: "txHash")) {
            try await fixture.store.record(record(), onCommit: {})
        }
    }
}
