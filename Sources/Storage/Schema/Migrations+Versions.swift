extension Migrations {
    /// Versions from before were published without a review, and stay.
    static let versions = """
        ALTER TABLE skills ADD COLUMN hidden_reason TEXT;
        ALTER TABLE skills ADD COLUMN deprecated_at INTEGER;
        ALTER TABLE skills ADD COLUMN deprecation TEXT;
        ALTER TABLE skills ADD COLUMN successor TEXT;
        ALTER TABLE skill_versions ADD COLUMN source BLOB;

        CREATE TABLE version_standings (
            skill_id BLOB NOT NULL,
            version TEXT NOT NULL,
            review TEXT NOT NULL CHECK (review IN ('pending', 'passed', 'review', 'rejected')),
            quality REAL CHECK (quality BETWEEN 0 AND 1),
            rules INTEGER,
            decision TEXT,
            yanked_at INTEGER,
            yanked_reason TEXT,
            revoked_at INTEGER,
            revoked_reason TEXT,
            display_name TEXT,
            pricing TEXT,
            report BLOB,
            handed_at INTEGER NOT NULL,
            PRIMARY KEY (skill_id, version),
            FOREIGN KEY (skill_id, version) REFERENCES skill_versions (skill_id, version)
        ) STRICT;
        CREATE INDEX version_standings_by_review ON version_standings (review, handed_at) WHERE review <> 'passed';
        INSERT INTO version_standings (skill_id, version, review, handed_at)
        SELECT skill_id, version, 'passed', created_at FROM skill_versions;
        """

    /// When a version was last looked at; null where that was before this was kept.
    static let reviewTimes = "ALTER TABLE version_standings ADD COLUMN reviewed_at INTEGER;"
}
