/// What skills are found by: cards with all that lists filter and order by, and an index of words.
extension Migrations {
    /// A card's slot puts the more trusted first, and is the row of its words in the index: matches come in that order, so
    /// that a search may stop after enough of them. Cards and words follow the skills by `search_due`; only FTS5's own
    /// tables cannot be written by triggers here, for `trusted_schema` is off.
    static let discovery = """
        CREATE TABLE skill_cards (
            slot INTEGER PRIMARY KEY,
            skill_id BLOB NOT NULL UNIQUE,
            agent_id BLOB NOT NULL,
            status TEXT NOT NULL,
            category TEXT NOT NULL,
            pricing_kind TEXT NOT NULL,
            currency TEXT NOT NULL,
            price INTEGER NOT NULL,
            runtime TEXT NOT NULL,
            needs_network INTEGER NOT NULL,
            needs_secrets INTEGER NOT NULL,
            trust INTEGER NOT NULL,
            rating REAL NOT NULL,
            download_count INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX skill_cards_by_time ON skill_cards (status, created_at, skill_id);
        CREATE INDEX skill_cards_by_downloads ON skill_cards (status, download_count, skill_id);
        CREATE INDEX skill_cards_by_rating ON skill_cards (status, rating, skill_id);
        CREATE VIRTUAL TABLE skill_search USING fts5 (
            name, display_name, tags, description, facets, tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
        );

        CREATE TABLE search_due (
            skill_id BLOB NOT NULL PRIMARY KEY,
            urgent INTEGER NOT NULL CHECK (urgent IN (0, 1))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX search_due_by_urgency ON search_due (urgent);
        INSERT INTO search_due SELECT id, 1 FROM skills;

        CREATE TRIGGER new_skills_are_searched AFTER INSERT ON skills
        BEGIN
            INSERT INTO search_due VALUES (new.id, 1) ON CONFLICT (skill_id) DO UPDATE SET urgent = 1;
        END;
        CREATE TRIGGER changed_skills_are_searched AFTER UPDATE OF display_name, description, category, pricing_kind,
            price, currency, status, tags, runtime, needs_network, needs_secrets, documentation, quality ON skills
        BEGIN
            INSERT INTO search_due VALUES (new.id, 1) ON CONFLICT (skill_id) DO UPDATE SET urgent = 1;
        END;
        CREATE TRIGGER bought_skills_are_listed AFTER UPDATE OF download_count, rating ON skills
        BEGIN
            UPDATE skill_cards SET download_count = new.download_count, rating = new.rating WHERE skill_id = new.id;
            INSERT INTO search_due SELECT new.id, 0 WHERE EXISTS (
                SELECT 1 FROM json_each('[1, 3, 10, 32, 100, 316, 1000, 3162]')
                WHERE new.download_count >= value AND old.download_count < value
            ) ON CONFLICT (skill_id) DO NOTHING;
            INSERT INTO search_due SELECT new.id, 1 WHERE CAST(new.rating AS INTEGER) <> CAST(old.rating AS INTEGER)
            ON CONFLICT (skill_id) DO UPDATE SET urgent = 1;
        END;

        CREATE INDEX purchases_by_skill ON purchases (skill_id, created_at);
        CREATE INDEX purchases_by_buyer_and_time ON purchases (buyer_id, created_at, id);
        """
}
