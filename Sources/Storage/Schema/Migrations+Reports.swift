extension Migrations {
    static let reports = """
        CREATE TABLE abuse_reports (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            skill_id BLOB NOT NULL REFERENCES skills (id),
            agent_id BLOB NOT NULL REFERENCES agents (id),
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'upheld', 'dismissed')),
            counts INTEGER NOT NULL CHECK (counts IN (0, 1)),
            answer TEXT,
            answered_at INTEGER,
            decision TEXT,
            decided_at INTEGER,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX abuse_reports_open ON abuse_reports (skill_id, agent_id) WHERE state = 'open';
        CREATE INDEX abuse_reports_by_skill ON abuse_reports (skill_id, created_at);
        CREATE INDEX abuse_reports_by_agent ON abuse_reports (agent_id, state);
        CREATE INDEX abuse_reports_by_time ON abuse_reports (created_at);
        """
}
