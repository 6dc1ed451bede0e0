import Fields
import Foundation
import GRDB
public import MarketCore
import Metering

extension SQLiteStore: AuditStore {
    public func append(_ act: AuditAct) async throws(StoreError) {
        try await committer.write { [signer] db in try Self.append(act, signer, in: db) }
    }

    public func recording<Value: Sendable>(
        _ act: AuditAct, if condition: @escaping @Sendable (any Sendable) -> Bool,
        _ work: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let note = AuditNote { [signer] db, value in
            if condition(value) { try Self.append(act, signer, in: db) }
        }
        let result: Result<Value, StoreError> = await AuditNote.$current.withValue(note) {
            do throws(StoreError) {
                return .success(try await work())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    public func audit(_ query: AuditQuery) async throws(StoreError) -> Page<AuditEntry> {
        let cursor = try Cursor.parse(query.page.cursor, list: "audit")
        var conditions = query.conditions
        let counted = conditions
        if let cursor {
            guard let number = Int64(cursor.key) else { throw .invalidCursor }
            conditions.add("number < ?", number)
        }
        return try await read { [conditions, counted] db in
            let total = try db.count("SELECT count(*) FROM audit_entries" + counted.sql, counted.values)
            let found = try db.rows(
                "SELECT * FROM audit_entries\(conditions.sql) ORDER BY number DESC LIMIT ?",
                conditions.values + [query.page.limit + 1])
            return try Page(rows: found, limit: query.page.limit, total: total) { row in
                try row.auditEntry()
            } cursor: { entry in
                Cursor(list: "audit", key: String(entry.number))
            }
        }
    }

    public func auditHead() async throws(StoreError) -> AuditHead? {
        try await read { db in try Self.auditHead(in: db) }
    }

    static func auditHead(in db: Database) throws -> AuditHead? {
        try db.row("SELECT * FROM audit_head", []).map { row in
            AuditHead(
                number: try row.integer("number"), hash: try row.bytes("hash"), keyID: try row.text("key_id"),
                signature: try row.bytes("signature"))
        }
    }

    /// The next entry and the head that names it.
    private static func append(_ act: AuditAct, _ signer: any ReceiptSigner, in db: Database) throws {
        let last = try db.row("SELECT number, hash FROM audit_entries ORDER BY number DESC LIMIT 1", [])
        let record = AuditRecord(
            act, number: try (last?.integer("number") ?? 0) + 1, at: .now,
            previous: try last?.bytes("hash") ?? AuditRecord.firstPrevious)
        let (hash, signer) = (record.hash, signer.now)
        try db.run(
            """
            INSERT INTO audit_entries (number, time, actor_kind, actor_id, action, subject_kind, subject_id, detail,
                previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                record.number, record.milliseconds, record.actorKind.text, record.actorID.text, record.action.text,
                record.subjectKind.text, record.subjectID.text, record.detail.text, Data(record.previous), Data(hash),
            ])
        let signature = try signer.signature(over: AuditHead.signedBytes(number: record.number, hash: hash))
        try db.run(
            """
            INSERT INTO audit_head (id, number, hash, key_id, signature) VALUES (1, ?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET number = ?1, hash = ?2, key_id = ?3, signature = ?4
            """, [record.number, Data(hash), signer.keyID, Data(signature)])
    }
}

extension [UInt8] {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}

extension AuditQuery {
    fileprivate var conditions: Conditions {
        var conditions = Conditions()
        switch actor {
        case nil: break
        case "operator", "system": conditions.add("actor_kind = ? AND actor_id = ''", actor)
        default: conditions.add("actor_kind = 'agent' AND actor_id = ?", actor)
        }
        if let action {
            // Of a part before the dot, all that begin so: the slash comes after the dot.
            conditions.add("(action = ? OR action >= ? AND action < ?)", action, action + ".", action + "/")
        }
        if let subjectKind { conditions.add("subject_kind = ?", subjectKind) }
        if let subjectID { conditions.add("subject_id = ?", subjectID) }
        if let from { conditions.add("time >= ?", from.milliseconds) }
        if let to { conditions.add("time < ?", to.milliseconds) }
        return conditions
    }
}

extension Row {
    fileprivate func auditEntry() throws -> AuditEntry {
        AuditEntry(
            number: try integer("number"), time: try time("time"),
            actor: try value("actor_kind", AuditActor(kind: try text("actor_kind"), id: try text("actor_id"))),
            action: AuditAction(rawValue: try text("action")),
            subject: AuditSubject(kind: try text("subject_kind"), id: try text("subject_id")),
            detail: try value("detail", try? JSONValue(parsing: Array(try text("detail").utf8))),
            previous: try bytes("previous"), hash: try bytes("hash"))
    }
}
