import Dispatch
import Foundation
import GRDB
public import MarketCore
public import Metering
import Synchronization

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
            let queue = try readOnly(path)
            defer { try? queue.close() }
            guard try queue.read({ try $0.tableExists("transfers") && $0.tableExists("usages") }) else {
                throw StoreError.corrupt("\(path) holds no ledger")
            }
            guard try queue.read({ try $0.tableExists("upgrades") }) else {
                throw StoreError.unavailable("\(path) was written by an older version; start the daemon on it once")
            }
            let quick = try pagesAndQuick(path)
            guard quick.faults.isEmpty else {
                return LedgerCheck(accounts: 0, transfers: 0, usages: 0, sums: [], faults: quick.faults)
            }
            return try quick.check ?? checkExactly(at: path)
        }
    }

    /// Looks for damaged pages and, at the same time, decides whether the rest need be asked exactly.
    ///
    /// - Returns: damaged pages; or what the quick way found, which is nil when it found something odd or could not read on.
    private static func pagesAndQuick(_ path: String) throws -> (faults: [LedgerCheck.Fault], check: LedgerCheck?) {
        let pages = Mutex<Result<[LedgerCheck.Fault], any Error>>(.success([]))
        let check = Mutex<LedgerCheck?>(nil)
        DispatchQueue.concurrentPerform(iterations: 2) { index in
            if index == 0 {
                let result = Result { try damagedPages(path) }
                pages.withLock { $0 = result }
            } else {
                // An error is met again by the exact way, unless it comes from a damaged page.
                let found = try? quickCheck(at: path)
                check.withLock { $0 = found }
            }
        }
        return (try pages.withLock { $0 }.get(), check.withLock { $0 })
    }

    private static func damagedPages(_ path: String) throws -> [LedgerCheck.Fault] {
        let queue = try readOnly(path)
        defer { try? queue.close() }
        var faults: [LedgerCheck.Fault] = []
        do {
            try queue.read { db in faults = try LedgerAudit.checkFile(db) }
        } catch {
            // Having met a damaged page, SQLite does not even end the reading; what was found counts.
            guard !faults.isEmpty else { throw error }
        }
        return faults
    }

    /// Nil when something is odd: then ``checkExactly(at:)`` must say what.
    static func quickCheck(at path: String) throws -> LedgerCheck? {
        let queue = try readOnly(path)
        defer { try? queue.close() }
        return try queue.read { db in try QuickAudit.check(db) }
    }

    /// Both parts at once, each by a connection of its own.
    static func checkExactly(at path: String) throws -> LedgerCheck {
        let parts = LedgerAudit.Part.allCases
        let results = Mutex<[Int: Result<LedgerAudit.Finding, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: parts.count) { index in
            let result = Result {
                let queue = try readOnly(path)
                defer { try? queue.close() }
                return try queue.read { db in try LedgerAudit.check(db, parts[index]) }
            }
            results.withLock { $0[index] = result }
        }
        let findings = try parts.indices.map { index in
            guard let result = results.withLock({ $0[index] }) else { preconditionFailure("every part was run") }
            return try result.get()
        }
        return LedgerCheck(
            accounts: findings.map(\.accounts).reduce(0, +), transfers: findings.map(\.transfers).reduce(0, +),
            usages: findings.map(\.usages).reduce(0, +), sums: findings.flatMap(\.sums),
            faults: Array(findings.flatMap(\.faults).prefix(LedgerCheck.faultsMax)))
    }

    static func readOnly(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }
}
