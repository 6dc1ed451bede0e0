import GRDB

/// The steps that bring a file's tables up to date. A step that was released never changes; a change is a new step.
enum Migrations {
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 market") { db in try db.execute(sql: marketTables) }
        migrator.registerMigration("2 metering") { db in try db.execute(sql: meteringTables) }
        migrator.registerMigration("3 published API") { db in
            try db.execute(sql: "ALTER TABLE skill_versions ADD COLUMN api BLOB")
        }
        migrator.registerMigration("4 run price") { db in try db.execute(sql: runPrice) }
        migrator.registerMigration("5 bounded outcomes") { db in try db.execute(sql: boundedOutcomes) }
        migrator.registerMigration("6 secrets") { db in try db.execute(sql: secretsTable) }
        migrator.registerMigration("7 commerce") { db in try commerce(db) }
        migrator.registerMigration("8 top-ups") { db in try db.execute(sql: topUps) }
        migrator.registerMigration("9 named keys") { db in try db.execute(sql: namedKeys) }
        migrator.registerMigration("10 audit log") { db in try db.execute(sql: auditTables) }
        migrator.registerMigration("11 controls") { db in try controls(db) }
        migrator.registerMigration("12 quality") { db in try db.execute(sql: quality) }
        migrator.registerMigration("13 versions") { db in try db.execute(sql: versions) }
        migrator.registerMigration("14 abuse reports") { db in try db.execute(sql: reports) }
        migrator.registerMigration("15 reviews") { db in try reviews(db) }
        migrator.registerMigration("16 discovery") { db in try db.execute(sql: discovery) }
        migrator.registerMigration("17 analytics") { db in try db.execute(sql: analytics) }
        migrator.registerMigration("18 workflow pins") { db in try db.execute(sql: workflowPins) }
        migrator.registerMigration("19 workflow runs") { db in try db.execute(sql: workflowRuns + usageTotalsBySkill) }
        migrator.registerMigration("22 upgrades") { db in try db.execute(sql: upgrades) }
        migrator.registerMigration("23 payouts") { db in try db.execute(sql: payouts) }
        migrator.registerMigration("24 signing keys") { db in try db.execute(sql: signingKeys) }
        migrator.registerMigration("25 review times") { db in try db.execute(sql: reviewTimes) }
        return migrator
    }

    /// Until then a run cost what the skill cost at the time of the run. A skill keeps its currency for good.
    private static let runPrice = """
        ALTER TABLE purchases ADD COLUMN run_price INTEGER NOT NULL DEFAULT 0
            CONSTRAINT "a run's price is never below zero" CHECK (run_price >= 0);
        UPDATE purchases SET run_price = s.price FROM skills AS s
        WHERE s.id = purchases.skill_id AND s.pricing_kind = 'usage' AND s.currency = purchases.currency;
        """

    private static let topUps = """
        CREATE TABLE top_ups (
            agent_id BLOB NOT NULL REFERENCES agents (id),
            currency TEXT NOT NULL,
            threshold INTEGER NOT NULL CHECK (threshold >= 0),
            amount INTEGER NOT NULL CHECK (amount > 0),
            number INTEGER NOT NULL CHECK (number >= 0),
            asked_at INTEGER,
            PRIMARY KEY (agent_id, currency)
        ) STRICT, WITHOUT ROWID;
        """

    /// What each agent's stored outcomes take, kept by the database itself, and until when outcomes were dropped.
    /// Nothing looked transfers up by the index that goes; every settle paid for it.
    private static let boundedOutcomes = """
        CREATE TABLE outcome_sizes (
            agent_id BLOB NOT NULL PRIMARY KEY,
            bytes INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO outcome_sizes SELECT agent_id, sum(length(body) + 512) FROM outcomes GROUP BY agent_id;
        CREATE TRIGGER outcomes_add_to_sizes AFTER INSERT ON outcomes
        BEGIN
            INSERT INTO outcome_sizes VALUES (new.agent_id, length(new.body) + 512)
            ON CONFLICT (agent_id) DO UPDATE SET bytes = bytes + excluded.bytes;
        END;
        CREATE TRIGGER outcomes_take_from_sizes AFTER DELETE ON outcomes
        BEGIN
            UPDATE outcome_sizes SET bytes = bytes - length(old.body) - 512 WHERE agent_id = old.agent_id;
        END;

        CREATE TABLE outcome_horizon (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            time INTEGER NOT NULL
        ) STRICT;

        DROP INDEX transfers_by_reference;
        """
}
