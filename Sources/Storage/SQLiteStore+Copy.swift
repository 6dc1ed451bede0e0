import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    /// Copies the file at `source` to a new one at `target` (mode 0600), as it is at one moment, whether or not another
    /// process has it open. Commits go on meanwhile; only the write-ahead log is not begun anew until this returns.
    ///
    /// Blocks for about as long as the disk takes to read and write the file. The copy is complete in one file, and not
    /// synced.
    /// - Throws: ``StoreError/unavailable(_:)`` when a file cannot be used or is of another version, and
    ///   ``StoreError/corrupt(_:)`` when `source` is no store.
    public static func copy(from source: String, to target: String) throws(StoreError) {
        try mappingStoreErrors {
            guard FileManager.default.fileExists(atPath: source) else {
                throw StoreError.unavailable("there is no file \(source)")
            }
            try createFile(target)
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            let copy = try DatabaseQueue(path: target, configuration: configuration)
            defer { try? copy.close() }
            configuration.readonly = true
            let original = try DatabaseQueue(path: source, configuration: configuration)
            defer { try? original.close() }
            // All pages in one step: a copy in several begins anew whenever another process commits in between.
            try original.backup(to: copy, pagesPerStep: -1)
            try requireThisVersion(copy)
            // In WAL mode every look at the copy would make two files beside it.
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        }
    }

    /// The packages that the file at `path` knows, by digest. Does not change the file.
    public static func packages(at path: String) throws(StoreError) -> [PackageDigest] {
        try mappingStoreErrors {
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { db in
                try db.rows("SELECT digest FROM packages ORDER BY digest", []).map { row in
                    try row.value("digest", PackageDigest(try row.text("digest")))
                }
            }
        }
    }

    private static func requireThisVersion(_ reader: some DatabaseReader) throws {
        let migrator = Migrations.migrator()
        let (isNewer, isOlder) = try reader.read { db in
            guard try db.tableExists("grdb_migrations") else { throw StoreError.corrupt("it is not a store") }
            return (try migrator.hasBeenSuperseded(db), try !migrator.hasCompletedMigrations(db))
        }
        guard !isNewer, !isOlder else {
            throw StoreError.unavailable(
                "it is of \(isNewer ? "a newer" : "an older") version of clawrunner; use that version")
        }
    }
}
