/// Licences that become larger after they were bought.
extension Migrations {
    static let upgrades = """
        ALTER TABLE purchases ADD COLUMN upgrades INTEGER NOT NULL DEFAULT 0
            CONSTRAINT "upgrades are never below zero" CHECK (upgrades >= 0);

        CREATE TABLE upgrades (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            purchase_id BLOB NOT NULL REFERENCES purchases (id),
            number INTEGER NOT NULL CHECK (number >= 1),
            from_kind TEXT NOT NULL,
            from_limit INTEGER,
            to_kind TEXT NOT NULL,
            to_limit INTEGER,
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            CONSTRAINT "an upgrade never costs less than nothing" CHECK (amount >= 0),
            CONSTRAINT "an upgrade never lowers a usage limit"
                CHECK (from_limit IS NULL AND to_limit IS NULL OR to_limit >= from_limit),
            UNIQUE (purchase_id, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER upgrades_never_change BEFORE UPDATE ON upgrades
        BEGIN SELECT raise(ABORT, 'an upgrade is never changed'); END;
        CREATE TRIGGER upgrades_never_vanish BEFORE DELETE ON upgrades
        BEGIN SELECT raise(ABORT, 'an upgrade is never deleted'); END;

        DROP TRIGGER payments_never_change;
        ALTER TABLE payments ADD COLUMN kind TEXT NOT NULL DEFAULT 'purchase'
            CHECK (kind IN ('purchase', 'renewal', 'upgrade'));
        UPDATE payments SET kind = 'renewal' WHERE number > 0;
        CREATE TRIGGER payments_never_change BEFORE UPDATE ON payments
        BEGIN SELECT raise(ABORT, 'a payment is never changed'); END;

        -- The same table with more kinds; SQLite changes no condition of a table that is there.
        CREATE TABLE new_transfers (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            debit INTEGER NOT NULL REFERENCES accounts (id),
            credit INTEGER NOT NULL REFERENCES accounts (id),
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN (
                'credit', 'purchase', 'purchase_fee', 'renewal', 'renewal_fee', 'upgrade', 'upgrade_fee', 'usage',
                'usage_fee', 'refund', 'refund_fee')),
            reference BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            CONSTRAINT "a transfer moves more than zero" CHECK (amount > 0),
            CONSTRAINT "a transfer needs two accounts" CHECK (debit <> credit)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO new_transfers SELECT id, debit, credit, amount, currency, kind, reference, created_at FROM transfers;
        DROP TABLE transfers;
        ALTER TABLE new_transfers RENAME TO transfers;
        CREATE UNIQUE INDEX transfers_of_credits ON transfers (reference) WHERE kind = 'credit';
        CREATE TRIGGER transfers_never_change BEFORE UPDATE ON transfers
        BEGIN SELECT raise(ABORT, 'an entry of the ledger is never changed; book a new one'); END;
        CREATE TRIGGER transfers_never_vanish BEFORE DELETE ON transfers
        BEGIN SELECT raise(ABORT, 'an entry of the ledger is never deleted; book a new one'); END;
        """
}
