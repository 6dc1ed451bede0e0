import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    public func skills(_ query: SkillQuery) async throws(StoreError) -> Page<Skill> {
        let list = "skills.\(query.sort.rawValue)"
        let cursor = try Cursor.parse(query.page.cursor, list: list)
        var conditions = query.conditions
        let counted = conditions
        let column = query.sort.column
        if let cursor {
            if query.sort == .rating {
                let place = try cursor.measured()
                conditions.add("(s.\(column), s.id) < (?, ?)", place.key, place.id)
            } else {
                let place = try cursor.numbered()
                conditions.add("(s.\(column), s.id) < (?, ?)", place.key, place.id)
            }
        }
        return try await read { [conditions, counted] db in
            let total = try db.count("SELECT count(*) FROM skills AS s" + counted.sql, counted.values)
            let found = try db.rows(
                "\(Self.skillRows)\(conditions.sql) ORDER BY s.\(column) DESC, s.id DESC LIMIT ?",
                conditions.values + [query.page.limit + 1])
            return try Page(rows: found, limit: query.page.limit, total: total) { row in
                try row.skill()
            } cursor: { skill in
                Cursor(list: list, key: query.sort.key(of: skill), id: skill.id.uuid)
            }
        }
    }
}

extension SkillQuery {
    /// Words beyond the eighth are not looked at.
    static let searchWordsMax = 8

    fileprivate var conditions: Conditions {
        var conditions = Conditions()
        if let category { conditions.add("s.category = ?", category.rawValue) }
        if let agentID { conditions.add("s.agent_id = ?", agentID.uuid) }
        if let status { conditions.add("s.status = ?", status.rawValue) }
        if let tag { conditions.add("EXISTS (SELECT 1 FROM json_each(s.tags) WHERE value = ?)", tag) }
        for word in (search ?? "").split(whereSeparator: \.isWhitespace).prefix(Self.searchWordsMax) {
            conditions.add(String(word), anywhereIn: ["s.name", "s.display_name", "s.description", "s.tags"])
        }
        return conditions
    }
}

extension SkillQuery.Sort {
    fileprivate var column: String {
        switch self {
        case .popular: "download_count"
        case .newest: "created_at"
        case .rating: "rating"
        }
    }

    fileprivate func key(of skill: Skill) -> String {
        switch self {
        case .popular: String(skill.downloadCount)
        case .newest: String(skill.createdAt.milliseconds)
        case .rating: String(skill.rating.bitPattern)
        }
    }
}
