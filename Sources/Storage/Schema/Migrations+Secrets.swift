extension Migrations {
    static let secretsTable = """
        CREATE TABLE secrets (
            skill_id BLOB NOT NULL REFERENCES skills (id),
            name TEXT NOT NULL,
            sealed BLOB NOT NULL,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (skill_id, name)
        ) STRICT, WITHOUT ROWID;
        """
}
