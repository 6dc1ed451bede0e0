extension Migrations {
    static let meteringTables = """
        CREATE TABLE accounts (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('deposits', 'agent', 'platform')),
            owner BLOB NOT NULL CHECK (length(owner) = CASE kind WHEN 'agent' THEN 16 ELSE 0 END),
            currency TEXT NOT NULL,
            balance INTEGER NOT NULL,
            CONSTRAINT "a balance is never below zero" CHECK (kind = 'deposits' OR balance >= 0),
            UNIQUE (kind, owner, currency)
        ) STRICT;

        -- The reference is the identifier of a run or purchase, or the bytes of a credit's own reference.
        CREATE TABLE transfers (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            debit INTEGER NOT NULL REFERENCES accounts (id),
            credit INTEGER NOT NULL REFERENCES accounts (id),
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('credit', 'purchase', 'purchase_fee', 'usage', 'usage_fee')),
            reference BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            CONSTRAINT "a transfer moves more than zero" CHECK (amount > 0),
            CONSTRAINT "a transfer needs two accounts" CHECK (debit <> credit)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX transfers_by_reference ON transfers (reference);
        CREATE UNIQUE INDEX transfers_of_credits ON transfers (reference) WHERE kind = 'credit';
        CREATE TRIGGER transfers_never_change BEFORE UPDATE ON transfers
        BEGIN SELECT raise(ABORT, 'an entry of the ledger is never changed; book a new one'); END;
        CREATE TRIGGER transfers_never_vanish BEFORE DELETE ON transfers
        BEGIN SELECT raise(ABORT, 'an entry of the ledger is never deleted; book a new one'); END;

        -- One row per run. The chain is the purchase, or the skill for an owner's own runs.
        CREATE TABLE usages (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            purchase_id BLOB REFERENCES purchases (id),
            skill_id BLOB NOT NULL REFERENCES skills (id),
            agent_id BLOB NOT NULL REFERENCES agents (id),
            seller_id BLOB NOT NULL REFERENCES agents (id),
            endpoint TEXT NOT NULL,
            request_size INTEGER NOT NULL,
            response_size INTEGER NOT NULL,
            duration_ms INTEGER NOT NULL,
            cpu_ms INTEGER NOT NULL,
            peak_memory INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            currency TEXT NOT NULL,
            verdict TEXT NOT NULL,
            timestamp INTEGER NOT NULL,
            counts_use INTEGER NOT NULL CHECK (counts_use IN (0, 1)),
            chain BLOB NOT NULL CHECK (length(chain) = 16),
            number INTEGER NOT NULL,
            receipt_hash BLOB NOT NULL CHECK (length(receipt_hash) = 32),
            receipt TEXT NOT NULL,
            report BLOB NOT NULL,
            CONSTRAINT "a cost is never below zero" CHECK (cost >= 0),
            CONSTRAINT "sizes and times are never below zero" CHECK (
                request_size >= 0 AND response_size >= 0 AND duration_ms >= 0 AND cpu_ms >= 0 AND peak_memory >= 0),
            CONSTRAINT "a use is counted under a licence" CHECK (counts_use = 0 OR purchase_id IS NOT NULL),
            UNIQUE (chain, number)
        ) STRICT;
        CREATE INDEX usages_by_agent ON usages (agent_id, timestamp, id);
        CREATE INDEX usages_by_time ON usages (timestamp, id);
        CREATE TRIGGER usages_never_change BEFORE UPDATE ON usages
        BEGIN SELECT raise(ABORT, 'a usage record is never changed'); END;
        CREATE TRIGGER usages_never_vanish BEFORE DELETE ON usages
        BEGIN SELECT raise(ABORT, 'a usage record is never deleted'); END;

        CREATE TABLE outcomes (
            agent_id BLOB NOT NULL,
            route TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            status INTEGER NOT NULL,
            headers TEXT NOT NULL,
            body BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (agent_id, route, key)
        ) STRICT;
        CREATE INDEX outcomes_by_time ON outcomes (created_at);
        """
}
