import Dispatch
import Foundation
import GRDB
public import MarketCore
public import Metering

extension SQLiteStore {
    public func verifyLedger() async throws(StoreError) -> LedgerCheck {
        let path = pool.path
        // A connection of its own, whose sums may go to a file: they are as large as the store.
        let result: Result<LedgerCheck, StoreError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(StoreError) {
                    continuation.resume(returning: .success(try Self.verifyLedger(at: path)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Checks the ledger of the file at `path` without changing it, whether or not another process has it open.
    ///
    /// - Throws: ``StoreError/unavailable(_:)`` when there is no such file or it cannot be read, and
    ///   ``StoreError/corrupt(_:)`` when it is not a store.
    public static func verifyLedger(at path: String) throws(StoreError) -> LedgerCheck {
        try mappingStoreErrors {
            guard FileManager.default.fileExists(atPath: path) else {
                throw StoreError.unavailable("there is no file \(path)")
            }
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            guard try queue.read({ try $0.tableExists("transfers") && $0.tableExists("usages") }) else {
                throw StoreError.corrupt("\(path) holds no ledger")
            }
            guard try queue.read({ try $0.tableExists("payments") }) else {
                throw StoreError.unavailable("\(path) was written by an older version; start the daemon on it once")
            }
            var found: LedgerCheck?
            do {
                try queue.read { db in found = try LedgerAudit.check(db) }
            } catch {
                // Having met a damaged page, SQLite does not even end the reading; what was found counts.
                guard let found, !found.isSound else { throw error }
            }
            guard let found else { throw StoreError.unavailable("\(path) was not read") }
            return found
        }
    }
}
