import Foundation
import GRDB
import MarketCore

/// A value bound to a statement; nil is NULL.
typealias Bound = (any DatabaseValueConvertible & Sendable)?

extension Database {
    /// Runs a statement that is prepared once per connection. Returns how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: [Bound]) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: StatementArguments(bound: values))
        return changesCount
    }

    /// As ``run(_:_:)``, with values that are in the database's own form already.
    @discardableResult
    func run(_ sql: String, values: [DatabaseValue]) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
        return changesCount
    }

    /// The integer of the first row that a statement gives; nil when there is none.
    func integer(_ sql: String, values: [DatabaseValue]) throws -> Int64? {
        try Int64.fetchOne(cachedStatement(sql: sql), arguments: StatementArguments(values))
    }

    /// The first row that a statement gives; nil when there is none.
    func row(_ sql: String, _ values: [Bound]) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: StatementArguments(bound: values))
    }

    func rows(_ sql: String, _ values: [Bound]) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: StatementArguments(bound: values))
    }

    /// The integer of the first row; 0 when there is none or it is NULL.
    func count(_ sql: String, _ values: [Bound] = []) throws -> Int64 {
        try Int64.fetchOne(cachedStatement(sql: sql), arguments: StatementArguments(bound: values)) ?? 0
    }
}

extension SQLiteStore {
    /// Reads one consistent state, beside the writes. The task's cancellation does not reach it: reads are short.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            pool.asyncRead { database in
                do throws(StoreError) {
                    let value = try mappingStoreErrors { try body(database.get()) }
                    continuation.resume(returning: .success(value))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}

extension StatementArguments {
    init(bound values: [Bound]) {
        self.init(values.map { $0?.databaseValue ?? .null })
    }
}
