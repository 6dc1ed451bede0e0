/// Sums by day for sellers and the operator.
extension Migrations {
    /// Runs come from `usages` in batches, found by their place in it; the rest is written with what it sums.
    static let analytics = """
        CREATE TABLE skill_days (
            seller_id BLOB NOT NULL,
            day INTEGER NOT NULL,
            skill_id BLOB NOT NULL,
            verdict TEXT NOT NULL,
            currency TEXT NOT NULL,
            calls INTEGER NOT NULL,
            paid INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            PRIMARY KEY (seller_id, day, skill_id, verdict, currency)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX skill_days_by_day ON skill_days (day, currency, calls, paid, cost);

        CREATE TABLE latency_days (
            seller_id BLOB NOT NULL,
            day INTEGER NOT NULL,
            skill_id BLOB NOT NULL,
            bucket INTEGER NOT NULL,
            calls INTEGER NOT NULL,
            PRIMARY KEY (seller_id, day, skill_id, bucket)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE buyer_days (
            seller_id BLOB NOT NULL,
            day INTEGER NOT NULL,
            skill_id BLOB NOT NULL,
            buyer_id BLOB NOT NULL,
            PRIMARY KEY (seller_id, day, skill_id, buyer_id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sale_days (
            seller_id BLOB NOT NULL,
            day INTEGER NOT NULL,
            skill_id BLOB NOT NULL,
            currency TEXT NOT NULL,
            payments INTEGER NOT NULL,
            amount INTEGER NOT NULL,
            refunded INTEGER NOT NULL,
            PRIMARY KEY (seller_id, day, skill_id, currency)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sale_days_by_day ON sale_days (day, currency, payments, amount, refunded);

        -- Agents, skills and purchases, of which whole days are counted.
        CREATE TABLE market_days (
            day INTEGER NOT NULL PRIMARY KEY,
            agents INTEGER NOT NULL,
            skills INTEGER NOT NULL,
            purchases INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        INSERT INTO usage_cursors VALUES ('analytics', 0);
        INSERT INTO sale_days SELECT seller_id, day, skill_id, currency, sum(payments), sum(amount), sum(refunded) FROM (
            SELECT p.seller_id, \(day("y.created_at")) AS day, p.skill_id, y.currency, 1 AS payments, y.amount, 0 AS refunded
            FROM payments AS y JOIN purchases AS p ON p.id = y.purchase_id
            UNION ALL
            SELECT r.seller_id, \(day("r.created_at")), p.skill_id, r.currency, 0, 0, r.amount
            FROM refunds AS r JOIN purchases AS p ON p.id = r.purchase_id
        ) GROUP BY 1, 2, 3, 4;
        INSERT INTO market_days SELECT day, sum(agents), sum(skills), sum(purchases) FROM (
            SELECT \(day("created_at")) AS day, 1 AS agents, 0 AS skills, 0 AS purchases FROM agents
            UNION ALL SELECT \(day("created_at")), 0, 1, 0 FROM skills
            UNION ALL SELECT \(day("created_at")), 0, 0, 1 FROM purchases
        ) GROUP BY day;

        CREATE TRIGGER payments_are_summed AFTER INSERT ON payments
        BEGIN
            INSERT INTO sale_days
            SELECT seller_id, \(day("new.created_at")), skill_id, new.currency, 1, new.amount, 0
            FROM purchases WHERE id = new.purchase_id
            ON CONFLICT (seller_id, day, skill_id, currency)
                DO UPDATE SET payments = payments + 1, amount = amount + excluded.amount;
        END;
        CREATE TRIGGER refunds_are_summed AFTER INSERT ON refunds
        BEGIN
            INSERT INTO sale_days
            SELECT new.seller_id, \(day("new.created_at")), skill_id, new.currency, 0, 0, new.amount
            FROM purchases WHERE id = new.purchase_id
            ON CONFLICT (seller_id, day, skill_id, currency) DO UPDATE SET refunded = refunded + excluded.refunded;
        END;
        CREATE TRIGGER agents_are_counted AFTER INSERT ON agents
        BEGIN
            INSERT INTO market_days VALUES (\(day("new.created_at")), 1, 0, 0)
            ON CONFLICT (day) DO UPDATE SET agents = agents + 1;
        END;
        CREATE TRIGGER skills_are_counted AFTER INSERT ON skills
        BEGIN
            INSERT INTO market_days VALUES (\(day("new.created_at")), 0, 1, 0)
            ON CONFLICT (day) DO UPDATE SET skills = skills + 1;
        END;
        CREATE TRIGGER purchases_are_counted AFTER INSERT ON purchases
        BEGIN
            INSERT INTO market_days VALUES (\(day("new.created_at")), 0, 0, 1)
            ON CONFLICT (day) DO UPDATE SET purchases = purchases + 1;
        END;
        """

    /// The beginning of the day of UTC that a moment is in.
    static func day(_ time: String) -> String {
        "\(time) - ((\(time) % 86400000) + 86400000) % 86400000"
    }
}
