import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func lookUp(
        _ scope: IdempotencyScope
    ) async throws(StoreError) -> (recorded: RecordedOutcome?, agentBytes: Int64) {
        try await read { db in
            (try Self.outcome(for: scope, in: db), try Self.outcomeBytes(of: scope.agentID, in: db))
        }
    }

    public func outcomeHorizon() async throws(StoreError) -> Timestamp? {
        try await read { db in try db.row("SELECT time FROM outcome_horizon", [])?.time("time") }
    }

    @discardableResult
    public func pruneOutcomes(before time: Timestamp) async throws(StoreError) -> Int64 {
        var pruned: Int64 = 0
        _ = try await committer.write { db in
            try db.run("INSERT OR REPLACE INTO outcome_horizon VALUES (1, ?)", [time.milliseconds])
        }
        while true {
            let count = try await committer.write { db in
                try db.run(
                    "DELETE FROM outcomes WHERE rowid IN (SELECT rowid FROM outcomes WHERE created_at < ? LIMIT ?)",
                    [time.milliseconds, Self.prunedRowsMax])
            }
            pruned += Int64(count)
            if count < Self.prunedRowsMax { return pruned }
        }
    }

    /// Rows that one write deletes, so that the settles behind it do not wait long.
    private static let prunedRowsMax = 2_000

    static func outcome(for scope: IdempotencyScope, in db: Database) throws -> RecordedOutcome? {
        try db.row(
            "SELECT * FROM outcomes WHERE agent_id = ? AND route = ? AND key = ?",
            [scope.agentID.uuid, scope.route, scope.key.value])?.outcome()
    }

    static func outcomeBytes(of agent: Agent.ID, in db: Database) throws -> Int64 {
        try db.count("SELECT bytes FROM outcome_sizes WHERE agent_id = ?", [agent.uuid])
    }

    /// - Parameter orKeep: leave an outcome that the key has already; otherwise that is a conflict.
    static func insert(
        _ outcome: StoredOutcome, for request: IdempotentRequest, at time: Timestamp, orKeep: Bool, in db: Database
    ) throws {
        let scope = request.scope
        let changed = try db.run(
            """
            INSERT INTO outcomes (agent_id, route, key, fingerprint, status, headers, body, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent_id, route, key) DO NOTHING
            """,
            [
                scope.agentID.uuid, scope.route, scope.key.value, Data(request.fingerprint.bytes), outcome.status,
                outcome.headersJSON, Data(outcome.body), time.milliseconds,
            ])
        guard changed == 1 || orKeep else { throw StoreError.conflict(field: "idempotencyKey") }
    }
}
