extension Migrations {
    /// The log is only ever added to, one number after the other; its head only goes on.
    static let auditTables = """
        CREATE TABLE audit_entries (
            number INTEGER NOT NULL PRIMARY KEY CHECK (number >= 1),
            time INTEGER NOT NULL,
            actor_kind TEXT NOT NULL,
            actor_id TEXT NOT NULL,
            action TEXT NOT NULL,
            subject_kind TEXT NOT NULL,
            subject_id TEXT NOT NULL,
            detail TEXT NOT NULL,
            previous BLOB NOT NULL CHECK (length(previous) = 32),
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE INDEX audit_by_actor ON audit_entries (actor_kind, actor_id, number);
        CREATE INDEX audit_by_action ON audit_entries (action, number);
        CREATE INDEX audit_by_subject ON audit_entries (subject_id, number);
        CREATE TRIGGER audit_entries_follow BEFORE INSERT ON audit_entries
        WHEN new.number <> (SELECT ifnull(max(number), 0) + 1 FROM audit_entries)
        BEGIN SELECT raise(ABORT, 'an audit entry has the number after the last'); END;
        CREATE TRIGGER audit_entries_never_change BEFORE UPDATE ON audit_entries
        BEGIN SELECT raise(ABORT, 'an audit entry is never changed'); END;
        CREATE TRIGGER audit_entries_never_vanish BEFORE DELETE ON audit_entries
        BEGIN SELECT raise(ABORT, 'an audit entry is never deleted'); END;

        CREATE TABLE audit_head (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            number INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            key_id TEXT NOT NULL,
            signature BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER audit_head_goes_on BEFORE UPDATE ON audit_head WHEN new.number <> old.number + 1
        BEGIN SELECT raise(ABORT, 'the head of the audit log goes on by one'); END;
        CREATE TRIGGER audit_head_never_vanishes BEFORE DELETE ON audit_head
        BEGIN SELECT raise(ABORT, 'the head of the audit log is never deleted'); END;
        """
}
