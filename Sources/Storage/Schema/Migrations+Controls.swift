import GRDB
import MarketCore

extension Migrations {
    static func controls(_ db: Database) throws {
        try db.execute(sql: controlTables)
        // Of names from before that look alike, the first has it; all stay as they are.
        for row in try db.rows("SELECT id, name FROM agents ORDER BY created_at, id", []) {
            let id: Agent.ID = try row.id("id")
            try db.run(
                "INSERT INTO agent_names (folded, agent_id) VALUES (?, ?) ON CONFLICT (folded) DO NOTHING",
                [AgentName.folded(try row.text("name")), id.uuid])
        }
    }

    /// Keys from before may do everything from everywhere. What is in `hidden_agents` follows from the agents, so that
    /// lists of skills need not look at each seller.
    private static let controlTables = """
        ALTER TABLE api_keys ADD COLUMN scopes INTEGER NOT NULL DEFAULT 15 CHECK (scopes BETWEEN 1 AND 15);
        ALTER TABLE api_keys ADD COLUMN addresses TEXT NOT NULL DEFAULT '';

        ALTER TABLE agents ADD COLUMN banned_at INTEGER;
        ALTER TABLE agents ADD COLUMN ban_reason TEXT;
        ALTER TABLE agents ADD COLUMN deactivated_at INTEGER;

        CREATE TABLE agent_names (
            folded TEXT NOT NULL PRIMARY KEY,
            agent_id BLOB NOT NULL REFERENCES agents (id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE hidden_agents (
            agent_id BLOB NOT NULL PRIMARY KEY REFERENCES agents (id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE pauses (
            kind TEXT NOT NULL,
            target TEXT NOT NULL,
            reason TEXT NOT NULL,
            retry_after INTEGER NOT NULL CHECK (retry_after >= 1),
            since INTEGER NOT NULL,
            PRIMARY KEY (kind, target)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE featured_skills (
            position INTEGER NOT NULL PRIMARY KEY,
            skill_id BLOB NOT NULL UNIQUE REFERENCES skills (id)
        ) STRICT;
        """
}
