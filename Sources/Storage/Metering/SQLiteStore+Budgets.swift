import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func setBudget(
        _ scope: Budget.Scope, _ period: Budget.Period, _ currency: Currency, limit: Money?, at time: Timestamp,
        onCommit: @escaping @Sendable ([BudgetState]) -> Void
    ) async throws(StoreError) -> [BudgetState] {
        try await committer.write { [committer] db in
            try committer.tally.flush(in: db)
            let owner = scope.owner
            if let limit {
                try db.run(
                    """
                    INSERT INTO budgets (owner, kind, period, currency, amount) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (owner, period, currency) DO UPDATE SET amount = excluded.amount
                    """, [owner, scope.kind, period.rawValue, currency.rawValue, limit.base])
            } else {
                try db.run(
                    "DELETE FROM budgets WHERE owner = ? AND period = ? AND currency = ?",
                    [owner, period.rawValue, currency.rawValue])
            }
            return try Self.budgets(scope, currency, at: time, in: db)
        } onCommit: {
            onCommit($0)
        }
    }

    public func budgets(of agent: Agent.ID, at time: Timestamp) async throws(StoreError) -> [BudgetState] {
        try await read { db in
            let rows = try db.rows(
                """
                SELECT * FROM budgets WHERE owner = ?1
                UNION ALL
                SELECT b.* FROM budgets AS b JOIN purchases AS p ON p.id = b.owner
                WHERE b.kind = 'license' AND p.buyer_id = ?1
                ORDER BY kind, owner, currency, period LIMIT ?2
                """, [agent.uuid, Self.budgetsMax])
            return try rows.map { row in
                let isAgent = try row.text("kind") == "agent"
                return try Self.state(
                    row, isAgent ? .agent(try row.id("owner")) : .license(try row.id("owner")), at: time, in: db)
            }
        }
    }

    /// What one list has at most.
    private static let budgetsMax = 400

    /// The budgets of one owner in one currency.
    static func budgets(
        _ scope: Budget.Scope, _ currency: Currency, at time: Timestamp, in db: Database
    ) throws -> [BudgetState] {
        try db.rows(
            "SELECT * FROM budgets WHERE owner = ? AND currency = ? ORDER BY period",
            [scope.owner, currency.rawValue]
        ).map { try state($0, scope, at: time, in: db) }
    }

    private static func state(
        _ row: Row, _ scope: Budget.Scope, at time: Timestamp, in db: Database
    ) throws -> BudgetState {
        let budget = Budget(scope: scope, period: try row.word("period"), limit: try row.money("amount"))
        let unit = budget.period.unit
        let values: [Bound] = [
            unit.rawValue, scope.owner, unit.start(of: time).milliseconds, budget.limit.currency.rawValue,
        ]
        let spent =
            switch scope {
            case .agent:
                try db.count(
                    """
                    SELECT (
                        SELECT ifnull(sum(cost), 0) FROM usage_totals
                        WHERE unit = ?1 AND agent_id = ?2 AND start = ?3 AND currency = ?4
                    ) + (
                        SELECT ifnull(sum(amount), 0) FROM payments
                        WHERE buyer_id = ?2 AND created_at >= ?3 AND currency = ?4
                    )
                    """, values)
            case .license:
                try db.count(
                    """
                    SELECT sum(t.cost) FROM purchases AS p JOIN usage_totals AS t
                        ON t.unit = ?1 AND t.agent_id = p.buyer_id AND t.start = ?3 AND t.chain = p.id
                    WHERE p.id = ?2 AND t.currency = ?4
                    """, values)
            }
        return BudgetState(budget: budget, spentBase: spent, at: time)
    }
}

extension Budget.Scope {
    fileprivate var owner: UUID {
        switch self {
        case .agent(let id): id.uuid
        case .license(let id): id.uuid
        }
    }

    fileprivate var kind: String {
        switch self {
        case .agent: "agent"
        case .license: "license"
        }
    }
}
