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
        return migrator
    }

    /// Until then a run cost what the skill cost at the time of the run. A skill keeps its currency for good.
    private static let runPrice = """
        ALTER TABLE purchases ADD COLUMN run_price INTEGER NOT NULL DEFAULT 0
            CONSTRAINT "a run's price is never below zero" CHECK (run_price >= 0);
        UPDATE purchases SET run_price = s.price FROM skills AS s
        WHERE s.id = purchases.skill_id AND s.pricing_kind = 'usage' AND s.currency = purchases.currency;
        """
}
