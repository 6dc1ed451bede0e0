import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    public func insert(agent: Agent, key: StoredKey) async throws(StoreError) {
        try await committer.write { db in
            try Self.requireFree(agent.name, at: agent.createdAt, in: db)
            try db.run(
                """
                INSERT INTO agents (id, name, owner_wallet, description, avatar, reputation, total_sales, created_at,
                    updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    agent.id.uuid, agent.name, agent.ownerWallet, agent.description, agent.avatar, agent.reputation,
                    agent.totalSales, agent.createdAt.milliseconds, agent.updatedAt.milliseconds,
                ])
            try db.run(
                "INSERT INTO agent_names (folded, agent_id) VALUES (?, ?)",
                [AgentName.folded(agent.name), agent.id.uuid])
            try Self.insert(key, in: db)
        }
    }

    /// Sales and reputation are not among what this changes: they follow the purchases and reviews.
    public func update(agent: Agent, if revision: Revision? = nil) async throws(StoreError) {
        try await committer.write { db in
            if let revision, let stored = try db.row("SELECT * FROM agents WHERE id = ?", [agent.id.uuid])?.agent() {
                guard stored.revision == revision else { throw StoreError.stale("agent") }
            }
            let changed = try db.run(
                """
                UPDATE agents SET owner_wallet = ?, description = ?, avatar = ?, updated_at = ? WHERE id = ?
                """,
                [
                    agent.ownerWallet, agent.description, agent.avatar, agent.updatedAt.milliseconds, agent.id.uuid,
                ])
            guard changed == 1 else { throw StoreError.missing("agent") }
        }
    }

    public func agent(id: Agent.ID) async throws(StoreError) -> Agent? {
        try await read { db in try db.row("SELECT * FROM agents WHERE id = ?", [id.uuid])?.agent() }
    }

    public func agent(named name: String) async throws(StoreError) -> Agent? {
        try await read { db in try db.row("SELECT * FROM agents WHERE name = ?", [name])?.agent() }
    }

    public func agents(search: String?, page: PageRequest) async throws(StoreError) -> Page<Agent> {
        let cursor = try Cursor.parse(page.cursor, list: "agents")
        return try await read { db in
            var conditions = Conditions()
            conditions.add("id NOT IN (SELECT agent_id FROM hidden_agents)")
            if let search, !search.isEmpty { conditions.add(search, anywhereIn: ["name", "description"]) }
            let total = try db.count("SELECT count(*) FROM agents" + conditions.sql, conditions.values)
            if let cursor { conditions.add("name > ?", cursor.key) }
            let found = try db.rows(
                "SELECT * FROM agents\(conditions.sql) ORDER BY name LIMIT ?", conditions.values + [page.limit + 1])
            return try Page(rows: found, limit: page.limit, total: total) { row in
                try row.agent()
            } cursor: { agent in
                Cursor(list: "agents", key: agent.name)
            }
        }
    }
}

extension Page {
    /// A page of rows that were read with one more than the limit, to see whether there is a next page.
    init(
        rows: [Row], limit: Int, total: Int64, item: (Row) throws -> Item, cursor: (Item) -> Cursor
    ) throws {
        let items = try rows.prefix(limit).map(item)
        let next = rows.count > limit ? items.last.map(cursor)?.text : nil
        self.init(items: items, nextCursor: next, total: total)
    }
}
