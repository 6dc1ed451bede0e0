// Identifiers are 16-byte UUIDs, times are milliseconds since 1970, money is base units. Constraints are named by the
// sentence that a caller reads when one is broken.
extension Migrations {
    static let marketTables = """
        CREATE TABLE agents (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            name TEXT NOT NULL UNIQUE,
            owner_wallet TEXT NOT NULL,
            description TEXT NOT NULL,
            avatar TEXT,
            reputation REAL NOT NULL,
            total_sales INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            CONSTRAINT "a reputation is 0 to 100" CHECK (reputation BETWEEN 0 AND 100),
            CONSTRAINT "sales are never below zero" CHECK (total_sales >= 0)
        ) STRICT;

        CREATE TABLE api_keys (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            agent_id BLOB NOT NULL REFERENCES agents (id),
            sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
            prefix TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            last_used_at INTEGER,
            revoked_at INTEGER
        ) STRICT;
        CREATE INDEX api_keys_by_agent ON api_keys (agent_id);

        CREATE TABLE packages (
            digest TEXT NOT NULL PRIMARY KEY,
            size INTEGER NOT NULL CHECK (size >= 0),
            manifest BLOB NOT NULL,
            uploaded_by BLOB NOT NULL REFERENCES agents (id),
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE skills (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            agent_id BLOB NOT NULL REFERENCES agents (id),
            name TEXT NOT NULL UNIQUE,
            display_name TEXT NOT NULL,
            description TEXT NOT NULL,
            category TEXT NOT NULL,
            pricing_kind TEXT NOT NULL,
            price INTEGER NOT NULL,
            currency TEXT NOT NULL,
            interval TEXT,
            unit TEXT,
            status TEXT NOT NULL,
            tags TEXT NOT NULL,
            latest_version TEXT NOT NULL,
            rating REAL NOT NULL,
            review_count INTEGER NOT NULL,
            download_count INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            CONSTRAINT "a price is never below zero" CHECK (price >= 0),
            CONSTRAINT "counts are never below zero" CHECK (review_count >= 0 AND download_count >= 0)
        ) STRICT;
        CREATE INDEX skills_by_agent ON skills (agent_id);
        CREATE INDEX skills_by_time ON skills (created_at, id);
        CREATE INDEX skills_by_downloads ON skills (download_count, id);
        CREATE INDEX skills_by_rating ON skills (rating, id);

        CREATE TABLE skill_versions (
            skill_id BLOB NOT NULL REFERENCES skills (id),
            version TEXT NOT NULL,
            package TEXT NOT NULL REFERENCES packages (digest),
            manifest BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (skill_id, version)
        ) STRICT;
        CREATE TRIGGER skill_versions_never_change BEFORE UPDATE ON skill_versions
        BEGIN SELECT raise(ABORT, 'a published version is never changed'); END;

        CREATE TABLE purchases (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            buyer_id BLOB NOT NULL REFERENCES agents (id),
            seller_id BLOB NOT NULL REFERENCES agents (id),
            skill_id BLOB NOT NULL REFERENCES skills (id),
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            tx_hash TEXT,
            license_kind TEXT NOT NULL,
            expires_at INTEGER,
            usage_limit INTEGER,
            current_usage INTEGER NOT NULL,
            status TEXT NOT NULL,
            revocation_epoch INTEGER NOT NULL,
            revoked_reason TEXT,
            created_at INTEGER NOT NULL,
            CONSTRAINT "an amount is never below zero" CHECK (amount >= 0),
            CONSTRAINT "a usage limit is never below zero" CHECK (usage_limit >= 0),
            CONSTRAINT "a licence is used at most as often as its usage limit says"
                CHECK (current_usage >= 0 AND (usage_limit IS NULL OR current_usage <= usage_limit))
        ) STRICT;
        CREATE INDEX purchases_by_buyer ON purchases (buyer_id, skill_id, created_at);
        CREATE UNIQUE INDEX purchases_by_tx_hash ON purchases (tx_hash) WHERE tx_hash IS NOT NULL;
        """
}
