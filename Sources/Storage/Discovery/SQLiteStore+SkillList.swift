import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    public func skills(_ query: SkillQuery) async throws(StoreError) -> Page<Skill> {
        await indexUrgent()
        let list = try SkillList(query)
        return try await read { db in try list.page(in: db) }
    }

    public func refreshIndex() async throws(StoreError) {
        while try await indexSome("") {}
    }

    /// What changed of skills themselves is found by the next search; how far they are trusted may follow later. A list
    /// that lacks what is new is better than none, as on a full disk.
    func indexUrgent() async {
        for _ in 0..<Self.indexedBatchesMax {
            guard let isMore = try? await indexSome("WHERE urgent = 1"), isMore else { return }
        }
    }

    /// Returns false when there is nothing left to do.
    private func indexSome(_ condition: String) async throws(StoreError) -> Bool {
        let isDue = try await read { db in try db.row("SELECT 1 FROM search_due \(condition) LIMIT 1", []) != nil }
        guard isDue else { return false }
        return try await committer.write { db in
            let due: [Data] = try db.rows(
                "SELECT skill_id FROM search_due \(condition) LIMIT ?", [Self.indexedMax]
            ).map { try $0.decode(Data.self, forColumn: "skill_id") }
            for skill in due {
                try SkillCard.replace(skill, in: db)
                try db.run("DELETE FROM search_due WHERE skill_id = ?", [skill])
            }
            return due.count == Self.indexedMax
        }
    }

    /// Skills that one write indexes, so that the settles behind it do not wait long.
    private static let indexedMax = 200
    /// What one search does before it answers.
    private static let indexedBatchesMax = 25
}

/// One page of the list of skills.
private struct SkillList: Sendable {
    /// Matches that are looked at, the most trusted first; where they are ordered by how well they match, fewer.
    private static let (matchesMax, rankedMax) = (2000, 1000)
    /// Cards that are looked at, the most trusted first, to tell how many there are of a price at least.
    private static let countedMax = 5000

    private let query: SkillQuery
    private let match: SkillMatch
    private let cursor: Cursor?
    private let name: String

    init(_ query: SkillQuery) throws(StoreError) {
        self.query = query
        match = SkillMatch(query)
        name = "skills.\(query.sort.rawValue)"
        cursor = try Cursor.parse(query.page.cursor, list: name)
    }

    func page(in db: Database) throws -> Page<Skill> {
        if match.isImpossible { return Page(items: [], nextCursor: nil, total: 0) }
        if match.hasWords, query.sort == .relevance { return try rankedPage(in: db) }
        let matches = try matches(upTo: Self.matchesMax, in: db)
        let isIndexed = match.needsIndex || !match.expression.isEmpty && matches <= Self.matchesMax
        let source =
            isIndexed
            ? """
            (SELECT rowid AS place FROM skill_search WHERE skill_search MATCH ? ORDER BY rowid LIMIT \(Self.matchesMax))
                JOIN skill_cards AS c ON c.slot = place
            """ : "skill_cards AS c"
        let bound: [Bound] = isIndexed ? [match.expression] : []
        var conditions = isIndexed ? match.bounds : match.filters.joined(match.bounds)
        let (total, isExact) = try count(isIndexed: isIndexed, matches: matches, source, bound, in: db)
        let order = try order(&conditions)
        let rows = try db.rows(
            "SELECT c.skill_id, \(order.key) AS key FROM \(source)\(conditions.sql) ORDER BY \(order.sql) LIMIT ?",
            bound + conditions.values + [query.page.limit + 1])
        let places: [(id: UUID, key: String)] = try rows.map { row in
            let key =
                query.sort == .rating ? String(try row.real("key").bitPattern) : String(try row.integer("key"))
            return ((try row.id("skill_id") as Skill.ID).uuid, key)
        }
        return try page(places[...], total: total, isExact, in: db)
    }

    /// How many there are, or at least are.
    private func count(
        isIndexed: Bool, matches: Int64, _ source: String, _ bound: [Bound], in db: Database
    ) throws -> (total: Int64, isExact: Bool) {
        let isComplete = matches <= Self.matchesMax
        if match.bounds.clauses.isEmpty { return (min(matches, Int64(Self.matchesMax)), isComplete) }
        if isIndexed {
            let total = try db.count(
                "SELECT count(*) FROM \(source)\(match.bounds.sql)", bound + match.bounds.values)
            return (total, isComplete)
        }
        let conditions = match.filters.joined(match.bounds)
        let total = try db.count(
            "SELECT count(*) FROM (SELECT * FROM skill_cards ORDER BY slot LIMIT \(Self.countedMax)) AS c"
                + conditions.sql, conditions.values)
        return (total, false)
    }

