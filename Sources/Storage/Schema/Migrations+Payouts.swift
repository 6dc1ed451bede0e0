/// Money that leaves the market: the same entries with one kind more, and how a payout is found by its reference.
extension Migrations {
    static let payouts = """
        CREATE TABLE new_transfers (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            debit INTEGER NOT NULL REFERENCES accounts (id),
            credit INTEGER NOT NULL REFERENCES accounts (id),
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN (
                'credit', 'payout', 'purchase', 'purchase_fee', 'renewal', 'renewal_fee', 'upgrade', 'upgrade_fee',
                'usage', 'usage_fee', 'refund', 'refund_fee')),
            reference BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            CONSTRAINT "a transfer moves more than zero" CHECK (amount > 0),
            CONSTRAINT "a transfer needs two accounts" CHECK (debit <> credit)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO new_transfers SELECT id, debit, credit, amount, currency, kind, reference, created_at FROM transfers;
        DROP TABLE transfers;
        ALTER TABLE new_transfers RENAME TO transfers;
        CREATE UNIQUE INDEX transfers_of_credits ON transfers (reference) WHERE kind = 'credit';
        CREATE UNIQUE INDEX transfers_of_payouts ON transfers (reference) WHERE kind = 'payout';
        CREATE TRIGGER transfers_never_change BEFORE UPDATE ON transfers
        BEGIN SELECT raise(ABORT, 'an entry of the ledger is never changed; book a new one'); END;
        CREATE TRIGGER transfers_never_vanish BEFORE DELETE ON transfers
        BEGIN SELECT raise(ABORT, 'an entry of the ledger is never deleted; book a new one'); END;
        """
}
