import Foundation
import GRDB
import MarketCore
import Metering

/// The entries of one charge, ready to be written: each account that they touch is changed once.
struct Booking: Sendable {
    private struct Change {
        let account: Account
        var base: Int64
    }

    private let changes: [Change]
    private let entries: [(debit: Account, credit: Account, values: [DatabaseValue])]

    /// - Parameter charged: what the entries must add up to: the last line of defence against a wrong split.
    init(_ transfers: [Transfer], of charged: Money) throws(StoreError) {
        var changes: [Change] = []
        var sum: Int64 = 0
        func change(_ account: Account, by base: Int64) throws(StoreError) {
            let index = changes.firstIndex { $0.account == account } ?? changes.endIndex
            if index == changes.endIndex { changes.append(Change(account: account, base: 0)) }
            changes[index].base = try Self.sum(changes[index].base, base, charged)
        }
        for transfer in transfers {
            guard transfer.amount.currency == charged.currency else { throw Self.mismatch(charged, sum) }
            sum = try Self.sum(sum, transfer.amount.base, charged)
            try change(transfer.debit, by: -transfer.amount.base)
            try change(transfer.credit, by: transfer.amount.base)
        }
        guard sum == charged.base else { throw Self.mismatch(charged, sum) }
        self.changes = changes
        entries = transfers.map { ($0.debit, $0.credit, $0.values) }
    }

    func write(in db: Database) throws {
        var rows: [Account: Int64] = [:]
        for change in changes { rows[change.account] = try Self.move(change.account, by: change.base, in: db) }
        guard !entries.isEmpty else { return }
        let values = entries.flatMap { entry in
            entry.values + [rows[entry.debit].databaseValue, rows[entry.credit].databaseValue]
        }
        let places = Array(repeating: "(?, ?, ?, ?, ?, ?, ?, ?)", count: entries.count).joined(separator: ", ")
        try db.run(
            """
            INSERT INTO transfers (id, amount, currency, kind, reference, created_at, debit, credit)
            VALUES \(places)
            """,
            values: values)
    }

    /// Changes a balance and returns the account's row. An account comes into being with its first entry.
    private static func move(_ account: Account, by base: Int64, in db: Database) throws -> Int64 {
        let owner = account.owner.databaseValue
        let name = [account.kind.databaseValue, owner, account.currency.rawValue.databaseValue]
        let row = try db.integer(
            "UPDATE accounts SET balance = balance + ? WHERE kind = ? AND owner = ? AND currency = ? RETURNING id",
            values: [base.databaseValue] + name)
        if let row { return row }
        try db.run(
            "INSERT INTO accounts (kind, owner, currency, balance) VALUES (?, ?, ?, ?)",
            values: name + [base.databaseValue])
        return db.lastInsertedRowID
    }

    private static func sum(_ left: Int64, _ right: Int64, _ charged: Money) throws(StoreError) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        guard !overflow else { throw mismatch(charged, left) }
        return sum
    }

    private static func mismatch(_ charged: Money, _ sum: Int64) -> StoreError {
        .refused(LedgerError.sumMismatch(expected: charged, base: sum).description)
    }
}

extension Account {
    /// How an account's owner is stored: the agent's identifier, or nothing.
    var owner: Data {
        agentID.map(\.bytes) ?? Data()
    }
}

extension Identifier {
    var bytes: Data {
        withUnsafeBytes(of: uuid.uuid) { Data($0) }
    }
}

extension Transfer {
    /// The columns of `transfers` before the two accounts.
    fileprivate var values: [DatabaseValue] {
        [
            id.uuid.databaseValue, amount.base.databaseValue, amount.currency.rawValue.databaseValue,
            kind.rawValue.databaseValue, reference.bytes.databaseValue, createdAt.milliseconds.databaseValue,
        ]
    }
}

extension Transfer.Reference {
    /// The identifier of the run or purchase, or the text of a credit's reference.
    fileprivate var bytes: Data {
        switch self {
        case .payment(let id): id.bytes
        case .refund(let id): id.bytes
        case .usage(let id): id.bytes
        case .text(let text): Data(text.utf8)
        }
    }
}
