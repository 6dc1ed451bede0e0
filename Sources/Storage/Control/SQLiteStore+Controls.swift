import Foundation
import GRDB
public import MarketCore

extension SQLiteStore: ControlStore {
    public func pauses() async throws(StoreError) -> [Pause] {
        try await read { db in
            try db.rows("SELECT * FROM pauses ORDER BY since, kind, target", []).map { row in
                Pause(
                    try row.value("target", Pause.Target(kind: try row.text("kind"), id: try row.text("target"))),
                    reason: try row.text("reason"), retryAfterSeconds: try row.integer("retry_after"),
                    since: try row.time("since"))
            }
        }
    }

    public func set(pause: Pause, onCommit: @escaping @Sendable () -> Void) async throws(StoreError) {
        try await committer.write { db in
            _ = try db.run(
                """
                INSERT INTO pauses (kind, target, reason, retry_after, since) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (kind, target) DO UPDATE SET reason = ?3, retry_after = ?4, since = ?5
                """,
                [
                    pause.target.kind, pause.target.id, pause.reason, pause.retryAfterSeconds, pause.since.milliseconds,
                ])
        } onCommit: {
            onCommit()
        }
    }

    public func removePause(
        of target: Pause.Target, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) {
        try await committer.write { db in
            let removed = try db.run("DELETE FROM pauses WHERE kind = ? AND target = ?", [target.kind, target.id])
            guard removed == 1 else { throw StoreError.missing("pause") }
        } onCommit: {
            onCommit()
        }
    }

    // MARK: Agents

    public func inactiveAgents() async throws(StoreError) -> [Agent.ID: Agent.Status] {
        try await read { db in
            let agents = try db.rows(
                "SELECT * FROM agents WHERE id IN (SELECT agent_id FROM hidden_agents)", []
            ).map { try $0.agent() }
            return Dictionary(agents.map { ($0.id, $0.status) }, uniquingKeysWith: { first, _ in first })
        }
    }

    public func change(
        _ change: AgentChange, of agent: Agent.ID, at time: Timestamp,
        onCommit: @escaping @Sendable (Agent) -> Void
    ) async throws(StoreError) -> Agent {
        try await committer.write { db in
            let (column, values): (String, [Bound]) =
                switch change {
                case .ban(let reason):
                    ("banned_at = ifnull(banned_at, ?), ban_reason = ?", [time.milliseconds, reason])
                case .unban: ("banned_at = NULL, ban_reason = NULL", [])
                case .deactivate: ("deactivated_at = ifnull(deactivated_at, ?)", [time.milliseconds])
                case .reactivate: ("deactivated_at = NULL", [])
                }
            try db.run(
                "UPDATE agents SET \(column), updated_at = ? WHERE id = ?", values + [time.milliseconds, agent.uuid])
            guard let changed = try db.row("SELECT * FROM agents WHERE id = ?", [agent.uuid])?.agent() else {
                throw StoreError.missing("agent")
            }
            if changed.status == .active {
                try db.run("DELETE FROM hidden_agents WHERE agent_id = ?", [agent.uuid])
            } else {
                try db.run("INSERT INTO hidden_agents VALUES (?) ON CONFLICT DO NOTHING", [agent.uuid])
            }
            // The index of skills shows or hides them from the next search on.
            try db.run(
                """
                INSERT INTO search_due SELECT id, 1 FROM skills WHERE agent_id = ?
                ON CONFLICT (skill_id) DO UPDATE SET urgent = 1
                """, [agent.uuid])
            if change == .deactivate {
                try db.run("UPDATE purchases SET renews = 0 WHERE buyer_id = ? AND renews = 1", [agent.uuid])
            }
            return changed
        } onCommit: {
            onCommit($0)
        }
    }

    /// Makes sure that nobody has a name which looks like this one; that of an agent which was deactivated long ago is
    /// given up for it.
    static func requireFree(_ name: String, at time: Timestamp, in db: Database) throws {
        let folded = AgentName.folded(name)
        let row = try db.row(
            """
            SELECT a.* FROM agent_names AS n JOIN agents AS a ON a.id = n.agent_id WHERE n.folded = ?
            """, [folded])
        guard let former = try row?.agent() else { return }
        guard former.status == .deactivated, let since = former.deactivatedAt,
            since.advanced(byMilliseconds: AgentName.reservedMilliseconds) <= time
        else { throw StoreError.conflict(field: "name") }
        try db.run("UPDATE agents SET name = ? WHERE id = ?", ["former \(former.id)", former.id.uuid])
        try db.run("DELETE FROM agent_names WHERE folded = ?", [folded])
    }

    // MARK: Featured skills

    public func featured() async throws(StoreError) -> [Skill] {
        try await read { db in
            try db.rows(
                """
                \(Self.skillRows) JOIN featured_skills AS f ON f.skill_id = s.id
                WHERE s.status = 'published' AND \(SkillQuery.isShown) ORDER BY f.position
                """, []
            ).map { try $0.skill() }
        }
    }

    public func setFeatured(_ skills: [Skill.ID]) async throws(StoreError) {
        try await committer.write { db in
            try db.run("DELETE FROM featured_skills", [])
            for (position, id) in skills.enumerated() {
                try db.run("INSERT INTO featured_skills (position, skill_id) VALUES (?, ?)", [position, id.uuid])
            }
        }
    }

    // MARK: Counts

    public func stats(of agent: Agent.ID) async throws(StoreError) -> AgentStats {
        try await read { db in
            AgentStats(
                skills: try db.count(
                    "SELECT count(*) FROM skills AS s WHERE agent_id = ? AND status = 'published' AND \(SkillQuery.isShown)",
                    [agent.uuid]),
                sales: try db.count("SELECT total_sales FROM agents WHERE id = ?", [agent.uuid]),
                buyers: try db.count(
                    "SELECT count(DISTINCT buyer_id) FROM purchases WHERE seller_id = ? AND status <> 'pending'",
                    [agent.uuid]),
                callsServed: try db.count(
                    "SELECT sum(calls) FROM usage_totals WHERE unit = 'month' AND seller_id = ?", [agent.uuid]),
                downloads: try db.count("SELECT sum(download_count) FROM skills WHERE agent_id = ?", [agent.uuid]))
        }
    }

    public func agentCounts() async throws(StoreError) -> [Agent.Status: Int64] {
        try await read { db in
            let inactive = try db.row(
                """
                SELECT count(banned_at) AS banned, count(*) AS inactive FROM agents
                WHERE id IN (SELECT agent_id FROM hidden_agents)
                """, [])
            let all = try db.count("SELECT count(*) FROM agents")
            let (banned, hidden) = (try inactive?.integer("banned") ?? 0, try inactive?.integer("inactive") ?? 0)
            return [.active: all - hidden, .banned: banned, .deactivated: hidden - banned]
        }
    }

    public func skillCounts() async throws(StoreError) -> [Skill.Status: Int64] {
        try await read { db in
            let rows = try db.rows("SELECT status, count(*) AS number FROM skills GROUP BY status", [])
            return Dictionary(
                try rows.map { (try $0.word("status"), try $0.integer("number")) },
                uniquingKeysWith: { first, _ in first })
        }
    }
}

extension SkillQuery {
    /// The condition on a skill `s` that its seller is neither banned nor deactivated.
    static let isShown = "NOT EXISTS (SELECT 1 FROM hidden_agents AS h WHERE h.agent_id = s.agent_id)"
}
