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
        return migrator
    }
}
