import Fields
import GRDB
import MarketCore

/// Prices with all their terms, payments, refunds, budgets, and sums of usage.
extension Migrations {
    static func commerce(_ db: Database) throws {
        try db.execute(sql: pricingColumns)
        try fillPricing(db)
        try db.execute(sql: commerceTables)
        try db.execute(sql: transfersWithRefunds)
        try db.execute(sql: usageTotals)
    }

    private static let pricingColumns = """
        ALTER TABLE skills ADD COLUMN pricing TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE purchases ADD COLUMN pricing TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE purchases ADD COLUMN trial_calls INTEGER NOT NULL DEFAULT 0
            CONSTRAINT "free runs are never below zero" CHECK (trial_calls >= 0);
        ALTER TABLE purchases ADD COLUMN trial_left INTEGER NOT NULL DEFAULT 0
            CONSTRAINT "no more free runs are used than were given" CHECK (trial_left BETWEEN 0 AND trial_calls);
        ALTER TABLE purchases ADD COLUMN periods_paid INTEGER CHECK (periods_paid >= 1);
        ALTER TABLE purchases ADD COLUMN renews INTEGER NOT NULL DEFAULT 0 CHECK (renews IN (0, 1));
        ALTER TABLE usages ADD COLUMN units INTEGER NOT NULL DEFAULT 1
            CONSTRAINT "units are never below zero" CHECK (units >= 0);
        ALTER TABLE usages ADD COLUMN trial INTEGER NOT NULL DEFAULT 0 CHECK (trial IN (0, 1));
        """

    /// What was one column each becomes the price as the API shows it. A purchase's own amounts say what was bought: the
    /// skill may have another price by now. Subscriptions bought until then end as their buyers were told.
    private static func fillPricing(_ db: Database) throws {
        let sources = [
            "skills": "id, pricing_kind, price, currency, interval, unit FROM skills",
            "purchases": """
            id, currency, iif(run_price > 0, run_price, amount) AS price, CASE WHEN run_price > 0 THEN 'usage'
                WHEN amount > 0 THEN iif(expires_at IS NULL, 'one-time', 'subscription') ELSE 'free' END
                AS pricing_kind,
            CASE WHEN expires_at - created_at <= 86400000 THEN 'daily'
                WHEN expires_at - created_at <= 604800000 THEN 'weekly' ELSE 'monthly' END AS interval,
            (SELECT unit FROM skills WHERE skills.id = skill_id) AS unit
            FROM purchases
            """,
        ]
        for (table, columns) in sources {
            for row in try Row.fetchAll(db, sql: "SELECT \(columns)") {
                let kind: Pricing.Kind = try row.word("pricing_kind")
                let interval = try row.optionalText("interval").flatMap(Pricing.Interval.init(rawValue:))
                let pricing = Pricing(
                    kind: kind, price: try row.money("price"), interval: kind == .subscription ? interval : nil,
                    unit: kind == .usage ? try row.optionalText("unit") : nil)
                try db.execute(
                    sql: "UPDATE \(table) SET pricing = ? WHERE id = ?",
                    arguments: [pricing.json.description, row["id"]])
            }
        }
        try db.execute(
            sql: """
                UPDATE purchases SET periods_paid = 1 WHERE expires_at IS NOT NULL;
                ALTER TABLE purchases DROP COLUMN run_price;
                ALTER TABLE skills DROP COLUMN interval;
                ALTER TABLE skills DROP COLUMN unit;
                """)
    }