    /// Adds where the page begins.
    private func order(_ conditions: inout Conditions) throws(StoreError) -> (key: String, sql: String) {
        switch query.sort {
        case .relevance:
            if let place = try cursor?.numbered() { conditions.add("c.slot > ?", place.key) }
            return ("c.slot", "c.slot")
        case .rating:
            if let place = try cursor?.measured() {
                conditions.add("(c.rating, c.skill_id) < (?, ?)", place.key, place.id)
            }
            return ("c.rating", "c.rating DESC, c.skill_id DESC")
        case .popular, .newest:
            let column = query.sort == .popular ? "c.download_count" : "c.created_at"
            if let place = try cursor?.numbered() {
                conditions.add("(\(column), c.skill_id) < (?, ?)", place.key, place.id)
            }
            return (column, "\(column) DESC, c.skill_id DESC")
        }
    }

    private func matches(upTo limit: Int, in db: Database) throws -> Int64 {
        guard !match.expression.isEmpty else {
            return try db.count("SELECT count(*) FROM (SELECT 1 FROM skill_cards LIMIT ?)", [limit + 1])
        }
        return try db.count(
            "SELECT count(*) FROM (SELECT 1 FROM skill_search WHERE skill_search MATCH ? LIMIT ?)",
            [match.expression, limit + 1])
    }

    // MARK: By how well they match

    private struct Candidate {
        let id: UUID
        let rank: Double
    }

    private func rankedPage(in db: Database) throws -> Page<Skill> {
        let (ranked, isExact) = try candidates(in: db)
        var start = 0
        if let place = try cursor?.measured() {
            // Ranks move a little with every skill that comes or goes, the last one of the page before like the others;
            // only if it moved by itself, or is gone, does its former rank say where the list goes on.
            if let index = ranked.firstIndex(where: { $0.id == place.id }),
                abs(ranked[index].rank - place.key) <= place.key / 50
            {
                start = index + 1
            } else {
                start = ranked.firstIndex { !Self.precedes($0, place) } ?? ranked.count
            }
        }
        let places = ranked[start...].prefix(query.page.limit + 1).map { (id: $0.id, key: String($0.rank.bitPattern)) }
        return try page(places[...], total: Int64(ranked.count), isExact, in: db)
    }

    private static func precedes(_ candidate: Candidate, _ place: (key: Double, id: UUID)) -> Bool {
        candidate.rank > place.key || candidate.rank == place.key && candidate.id >= place.id
    }

    /// Name, display name, tags and description weigh 10, 5, 3 and 1; what is filtered by weighs nothing.
    private func candidates(in db: Database) throws -> (ranked: [Candidate], areAll: Bool) {
        let statement = try db.cachedStatement(
            sql: """
                SELECT c.skill_id, c.trust, words, \(match.bounds.expression) FROM (
                    SELECT rowid AS place, -bm25(skill_search, 10.0, 5.0, 3.0, 1.0, 0.0) AS words
                    FROM skill_search WHERE skill_search MATCH ? ORDER BY rowid LIMIT \(Self.rankedMax + 1)
                ) JOIN skill_cards AS c ON c.slot = place ORDER BY place
                """)
        let values = match.bounds.values + [match.expression]
        let rows = try Row.fetchCursor(statement, arguments: StatementArguments(bound: values))
        var found: [(id: UUID, trust: Int64, words: Double)] = []
        var count = 0
        while count < Self.rankedMax, let row = try rows.next() {
            count += 1
            guard try row.decode(Bool.self, atIndex: 3) else { continue }
            found.append(
                (
                    try row.decode(UUID.self, atIndex: 0), try row.decode(Int64.self, atIndex: 1),
                    try row.decode(Double.self, atIndex: 2)
                ))
        }
        let areAll = try rows.next() == nil
        let best = found.reduce(0) { max($0, $1.words) }
        let ranked = found.map { skill in
            Candidate(
                id: skill.id,
                rank: SkillTrust.rank(trust: skill.trust, words: best > 0 ? skill.words / best : 1))
        }
        return (ranked.sorted { $0.rank != $1.rank ? $0.rank > $1.rank : $0.id > $1.id }, areAll)
    }

    // MARK: The skills themselves

    /// - Parameter places: of the skills of the page, and of one more where there is a next one.
    private func page(
        _ places: ArraySlice<(id: UUID, key: String)>, total: Int64, _ isExact: Bool, in db: Database
    ) throws -> Page<Skill> {
        let shown = places.prefix(query.page.limit)
        let skills = try shown.compactMap { place in
            try db.row(SQLiteStore.skillRows + " WHERE s.id = ?", [place.id])?.skill()
        }
        let next = places.count > shown.count ? shown.last : nil
        return Page(
            items: skills, nextCursor: next.map { Cursor(list: name, key: $0.key, id: $0.id).text }, total: total,
            isTotalExact: isExact)
    }
}
