import GRDB
import Metering

// Entries, and what they were booked for.
extension LedgerAudit {
    mutating func checkTransfers() throws {
        try faults(
            """
            SELECT 'transfer ' || lower(hex(t.id)) AS place,
                'it moves ' || t.amount || ' base units of ' || t.currency || ' between an account of '
                    || ifnull(d.currency, 'no') || ' and one of ' || ifnull(c.currency, 'no') || ' currency' AS detail
            FROM transfers AS t LEFT JOIN accounts AS d ON d.id = t.debit LEFT JOIN accounts AS c ON c.id = t.credit
            WHERE d.currency IS NOT t.currency OR c.currency IS NOT t.currency OR t.amount <= 0 OR t.debit = t.credit
            """)
    }

    /// Money comes from outside to an agent, and goes back there from one.
    mutating func checkCash() throws {
        try faults(
            """
            SELECT 'transfer ' || lower(hex(t.id)) AS place,
                'a ' || t.kind || ' that moves money from ' || d.kind || ' to ' || c.kind AS detail
            FROM transfers AS t JOIN accounts AS d ON d.id = t.debit JOIN accounts AS c ON c.id = t.credit
            WHERE t.kind IN ('credit', 'payout') AND (d.kind <> iif(t.kind = 'credit', 'deposits', 'agent')
                OR c.kind <> iif(t.kind = 'credit', 'agent', 'deposits'))
            """)
    }

    mutating func checkBalances() throws {
        try faults(
            """
            SELECT 'account ' || a.kind || iif(a.owner = x'', '', ':' || lower(hex(a.owner))) || ':' || a.currency
                    AS place,
                'the balance is ' || a.balance || ' but the entries add up to ' || ifnull(s.total, 0) AS detail
            FROM accounts AS a LEFT JOIN (
                SELECT account, sum(amount) AS total FROM (
                    SELECT credit AS account, amount FROM transfers
                    UNION ALL SELECT debit, -amount FROM transfers
                ) GROUP BY account
            ) AS s ON s.account = a.id
            WHERE a.balance <> ifnull(s.total, 0)
            """)
        try faults(
            """
            SELECT 'account ' || kind || ':' || lower(hex(owner)) || ':' || currency AS place,
                'the balance is ' || balance || ', below zero' AS detail
            FROM accounts WHERE kind <> 'deposits' AND balance < 0
            """)
    }

    /// What each run and payment cost is what its entries moved, with the fee that the split demands, from whoever had it to
    /// whoever sold it and the platform.
    mutating func checkCharges() throws {
        let payments = """
            SELECT y.id, y.amount, y.currency, p.buyer_id AS buyer, p.seller_id AS seller
            FROM payments AS y JOIN purchases AS p ON p.id = y.purchase_id WHERE y.kind =
            """
        let charges =
            [
                (
                    "usage", "SELECT id, cost AS amount, currency, agent_id AS buyer, seller_id AS seller FROM usages",
                    "usage"
                )
            ] + ["purchase", "renewal", "upgrade"].map { ("payment", payments + " '\($0)'", $0) }
        for (name, rows, kind) in charges {
            try faults(
                """
                SELECT '\(name) ' || lower(hex(u.id)) AS place,
                    u.amount || ' base units were charged, ' || ifnull(t.total, 0) || ' moved, '
                        || ifnull(t.fee, 0) || ' of them as fee'
                        || iif(u.amount = ifnull(t.total, 0), ', or between others than its buyer and seller', '')
                        AS detail
                FROM (\(rows)) AS u LEFT JOIN (\(Self.moved(kind))) AS t ON t.reference = u.id
                LEFT JOIN accounts AS buyer ON buyer.id = t.debit
                LEFT JOIN accounts AS seller ON seller.id = t.credit
                LEFT JOIN accounts AS platform ON platform.id = t.fee_credit
                WHERE u.amount <> ifnull(t.total, 0) OR ifnull(t.fee, 0) <> (u.amount + 39) / 40
                    OR t.currency <> u.currency OR t.isMixed OR buyer.owner <> u.buyer OR buyer.kind <> 'agent'
                    OR seller.owner <> u.seller OR seller.kind <> 'agent' OR platform.kind <> 'platform'
                """)
        }
    }

    /// Seller and platform each give what they got of it, to whoever bought; a free run costs nothing.
    mutating func checkGivenBack() throws {
        try faults(
            """
            SELECT 'refund ' || lower(hex(r.id)) AS place,
                r.amount || ' base units are given back, ' || ifnull(t.total, 0) || ' moved, ' || ifnull(t.fee, 0)
                    || ' of them from the platform' AS detail
            FROM refunds AS r LEFT JOIN (\(Self.moved("refund"))) AS t ON t.reference = r.id
            WHERE r.amount <> ifnull(t.total, 0) OR r.fee_part <> ifnull(t.fee, 0) OR t.currency <> r.currency
            """)
        try faults(
            """
            SELECT 'transfer ' || lower(hex(t.id)) AS place, 'it gives back money of others than its refund' AS detail
            FROM transfers AS t JOIN refunds AS r ON r.id = t.reference
            JOIN accounts AS d ON d.id = t.debit JOIN accounts AS c ON c.id = t.credit
            WHERE t.kind IN ('refund', 'refund_fee') AND (c.owner <> r.buyer_id OR c.kind <> 'agent'
                OR d.owner <> iif(t.kind = 'refund', r.seller_id, x'')
                OR d.kind <> iif(t.kind = 'refund', 'agent', 'platform'))
            """)
        try faults(
            """
            SELECT 'usage ' || lower(hex(id)) AS place, 'it cost ' || cost || ' base units as a free run' AS detail
            FROM usages WHERE cost > 0 AND (trial = 1 OR counts_use = 0 AND NOT EXISTS (
                SELECT 1 FROM workflow_steps AS w WHERE w.usage_id = usages.id AND w.shared = 1))
            """)
    }

    /// What the entries of one kind and of its fee moved, and between whom, by what they were booked for.
    private static func moved(_ kind: String) -> String {
        """
        SELECT reference, sum(amount) AS total, sum(iif(kind = '\(kind)_fee', amount, 0)) AS fee,
            max(currency) AS currency, max(debit) AS debit, max(iif(kind = '\(kind)', credit, NULL)) AS credit,
            max(iif(kind = '\(kind)_fee', credit, NULL)) AS fee_credit,
            max(debit) <> min(debit) OR max(iif(kind = '\(kind)', credit, NULL)) <> min(iif(kind = '\(kind)', credit, NULL))
                AS isMixed
        FROM transfers WHERE kind IN ('\(kind)', '\(kind)_fee') GROUP BY reference
        """
    }

    mutating func checkOrphans() throws {
        try faults(
            """
            SELECT 'transfer ' || lower(hex(id)) AS place, 'what it was booked for does not exist' AS detail
            FROM transfers AS t WHERE CASE
                WHEN kind IN ('usage', 'usage_fee') THEN NOT EXISTS (SELECT 1 FROM usages AS u WHERE u.id = t.reference)
                WHEN kind IN ('purchase', 'purchase_fee', 'renewal', 'renewal_fee', 'upgrade', 'upgrade_fee')
                    THEN NOT EXISTS (
                        SELECT 1 FROM payments AS y WHERE y.id = t.reference AND t.kind IN (y.kind, y.kind || '_fee'))
                WHEN kind IN ('refund', 'refund_fee')
                    THEN NOT EXISTS (SELECT 1 FROM refunds AS r WHERE r.id = t.reference)
                ELSE 0 END
            """)
    }
}
