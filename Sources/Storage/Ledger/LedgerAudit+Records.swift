import Foundation
import GRDB
import MarketCore
import Metering

// References between rows, sums of usage, and receipts.
extension LedgerAudit {
    mutating func checkReferences() throws {
        for (place, detail) in try FileAudit.references(db, max: LedgerCheck.faultsMax) { fault(place, detail) }
    }

    mutating func checkLicences() throws {
        try faults(
            """
            SELECT 'purchase ' || lower(hex(p.id)) AS place,
                'its licence counts ' || p.current_usage || ' uses but has ' || ifnull(u.uses, 0) || ' records'
                    || ifnull(' and a usage limit of ' || p.usage_limit, '') AS detail
            FROM purchases AS p LEFT JOIN (
                SELECT purchase_id, count(*) AS uses, sum(trial) AS trials FROM usages WHERE counts_use = 1
                GROUP BY purchase_id
            ) AS u ON u.purchase_id = p.id
            WHERE p.current_usage <> ifnull(u.uses, 0) OR p.current_usage > p.usage_limit
                OR p.trial_calls - p.trial_left <> ifnull(u.trials, 0)
            """)
    }

    /// The sums of usage are what a recount gives: the days and months by their hours, and the hours by the runs.
    mutating func checkTotals() throws {
        let columns = "agent_id, seller_id, skill_id, chain, verdict, currency"
        let sums =
            "sum(calls), sum(units), sum(cost), sum(duration_ms), sum(cpu_ms), sum(request_bytes), sum(response_bytes)"
        let day = "start - ((start % 86400000) + 86400000) % 86400000"
        let month = "unixepoch(start / 1000, 'unixepoch', 'start of month') * 1000"
        let recounts = [
            (
                "hour",
                """
                SELECT timestamp - ((timestamp % 3600000) + 3600000) % 3600000 AS start, \(columns), count(*),
                    sum(units), sum(cost), sum(duration_ms), sum(cpu_ms), sum(request_size), sum(response_size)
                FROM usages GROUP BY 1, 2, 3, 4, 5, 6, 7
                """
            ),
            (
                "day",
                "SELECT \(day), \(columns), \(sums) FROM usage_totals WHERE unit = 'hour' GROUP BY 1, 2, 3, 4, 5, 6, 7"
            ),
            (
                "month",
                "SELECT \(month), \(columns), \(sums) FROM usage_totals WHERE unit = 'hour' GROUP BY 1, 2, 3, 4, 5, 6, 7"
            ),
        ]
        for (unit, recount) in recounts {
            let kept = """
                SELECT start, \(columns), calls, units, cost, duration_ms, cpu_ms, request_bytes, response_bytes
                FROM usage_totals WHERE unit = '\(unit)'
                """
            try faults(
                """
                SELECT 'usage of the \(unit) ' || start AS place,
                    'the sums of agent ' || lower(hex(agent_id)) || ' are not what a recount gives' AS detail
                FROM (
                    SELECT * FROM (SELECT * FROM (\(kept)) EXCEPT SELECT * FROM (\(recount)))
                    UNION SELECT * FROM (SELECT * FROM (\(recount)) EXCEPT SELECT * FROM (\(kept)))
                )
                """)
        }
    }

    /// Every receipt has the next number, is what its hash says, and names the one before. Signatures need the public
    /// key and are not checked here.
    mutating func checkChains() throws {
        var chain: Data?
        var previous: (number: Int64, hash: BodyHash)?
        let rows = try Row.fetchCursor(
            db, sql: "SELECT chain, number, receipt_hash, receipt, id FROM usages ORDER BY chain, number")
        // By position, and without copies: this is read for every run there ever was.
        while let row = try rows.next() {
            let (number, stored): (Int64, Data) = (row[1], row[2])
            let isSameChain = try row.withUnsafeData(atIndex: 0) { $0 == chain }
            if !isSameChain {
                previous = nil
                chain = row[0]
            }
            let (hash, follows) = try row.withUnsafeData(atIndex: 3) { receipt -> (BodyHash, Bool) in
                let receipt = receipt ?? Data()
                let follows = receipt.withUnsafeBytes {
                    ReceiptDraft.claims($0, number: number, after: previous?.hash.bytes)
                }
                return (BodyHash(of: receipt), follows)
            }
            if number != (previous?.number ?? 0) + 1 {
                fault(try place(row), "its receipt has number \(number) after number \(previous?.number ?? 0)")
            }
            if !stored.elementsEqual(hash.bytes) {
                fault(try place(row), "its receipt is not the one that was stored")
            } else if !follows {
                fault(try place(row), "its receipt does not name the one before")
            }
            previous = (number, hash)
        }
    }

    private func place(_ row: Row) throws -> String { "usage \(try row.id("id") as SkillUsage.ID)" }
}
