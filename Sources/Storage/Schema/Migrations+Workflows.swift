extension Migrations {
    static let workflowPins = """
        CREATE TABLE workflow_pins (
            package TEXT NOT NULL REFERENCES packages (digest),
            step TEXT NOT NULL,
            fallback INTEGER NOT NULL CHECK (fallback IN (0, 1)),
            skill_id BLOB NOT NULL REFERENCES skills (id),
            version TEXT NOT NULL,
            PRIMARY KEY (package, step, fallback)
        ) STRICT, WITHOUT ROWID;
        """

    static let workflowRuns = """
        -- Workflows with a settled step and no end yet, by the request that goes on with them.
        CREATE TABLE workflow_runs (
            run BLOB NOT NULL PRIMARY KEY CHECK (length(run) = 16),
            agent_id BLOB NOT NULL,
            route TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            version TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            UNIQUE (agent_id, route, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX workflow_runs_by_time ON workflow_runs (created_at);

        -- The run is the first execution of the workflow.
        CREATE TABLE workflow_steps (
            usage_id BLOB NOT NULL PRIMARY KEY REFERENCES usages (id),
            run BLOB NOT NULL CHECK (length(run) = 16),
            step TEXT NOT NULL,
            fallback INTEGER NOT NULL CHECK (fallback IN (0, 1)),
            version TEXT NOT NULL,
            shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
            final INTEGER NOT NULL CHECK (final IN (0, 1)),
            result BLOB
        ) STRICT;
        CREATE INDEX workflow_steps_by_run ON workflow_steps (run);
        CREATE UNIQUE INDEX workflow_steps_run_once ON workflow_steps (run, step, fallback) WHERE final = 1;

        -- Executions that went on with an earlier one.
        CREATE TABLE workflow_attempts (
            execution BLOB NOT NULL PRIMARY KEY REFERENCES usages (id),
            run BLOB NOT NULL CHECK (length(run) = 16)
        ) STRICT, WITHOUT ROWID;
        """

    /// Under one licence several skills are called: a workflow's, and those of its steps that its price pays.
    static let usageTotalsBySkill = """
        CREATE TABLE usage_totals_by_skill (
            unit TEXT NOT NULL CHECK (unit IN ('hour', 'day', 'month')),
            start INTEGER NOT NULL,
            agent_id BLOB NOT NULL,
            seller_id BLOB NOT NULL,
            skill_id BLOB NOT NULL,
            chain BLOB NOT NULL,
            verdict TEXT NOT NULL,
            currency TEXT NOT NULL,
            calls INTEGER NOT NULL,
            units INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            duration_ms INTEGER NOT NULL,
            cpu_ms INTEGER NOT NULL,
            request_bytes INTEGER NOT NULL,
            response_bytes INTEGER NOT NULL,
            PRIMARY KEY (unit, agent_id, start, chain, verdict, currency, skill_id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO usage_totals_by_skill SELECT unit, start, agent_id, seller_id, skill_id, chain, verdict, currency,
            calls, units, cost, duration_ms, cpu_ms, request_bytes, response_bytes FROM usage_totals;
        DROP TABLE usage_totals;
        ALTER TABLE usage_totals_by_skill RENAME TO usage_totals;
        CREATE INDEX usage_totals_by_seller ON usage_totals (unit, seller_id, start);
        """
}
