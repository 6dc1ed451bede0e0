import Foundation
import GRDB
import MarketCore
import Testing

@testable import Storage

@Suite("Finding skills among many", .timeLimit(.minutes(2)))
struct DiscoveryScaleTests {
    /// Cards of 6,000 skills, of which every second is cheap, every tenth good, and one is both and dear.
    private func market() async throws -> StoreFixture {
        let fixture = try await StoreFixture()
        try await fixture.store.committer.write { db in
            try db.run(
                """
                WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 6000)
                INSERT INTO skills (id, agent_id, name, display_name, description, category, pricing_kind, price,
                    currency, pricing, status, tags, latest_version, rating, review_count, download_count, created_at,
                    updated_at, runtime)
                SELECT randomblob(16), agent_id, 'tool-' || n, 'Tool', 'tool number ' || n, category, pricing_kind,
                    CASE WHEN n = 77 THEN 900000000 WHEN n % 2 = 0 THEN 100 + n ELSE 5000000 END, currency, pricing,
                    status, '[]', latest_version, iif(n % 10 = 0 OR n = 77, 4.5, 2), 0, 0, n, n, 'node'
                FROM skills, numbers WHERE name = 'emailer'
                """, [])
            try db.run(
                """
                INSERT INTO skill_versions (skill_id, version, package, manifest, api, created_at)
                SELECT s.id, v.version, v.package, v.manifest, v.api, v.created_at FROM skills AS s,
                    (SELECT * FROM skill_versions LIMIT 1) AS v WHERE s.id <> v.skill_id
                """, [])
            _ = try db.run(
                """
                INSERT INTO version_standings (skill_id, version, review, handed_at)
                SELECT skill_id, version, 'passed', created_at FROM skill_versions WHERE true
                ON CONFLICT (skill_id, version) DO NOTHING
                """, [])
        }
        try await fixture.store.refreshIndex()
        return fixture
    }

    @Test("lists are complete however many there are; totals stop at a bound and say so")
    func lists() async throws {
        let fixture = try await market()
        func page(_ change: (inout SkillQuery) -> Void) async throws -> Page<Skill> {
            var query = SkillQuery(sort: .newest, page: PageRequest(limit: 3))
            change(&query)
            return try await fixture.store.skills(query)
        }
        let all = try await page { _ in }
        #expect(!all.isTotalExact && all.total == 2000)
        #expect(try await page { $0.runtime = .node }.items.map(\.name) == ["tool-6000", "tool-5999", "tool-5998"])
        // Half of all: cards are walked.
        let cheap = try await page { $0.priceMax = StoreFixture.usdc(50_000) }
        #expect(cheap.items.map(\.name) == ["emailer", "tool-6000", "tool-5998"])
        #expect(!cheap.isTotalExact && cheap.total > 0 && cheap.total <= 3001)
        // A few: the index is asked.
        let good = try await page { $0.starsMin = 4 }
        #expect(good.items.map(\.name) == ["tool-6000", "tool-5990", "tool-5980"])
        #expect(good.isTotalExact && good.total == 601)
        let dear = try await page {
            $0.priceMin = StoreFixture.usdc(800_000_000)
            $0.starsMin = 4
        }
        #expect(dear.items.map(\.name) == ["tool-77"] && dear.isTotalExact && dear.total == 1)
        #expect(try await page { $0.priceMin = StoreFixture.usdc(1_000_000_000) }.total == 0)
        let between = try await page {
            $0.priceMin = StoreFixture.usdc(120)
            $0.priceMax = StoreFixture.usdc(130)
        }
        #expect(between.items.map(\.name) == ["tool-30", "tool-28", "tool-26"] && between.total == 6)
        let none = try await page {
            $0.priceMin = StoreFixture.usdc(9)
            $0.priceMax = StoreFixture.usdc(8)
        }
        #expect(none.items.isEmpty && none.total == 0)
        let words = try await page { $0.search = "tool" }
        #expect(words.items.count == 3 && !words.isTotalExact && words.total == 2000)
        try await fixture.store.close()
    }

    @Test("no list reads more than it may: an index answers each of its queries")
    func plans() async throws {
        let fixture = try await market()
        let plans = try await fixture.store.read { db in
            try [
                "SELECT c.skill_id FROM skill_cards AS c WHERE c.status = 'published' ORDER BY c.created_at DESC, c.skill_id DESC",
                """
                SELECT c.skill_id FROM skill_cards AS c WHERE c.status = 'published'
                ORDER BY c.download_count DESC, c.skill_id DESC
                """,
                "SELECT c.skill_id FROM skill_cards AS c WHERE c.status = 'published' ORDER BY c.rating DESC, c.skill_id DESC",
                """
                SELECT c.skill_id FROM (
                    SELECT rowid AS place FROM skill_search WHERE skill_search MATCH 'tool' ORDER BY rowid LIMIT 1000
                ) JOIN skill_cards AS c ON c.slot = place
                """,
            ].map { sql in
                try db.rows("EXPLAIN QUERY PLAN \(sql)", []).map { try $0.text("detail") }.joined(separator: "\n")
            }
        }
        for plan in plans {
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
            #expect(plan.contains("INDEX skill_cards_by_") || plan.contains("USING INTEGER PRIMARY KEY"), "\(plan)")
        }
        try await fixture.store.close()
    }
}
