import GRDB
import MarketCore

/// Reviews, and what reputations are kept by.
extension Migrations {
    static func reviews(_ db: Database) throws {
        try db.execute(sql: reviewTables)
        try db.execute(sql: reputationTables)
        try fillFacts(db)
    }

    private static let reviewTables = """
        CREATE TABLE reviews (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            skill_id BLOB NOT NULL REFERENCES skills (id),
            version TEXT NOT NULL,
            reviewer_id BLOB NOT NULL REFERENCES agents (id),
            seller_id BLOB NOT NULL REFERENCES agents (id),
            stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
            text TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            edited_at INTEGER,
            reply TEXT,
            replied_at INTEGER,
            reply_edited_at INTEGER,
            helpful INTEGER NOT NULL DEFAULT 0 CHECK (helpful >= 0),
            removed_at INTEGER,
            removed_reason TEXT,
            CONSTRAINT "nobody reviews what it sells" CHECK (reviewer_id <> seller_id),
            CONSTRAINT "a reply has its time" CHECK ((reply IS NULL) = (replied_at IS NULL)),
            UNIQUE (skill_id, version, reviewer_id)
        ) STRICT;
        CREATE INDEX reviews_by_time ON reviews (skill_id, created_at, id) WHERE removed_at IS NULL;
        CREATE INDEX reviews_by_helpful ON reviews (skill_id, helpful, id) WHERE removed_at IS NULL;
        CREATE INDEX reviews_by_seller ON reviews (seller_id, created_at, id) WHERE removed_at IS NULL;
        CREATE INDEX reviews_by_reviewer ON reviews (reviewer_id, seller_id);

        CREATE TABLE review_votes (
            review_id BLOB NOT NULL REFERENCES reviews (id),
            agent_id BLOB NOT NULL REFERENCES agents (id),
            created_at INTEGER NOT NULL,
            PRIMARY KEY (review_id, agent_id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE review_reports (
            review_id BLOB NOT NULL REFERENCES reviews (id),
            agent_id BLOB NOT NULL REFERENCES agents (id),
            reason TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            settled INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
            PRIMARY KEY (review_id, agent_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX review_reports_open ON review_reports (review_id, created_at) WHERE settled = 0;
        """

    /// Whose reputation is to be recomputed is noted by the database itself, whoever writes; runs are found by their place
    /// in `usages` instead, so that booking one costs nothing more. `number` tells a note from a later one.
    private static let reputationTables = """
        ALTER TABLE agents ADD COLUMN standing INTEGER NOT NULL DEFAULT 0 CHECK (standing BETWEEN 0 AND 10000);
        ALTER TABLE skills ADD COLUMN documentation INTEGER NOT NULL DEFAULT 0 CHECK (documentation BETWEEN 0 AND 1000);
        ALTER TABLE skills ADD COLUMN runtime TEXT NOT NULL DEFAULT 'exec';
        ALTER TABLE skills ADD COLUMN needs_network INTEGER NOT NULL DEFAULT 0 CHECK (needs_network IN (0, 1));
        ALTER TABLE skills ADD COLUMN needs_secrets INTEGER NOT NULL DEFAULT 0 CHECK (needs_secrets IN (0, 1));
        CREATE INDEX skills_by_agent_and_time ON skills (agent_id, created_at, id);
        DROP INDEX skills_by_agent;

        CREATE TABLE usage_cursors (
            name TEXT NOT NULL PRIMARY KEY,
            place INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO usage_cursors SELECT 'reputation', ifnull(max(rowid), 0) FROM usages;

        CREATE TABLE reputation_due (
            agent_id BLOB NOT NULL PRIMARY KEY,
            number INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO reputation_due SELECT DISTINCT agent_id, 1 FROM skills;

        CREATE TRIGGER payments_move_reputations AFTER INSERT ON payments
        BEGIN
            INSERT INTO reputation_due SELECT seller_id, 1 FROM purchases WHERE id = new.purchase_id
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
        END;
        CREATE TRIGGER refunds_move_reputations AFTER INSERT ON refunds
        BEGIN
            INSERT INTO reputation_due VALUES (new.seller_id, 1)
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
        END;
        CREATE TRIGGER skills_move_reputations AFTER INSERT ON skills
        BEGIN
            INSERT INTO reputation_due VALUES (new.agent_id, 1)
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
        END;
        CREATE TRIGGER changed_skills_move_reputations AFTER UPDATE OF status, documentation, quality ON skills
        WHEN old.status <> new.status OR old.documentation <> new.documentation OR old.quality IS NOT new.quality
        BEGIN
            INSERT INTO reputation_due VALUES (new.agent_id, 1)
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
        END;
        CREATE TRIGGER reviews_move_reputations AFTER INSERT ON reviews
        BEGIN
            INSERT INTO reputation_due VALUES (new.seller_id, 1)
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
        END;
        CREATE TRIGGER changed_reviews_move_reputations AFTER UPDATE OF stars, replied_at, removed_at ON reviews
        BEGIN
            INSERT INTO reputation_due VALUES (new.seller_id, 1)
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
        END;
        -- Whoever has the same wallet counts as one.
        CREATE TRIGGER wallets_move_reputations AFTER UPDATE OF owner_wallet ON agents
        WHEN old.owner_wallet <> new.owner_wallet
        BEGIN
            INSERT INTO reputation_due SELECT new.id, 1 WHERE true
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
            INSERT INTO reputation_due SELECT DISTINCT seller_id, 1 FROM purchases WHERE buyer_id = new.id
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
            INSERT INTO reputation_due SELECT DISTINCT seller_id, 1 FROM reviews WHERE reviewer_id = new.id
            ON CONFLICT (agent_id) DO UPDATE SET number = number + 1;
        END;
        """

    /// What the manifests of published skills say of them.
    private static func fillFacts(_ db: Database) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT s.id, v.manifest FROM skills AS s
                JOIN skill_versions AS v ON v.skill_id = s.id AND v.version = s.latest_version
                """)
        while let row = try rows.next() {
            let id: Skill.ID = try row.id("id")
            // One that does not read back is found by whoever reads the skill; the others go on.
            guard let manifest = try? row.manifestValue("manifest") else { continue }
            try SkillFacts(manifest).write(id, in: db)
        }
    }
}
