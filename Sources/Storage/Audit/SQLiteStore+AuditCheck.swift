import Foundation
import GRDB
public import MarketCore

extension SQLiteStore {
    /// Checks the audit log of the file at `path` from its first entry on, without changing it, whether or not another
    /// process has it open.
    ///
    /// - Parameters:
    ///   - kept: the number and hash of an entry that somebody kept elsewhere; the log must still have it.
    ///   - verify: whether a signature by the key of that name is good; nil when the key is not known.
    /// - Throws: ``StoreError/unavailable(_:)`` when there is no such file or it is of an older version, and
    ///   ``StoreError/corrupt(_:)`` when it is not a store.
    public static func verifyAudit(
        at path: String, kept: (number: Int64, hash: [UInt8])? = nil,
        verify: (_ keyID: String, _ signature: [UInt8], _ bytes: [UInt8]) -> Bool?
    ) throws(StoreError) -> AuditCheck {
        try mappingStoreErrors {
            guard FileManager.default.fileExists(atPath: path) else {
                throw StoreError.unavailable("there is no file \(path)")
            }
            let queue = try readOnly(path)
            defer { try? queue.close() }
            return try queue.read { db in
                guard try db.tableExists("grdb_migrations") else {
                    throw StoreError.corrupt("\(path) is not a store")
                }
                guard try db.tableExists("audit_entries"), try db.tableExists("audit_head") else {
                    let isOld =
                        try Int64.fetchOne(
                            db, sql: "SELECT 1 FROM grdb_migrations WHERE identifier = '10 audit log'") == nil
                    guard isOld else {
                        return AuditCheck(
                            entries: 0, head: nil, fault: .init(number: nil, detail: "the log itself was removed"))
                    }
                    throw StoreError.unavailable(
                        "\(path) was written by an older version; start the daemon on it once")
                }
                return try AuditChain(kept: kept).check(db, verify: verify)
            }
        }
    }
}

/// Reads the log from its begin, each entry held against the one before.
private struct AuditChain {
    let kept: (number: Int64, hash: [UInt8])?

    /// As bytes, because what was changed may not be text any more.
    private static let rows = """
        SELECT number, time, CAST(actor_kind AS BLOB), CAST(actor_id AS BLOB), CAST(action AS BLOB),
            CAST(subject_kind AS BLOB), CAST(subject_id AS BLOB), CAST(detail AS BLOB), previous, hash
        FROM audit_entries ORDER BY number
        """

    func check(
        _ db: Database, verify: (_ keyID: String, _ signature: [UInt8], _ bytes: [UInt8]) -> Bool?
    ) throws -> AuditCheck {
        var count: Int64 = 0
        var last = AuditRecord.firstPrevious
        var keptHash: [UInt8]?
        let head = try? SQLiteStore.auditHead(in: db)
        func broken(_ number: Int64?, _ detail: String) -> AuditCheck {
            AuditCheck(entries: count, head: head, fault: .init(number: number, detail: detail))
        }
        let rows = try Row.fetchCursor(db, sql: Self.rows)
        while let row = try rows.next() {
            guard let entry = Self.entry(row) else {
                return broken(count + 1, "it holds values of other kinds than it was written with")
            }
            guard entry.record.number == count + 1 else {
                return broken(count + 1, "it is missing; entry \(entry.record.number) follows entry \(count)")
            }
            guard entry.record.hash == entry.hash else {
                return broken(entry.record.number, "its content is not what its hash was made of")
            }
            guard entry.record.previous == last else {
                return broken(entry.record.number, "it does not follow the entry before, whose hash is another")
            }
            count += 1
            last = entry.hash
            if count == kept?.number { keptHash = last }
        }
        if let detail = try Self.fault(in: db, count, last, verify) { return broken(nil, detail) }
        if let kept, keptHash != kept.hash {
            guard kept.number > count else {
                return broken(kept.number, "its hash is not the one that was kept: the log was written anew")
            }
            return broken(
                nil, "entry \(kept.number) was kept, but the log ends with entry \(count): its end was cut off")
        }
        return AuditCheck(entries: count, head: head, fault: nil)
    }

    /// What is wrong with the end.
    private static func fault(
        in db: Database, _ count: Int64, _ last: [UInt8],
        _ verify: (_ keyID: String, _ signature: [UInt8], _ bytes: [UInt8]) -> Bool?
    ) throws -> String? {
        let heads = try Row.fetchAll(
            db, sql: "SELECT number, hash, CAST(key_id AS BLOB) AS key_id, signature FROM audit_head")
        guard count > 0 || !heads.isEmpty else { return nil }
        guard heads.count == 1, let number = Int64.fromDatabaseValue(heads[0][0]),
            let hash = Data.fromDatabaseValue(heads[0][1]), let keyBytes = Data.fromDatabaseValue(heads[0][2]),
            let signature = Data.fromDatabaseValue(heads[0][3])
        else { return "the signed head, which says where the log ends, is gone" }
        guard number <= count else {
            return "the signed head names entry \(number), but the log ends with entry \(count): its end was cut off"
        }
        guard number == count, Array(hash) == last else {
            return "the signed head names entry \(number), but the log ends with another, entry \(count)"
        }
        let bytes = AuditHead.signedBytes(number: number, hash: last)
        let keyID = String(decoding: keyBytes, as: UTF8.self)
        switch verify(keyID, Array(signature), bytes) {
        case .some(true): return nil
        case .some(false): return "the signature of the head is not the node's: the log was written by another"
        case nil: return "the head is signed by a key that is not known, \(keyID)"
        }
    }

    private static func entry(_ row: Row) -> (record: AuditRecord, hash: [UInt8])? {
        func bytes(_ index: Int) -> [UInt8]? { Data.fromDatabaseValue(row[index]).map(Array.init) }
        guard let number = Int64.fromDatabaseValue(row[0]), let time = Int64.fromDatabaseValue(row[1]),
            let actorKind = bytes(2), let actorID = bytes(3), let action = bytes(4), let subjectKind = bytes(5),
            let subjectID = bytes(6), let detail = bytes(7), let previous = bytes(8), let hash = bytes(9)
        else { return nil }
        return (
            AuditRecord(
                number: number, milliseconds: time, actorKind: actorKind, actorID: actorID, action: action,
                subjectKind: subjectKind, subjectID: subjectID, detail: detail, previous: previous), hash
        )
    }
}
