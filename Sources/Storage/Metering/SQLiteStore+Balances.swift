import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func load(
        _ keys: HoldKeys, at time: Timestamp, onCommit: @escaping @Sendable (HoldState) -> Void
    ) async throws(StoreError) -> HoldState {
        // Among the writes, so that its place in their order is known.
        try await committer.write(isRead: true) { [committer] db in
            try committer.tally.flush(in: db)
            let balance = try keys.account.map { key in
                try Self.balance(of: .agent(key.agentID, key.currency), in: db).base
            }
            let budgets = try keys.account.map { key in
                try Self.budgets(.agent(key.agentID), key.currency, at: time, in: db)
            }
            let license = try keys.purchaseID.flatMap { try Self.license($0, at: time, in: db) }
            return HoldState(keys: keys, balanceBase: balance ?? 0, budgets: budgets ?? [], license: license)
        } onCommit: {
            onCommit($0)
        }
    }

    private static func license(
        _ id: Purchase.ID, at time: Timestamp, in db: Database
    ) throws -> HoldState.License? {
        let row = try db.row(
            "SELECT usage_limit, current_usage, trial_left, currency FROM purchases WHERE id = ?", [id.uuid])
        return try row.map { row in
            HoldState.License(
                usageLimit: try row.optionalInteger("usage_limit"), currentUsage: try row.integer("current_usage"),
                trialLeft: try row.integer("trial_left"),
                budgets: try budgets(.license(id), row.word("currency"), at: time, in: db))
        }
    }

    public func balance(of agent: Agent.ID, in currency: Currency) async throws(StoreError) -> Money {
        try await read { db in try Self.balance(of: .agent(agent, currency), in: db) }
    }

    public func balances(of agent: Agent.ID) async throws(StoreError) -> [Money] {
        let owner = Account.agent(agent, .usdc).owner
        return try await read { db in try Self.balances(kind: "agent", owner: owner, in: db) }
    }

    public func platformBalances() async throws(StoreError) -> [Money] {
        try await read { db in try Self.balances(kind: "platform", owner: Data(), in: db) }
    }

    static func balance(of account: Account, in db: Database) throws -> Money {
        let base = try db.count(
            "SELECT balance FROM accounts WHERE kind = ? AND owner = ? AND currency = ?",
            [account.kind, account.owner, account.currency.rawValue])
        return Money(base: base, currency: account.currency)
    }

    private static func balances(kind: String, owner: Data, in db: Database) throws -> [Money] {
        try db.rows(
            "SELECT balance, currency FROM accounts WHERE kind = ? AND owner = ? ORDER BY currency", [kind, owner]
        ).map { try $0.money("balance") }
    }
}
