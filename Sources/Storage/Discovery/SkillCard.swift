import Fields
import Foundation
import GRDB
import MarketCore

/// One skill as the index of skills has it. Of a seller that does not take part its status is `hidden`, which no list
/// asks for.
struct SkillCard {
    static let hiddenStatus = "hidden"

    private let row: Row
    private let trust: Int64
    private let tags: [String]

    /// Nil when there is no such skill.
    init?(of skill: Data, in db: Database) throws {
        let row = try db.row(
            """
            SELECT s.rowid AS place, s.*, a.reputation, iif(\(SkillQuery.isShown), s.status, '\(Self.hiddenStatus)') AS shown_status
            FROM skills AS s JOIN agents AS a ON a.id = s.agent_id
            WHERE s.id = ?
            """, [skill])
        guard let row else { return nil }
        self.row = row
        let code = try row.decode(Double?.self, forColumn: "quality").map { Int64(($0 * 1000).rounded()) }
        trust = SkillTrust.trust(
            quality: ((code ?? Reputation.unknownQuality) + (try row.integer("documentation"))) / 2,
            reputation: Int64(try row.real("reputation")), downloads: try row.integer("download_count"))
        let json = try? JSONValue(parsing: Array(try row.text("tags").utf8))
        tags = (json?.array ?? []).compactMap(\.string)
    }

    /// The most trusted come first; the skill's own place tells those of one step apart.
    private var slot: Int64 {
        get throws { try (SkillTrust.max - trust) / 10 << 40 | row.integer("place") }
    }

    /// Puts the card and its words in place of those that were there.
    static func replace(_ skill: Data, in db: Database) throws {
        try db.run(
            "DELETE FROM skill_search WHERE rowid = (SELECT slot FROM skill_cards WHERE skill_id = ?)", [skill])
        try db.run("DELETE FROM skill_cards WHERE skill_id = ?", [skill])
        if let card = try SkillCard(of: skill, in: db) { try card.insert(in: db) }
    }

    private func insert(in db: Database) throws {
        let slot = try slot
        try db.run(
            """
            INSERT INTO skill_cards SELECT ?1, id, agent_id, ?4, category, pricing_kind, currency, price, runtime,
                needs_network, needs_secrets, ?2, rating, download_count, created_at
            FROM skills WHERE rowid = ?3
            """, [slot, trust, try row.integer("place"), try row.text("shown_status")])
        try db.run(
            "INSERT INTO skill_search (rowid, name, display_name, tags, description, facets) VALUES (?, ?, ?, ?, ?, ?)",
            [
                slot, try row.text("name"), try row.text("display_name"), tags.joined(separator: " "),
                try row.text("description"), try facets.joined(separator: " "),
            ])
    }

    private var facets: [String] {
        get throws {
            [
                Facet.status(try row.text("shown_status")), Facet.category(try row.text("category")),
                Facet.pricing(try row.text("pricing_kind")), Facet.currency(try row.text("currency")),
                Facet.runtime(try row.text("runtime")), Facet.network(try row.integer("needs_network") != 0),
                Facet.secrets(try row.integer("needs_secrets") != 0), Facet.seller(try row.id("agent_id")),
                Facet.price(try row.integer("price")), Facet.rating(try row.real("rating")),
            ] + tags.map(Facet.tag)
        }
    }
}

/// What lists filter by, as words of the index that no text of a skill has a part in: its own column holds them, and each
/// is letters and digits only.
enum Facet {
    static func status(_ status: String) -> String { word("s", status) }
    static func category(_ category: String) -> String { word("c", category) }
    static func pricing(_ kind: String) -> String { word("p", kind) }
    static func currency(_ currency: String) -> String { word("u", currency) }
    static func runtime(_ runtime: String) -> String { word("r", runtime) }
    static func network(_ isNeeded: Bool) -> String { word("n", isNeeded ? "yes" : "no") }
    static func secrets(_ isNeeded: Bool) -> String { word("k", isNeeded ? "yes" : "no") }
    static func seller(_ agent: Agent.ID) -> String { word("a", agent.description) }
    /// The prices of one step, the highest less than four times the lowest.
    static func price(_ base: Int64) -> String { word("b", String(step(of: base))) }
    /// Those of all steps that prices from one to another one can be in.
    static func prices(from low: Int64, to high: Int64) -> [String] {
        low > high ? [] : (step(of: low)...step(of: high)).map { word("b", String($0)) }
    }
    private static func step(of base: Int64) -> Int { (64 - max(0, base).leadingZeroBitCount + 1) / 2 }
    /// Whole stars.
    static func rating(_ stars: Double) -> String { word("g", String(Int64(stars))) }
    static func tag(_ tag: String) -> String { word("t", tag) }

    private static func word(_ kind: String, _ value: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = value.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "x" + kind + String(decoding: bytes, as: UTF8.self)
    }
}
