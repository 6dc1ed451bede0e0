extension Migrations {
    /// Until then an agent had one key, and nothing revoked it. `revoked` is what a clock that is set back must not undo.
    static let namedKeys = """
        ALTER TABLE api_keys ADD COLUMN name TEXT;
        ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
        ALTER TABLE api_keys ADD COLUMN revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1));
        UPDATE api_keys SET revoked = 1 WHERE revoked_at <= 1000 * CAST(strftime('%s', 'now') AS INTEGER);
        """

    static let signingKeys = "ALTER TABLE api_keys ADD COLUMN signing_key BLOB CHECK (length(signing_key) = 32)"
}
