import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func topUps(of agent: Agent.ID) async throws(StoreError) -> [TopUp] {
        try await read { db in
            try db.rows("SELECT * FROM top_ups WHERE agent_id = ? ORDER BY currency", [agent.uuid]).map {
                try $0.topUp()
            }
        }
    }

    public func set(topUp: TopUp) async throws(StoreError) {
        _ = try await committer.write { db in
            // What was asked for keeps its reference, and so its amount: the hook may have been paid already.
            try db.run(
                """
                INSERT INTO top_ups (agent_id, currency, threshold, amount, number) VALUES (?, ?, ?, ?, 0)
                ON CONFLICT (agent_id, currency) DO UPDATE SET threshold = excluded.threshold, amount = excluded.amount,
                    number = number + (asked_at IS NOT NULL AND amount <> excluded.amount),
                    asked_at = iif(amount = excluded.amount, asked_at, NULL)
                """,
                [
                    topUp.agentID.uuid, topUp.amount.currency.rawValue, topUp.threshold.base, topUp.amount.base,
                ])
        }
    }

    public func removeTopUp(of agent: Agent.ID, in currency: Currency) async throws(StoreError) {
        try await committer.write { db in
            // The number stays, so that no reference is ever used for another payment.
            _ = try db.run(
                "UPDATE top_ups SET threshold = 0 WHERE agent_id = ? AND currency = ?",
                [agent.uuid, currency.rawValue])
        }
    }

    public func dueTopUps(askedBefore time: Timestamp, limit: Int) async throws(StoreError) -> [TopUp] {
        try await read { db in
            try db.rows(
                """
                SELECT t.* FROM top_ups AS t LEFT JOIN accounts AS a
                    ON a.kind = 'agent' AND a.owner = t.agent_id AND a.currency = t.currency
                WHERE t.threshold > ifnull(a.balance, 0) AND (t.asked_at IS NULL OR t.asked_at < ?)
                ORDER BY t.asked_at LIMIT ?
                """, [time.milliseconds, limit]
            ).map { try $0.topUp() }
        }
    }

    public func noteAsked(_ topUp: TopUp, at time: Timestamp) async throws(StoreError) -> Bool {
        try await committer.write { db in
            try db.run(
                """
                UPDATE top_ups SET asked_at = ?
                WHERE agent_id = ? AND currency = ? AND number = ? AND amount = ? AND threshold > 0
                """,
                [
                    time.milliseconds, topUp.agentID.uuid, topUp.amount.currency.rawValue, topUp.number,
                    topUp.amount.base,
                ]) == 1
        }
    }

    /// The next payment gets another reference once this one is booked.
    static func finishTopUp(_ request: CashRequest, in db: Database) throws {
        guard request.reference.hasPrefix("top-up:") else { return }
        let row = try db.row(
            "SELECT * FROM top_ups WHERE agent_id = ? AND currency = ?",
            [request.agentID.uuid, request.amount.currency.rawValue])
        guard let topUp = try row?.topUp(), topUp.reference == request.reference else { return }
        try db.run(
            "UPDATE top_ups SET number = number + 1, asked_at = NULL WHERE agent_id = ? AND currency = ?",
            [request.agentID.uuid, request.amount.currency.rawValue])
    }
}

extension Row {
    fileprivate func topUp() throws -> TopUp {
        TopUp(
            agentID: try id("agent_id"), threshold: try money("threshold"), amount: try money("amount"),
            number: try integer("number"), askedAt: try optionalTime("asked_at"))
    }
}
