import Foundation
import GRDB
public import MarketCore
public import Metering

/// Everything that one node keeps, in one SQLite file.
///
/// The file is in WAL mode with `synchronous = FULL`: a write that returned is on disk. Writes of many callers share
/// one transaction and so one sync; each of them still fails alone. A write that began is finished, whatever becomes of
/// the task that asked for it. Reads run beside writes.
///
/// ```swift
/// let store = try SQLiteStore(path: "/var/lib/clawrunner/market.db", signer: key)
/// ```
///
/// One process at a time may open a file for writing; ``verifyLedger(at:)`` may be used beside it.
public final class SQLiteStore: Sendable {
    let pool: DatabasePool
    let committer: GroupCommitter
    let signer: any ReceiptSigner

    /// Opens the file at `path`, creating it with mode 0600 and bringing its tables up to date.
    ///
    /// - Parameter signer: signs the receipt of every settled run, inside its transaction.
    /// - Throws: ``StoreError/unavailable(_:)`` when the file cannot be used, was written by a newer version, or the
    ///   disk does not give what durability needs.
    public convenience init(path: String, signer: any ReceiptSigner) throws(StoreError) {
        try self.init(path: path, signer: signer, queuedWritesMax: 16_384)
    }

    init(path: String, signer: any ReceiptSigner, queuedWritesMax: Int) throws(StoreError) {
        self.signer = signer
        pool = try mappingStoreErrors {
            try Self.createFile(path)
            try Self.migrate(path)
            let pool = try DatabasePool(path: path, configuration: Self.configuration())
            try Self.requireDurability(pool)
            try JournalSpace.reserve(besides: path)
            return pool
        }
        committer = GroupCommitter(pool: pool, queuedWritesMax: queuedWritesMax)
    }

    /// Finishes the writes that are queued, refuses later ones, and closes the file, which then holds everything: the
    /// journal beside it is empty.
    public func close() async throws(StoreError) {
        await committer.close()
        // Somebody else may still read; the journal then stays, and nothing is lost.
        _ = try? await pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
        try mappingStoreErrors { try pool.close() }
    }

    /// Each settle touches a dozen pages that the last one touched. Readers find what the writer wrote in the system's own cache.
    private static let writerCacheKiB = 8000
    private static let readerCacheKiB = 2000

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "clawrunner.store"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -\(readerCacheKiB)")
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
            // Savepoints copy pages aside; in a file that would cost as much as the writes themselves.
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    /// The journal takes the mode of the file, so neither is ever readable by others.
    static func createFile(_ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: attributes) else {
            throw StoreError.unavailable("\(path) cannot be created; check the directory and its permissions")
        }
    }

    /// By a connection of its own, whose sums and sorted rows may go to a file: they are as large as the store.
    private static func migrate(_ path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        let migrator = Migrations.migrator()
        guard try !queue.read(migrator.hasBeenSuperseded) else {
            throw StoreError.unavailable("the data directory was written by a newer version of clawrunner")
        }
        try migrator.migrate(queue)
    }

    /// The pool opens its writer with `synchronous = NORMAL`, which may lose the last commits with the power.
    private static func requireDurability(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA cache_size = -\(writerCacheKiB)")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(JournalSpace.checkpointPages)")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2,
                try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal"
            else { throw StoreError.unavailable("SQLite did not accept WAL mode with synchronous = FULL") }
        }
    }
}
