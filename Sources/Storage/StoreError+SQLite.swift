import GRDB
import MarketCore

extension StoreError {
    /// What an error of the database means to its callers.
    init(describing error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self = Self.meaning(of: error)
        default: self = .unavailable(String(describing: error))
        }
    }

    private static func meaning(of error: DatabaseError) -> StoreError {
        let message = error.message ?? "error \(error.extendedResultCode.rawValue)"
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
            return .conflict(field: field(named: message))
        case .SQLITE_CONSTRAINT_FOREIGNKEY: return .missing("record")
        default: break
        }
        switch error.resultCode {
        case .SQLITE_CONSTRAINT: return .refused(detail(of: message))
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupt(message)
        default: return .unavailable(message)
        }
    }

    /// `UNIQUE constraint failed: agents.owner_wallet` is about `ownerWallet`.
    private static func field(named message: String) -> String {
        let column = message.split(separator: ".").last.map(String.init) ?? message
        let words = column.split(separator: "_")
        return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// Constraints are named by sentences; `CHECK constraint failed: ` before them says nothing more.
    private static func detail(of message: String) -> String {
        let prefix = "CHECK constraint failed: "
        return message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
    }
}

/// Runs `body`, turning whatever it throws into a `StoreError`.
func mappingStoreErrors<Value>(_ body: () throws -> Value) throws(StoreError) -> Value {
    do {
        return try body()
    } catch {
        throw StoreError(describing: error)
    }
}
