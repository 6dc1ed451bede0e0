import GRDB
import GRDBSQLite

/// Something that this code does not write. The quick way ends there; whether it is a fault says the exact way.
struct Oddity: Error {}

/// The row on which a statement stands, read where SQLite has it and without copies: these are read for every entry there
/// ever was. A value of another kind than asked for is an ``Oddity``.
struct ScannedRow {
    private let statement: SQLiteStatement

    /// - Parameter body: must not keep the row or a pointer into it.
    static func each(_ db: Database, _ sql: String, _ body: (ScannedRow) throws -> Void) throws {
        let statement = try db.makeStatement(sql: sql)
        let rows = try Row.fetchCursor(statement)
        let row = ScannedRow(statement: statement.sqliteStatement)
        while try rows.next() != nil { try body(row) }
    }

    @inline(__always)
    func integer(_ column: Int32) throws -> Int64 {
        guard sqlite3_column_type(statement, column) == SQLITE_INTEGER else { throw Oddity() }
        return sqlite3_column_int64(statement, column)
    }

    func optionalInteger(_ column: Int32) throws -> Int64? {
        isNull(column) ? nil : try integer(column)
    }

    @inline(__always)
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    /// A text or blob. The pointer is good until the next row.
    @inline(__always)
    func bytes(_ column: Int32) throws -> UnsafeRawBufferPointer {
        let type = sqlite3_column_type(statement, column)
        guard type == SQLITE_TEXT || type == SQLITE_BLOB else { throw Oddity() }
        // Before the count, which counts what this gives.
        let start = sqlite3_column_blob(statement, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
    }

    @inline(__always)
    func key(_ column: Int32) throws -> RowKey {
        let bytes = try bytes(column)
        guard bytes.count == 16 else { throw Oddity() }
        return RowKey(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    @inline(__always)
    func word(_ column: Int32) throws -> RowWord {
        guard let word = RowWord(try bytes(column)) else { throw Oddity() }
        return word
    }
}

/// An identifier of 16 bytes, in the order in which SQLite sorts them.
struct RowKey: Hashable, Comparable {
    let high: UInt64
    let low: UInt64

    static func < (left: RowKey, right: RowKey) -> Bool { (left.high, left.low) < (right.high, right.low) }

    @inline(__always)
    func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }
}

/// A text of at most 15 bytes, such as a currency, as one number.
struct RowWord: Hashable {
    let value: UInt128

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count < 16 else { return nil }
        var value: UInt128 = 0
        for byte in bytes { value = value << 8 | UInt128(byte) }
        // The count tells a text from the same with zeros before it.
        self.value = value << 8 | UInt128(bytes.count)
    }

    init?(_ text: String) {
        var text = text
        guard let word = text.withUTF8({ RowWord(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = word
    }
}