    private static let commerceTables = """
        CREATE INDEX purchases_by_seller ON purchases (seller_id, created_at);
        CREATE INDEX purchases_with_trial ON purchases (buyer_id, skill_id) WHERE trial_calls > 0;
        CREATE INDEX purchases_to_renew ON purchases (expires_at) WHERE renews = 1;

        CREATE TABLE payments (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            purchase_id BLOB NOT NULL REFERENCES purchases (id),
            buyer_id BLOB NOT NULL REFERENCES agents (id),
            number INTEGER NOT NULL CHECK (number >= 0),
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            period_start INTEGER,
            period_end INTEGER,
            created_at INTEGER NOT NULL,
            CONSTRAINT "a payment is above zero" CHECK (amount > 0),
            CONSTRAINT "a period ends after it starts" CHECK (period_start < period_end),
            UNIQUE (purchase_id, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX payments_by_buyer ON payments (buyer_id, created_at);
        INSERT INTO payments
        SELECT id, id, buyer_id, 0, amount, currency, iif(expires_at > created_at, created_at, NULL),
            iif(expires_at > created_at, expires_at, NULL), created_at
        FROM purchases WHERE amount > 0;

        -- The target is a payment or a run.
        CREATE TABLE refunds (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            target BLOB NOT NULL CHECK (length(target) = 16),
            target_kind TEXT NOT NULL CHECK (target_kind IN ('payment', 'usage')),
            purchase_id BLOB NOT NULL REFERENCES purchases (id),
            buyer_id BLOB NOT NULL REFERENCES agents (id),
            seller_id BLOB NOT NULL REFERENCES agents (id),
            amount INTEGER NOT NULL,
            seller_part INTEGER NOT NULL,
            fee_part INTEGER NOT NULL,
            refunded_before INTEGER NOT NULL,
            currency TEXT NOT NULL,
            reason TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            CONSTRAINT "a refund is above zero" CHECK (amount > 0),
            CONSTRAINT "a refund is its seller's and its platform's part"
                CHECK (seller_part >= 0 AND fee_part >= 0 AND seller_part + fee_part = amount),
            UNIQUE (target, refunded_before)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refunds_by_purchase ON refunds (purchase_id);

        -- The owner is an agent or a purchase.
        CREATE TABLE budgets (
            owner BLOB NOT NULL CHECK (length(owner) = 16),
            kind TEXT NOT NULL CHECK (kind IN ('agent', 'license')),
            period TEXT NOT NULL CHECK (period IN ('day', 'month')),
            currency TEXT NOT NULL,
            amount INTEGER NOT NULL,
            CONSTRAINT "a budget is never below zero" CHECK (amount >= 0),
            PRIMARY KEY (owner, period, currency)
        ) STRICT, WITHOUT ROWID;

        -- An isolation report takes more room than all else of a run, and need not be kept as long.
        DROP TRIGGER usages_never_change;
        CREATE TRIGGER usages_never_change BEFORE UPDATE OF id, purchase_id, skill_id, agent_id, seller_id, endpoint,
            request_size, response_size, duration_ms, cpu_ms, peak_memory, units, cost, currency, trial, verdict,
            timestamp, counts_use, chain, number, receipt_hash, receipt ON usages
        BEGIN SELECT raise(ABORT, 'a usage record is never changed'); END;
        CREATE INDEX usages_with_report ON usages (timestamp) WHERE length(report) > 2;
        """

    /// The same table with more kinds; SQLite changes no condition of a table that is there.
    private static let transfersWithRefunds = """
        CREATE TABLE new_transfers (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            debit INTEGER NOT NULL REFERENCES accounts (id),
            credit INTEGER NOT NULL REFERENCES accounts (id),
            amount INTEGER NOT NULL,
            currency TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN (
                'credit', 'purchase', 'purchase_fee', 'renewal', 'renewal_fee', 'usage', 'usage_fee', 'refund',
                'refund_fee')),
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
        CREATE TRIGGER payments_never_change BEFORE UPDATE ON payments
        BEGIN SELECT raise(ABORT, 'a payment is never changed'); END;
        CREATE TRIGGER payments_never_vanish BEFORE DELETE ON payments
        BEGIN SELECT raise(ABORT, 'a payment is never deleted'); END;
        CREATE TRIGGER refunds_never_change BEFORE UPDATE ON refunds
        BEGIN SELECT raise(ABORT, 'a refund is never changed'); END;
        CREATE TRIGGER refunds_never_vanish BEFORE DELETE ON refunds
        BEGIN SELECT raise(ABORT, 'a refund is never deleted'); END;
        """

    /// Runs summed by hour, day and month; kept with every settle, and equal to a recount.
    private static let usageTotals = """
        CREATE TABLE usage_totals (
            unit TEXT NOT NULL CHECK (unit IN ('hour', 'day', 'month')),
            start INTEGER NOT NULL,
            agent_id BLOB NOT NULL,
            seller_id BLOB NOT NULL,
            skill_id BLOB NOT NULL,
            chain BLOB NOT NULL,
            verdict TEXT NOT NULL,
            currency TEXT NOT NULL,
            calls INTEGER NOT NULL,
            units INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            duration_ms INTEGER NOT NULL,
            cpu_ms INTEGER NOT NULL,
            request_bytes INTEGER NOT NULL,
            response_bytes INTEGER NOT NULL,
            PRIMARY KEY (unit, agent_id, start, chain, verdict, currency)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX usage_totals_by_seller ON usage_totals (unit, seller_id, start);
        INSERT INTO usage_totals
        SELECT u.unit, u.start, agent_id, seller_id, skill_id, chain, verdict, currency, count(*), sum(units), sum(cost),
            sum(duration_ms), sum(cpu_ms), sum(request_size), sum(response_size)
        FROM (
            SELECT *, 'hour' AS unit, timestamp - ((timestamp % 3600000) + 3600000) % 3600000 AS start FROM usages
            UNION ALL
            SELECT *, 'day', timestamp - ((timestamp % 86400000) + 86400000) % 86400000 FROM usages
            UNION ALL
            SELECT *, 'month', unixepoch(timestamp / 1000, 'unixepoch', 'start of month') * 1000 FROM usages
        ) AS u GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
        """
}
