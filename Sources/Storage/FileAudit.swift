import GRDB

/// What is wrong with the file itself: pages that cannot be what they should be, rows that refer to nothing.
enum FileAudit {
    /// Rows that refer to rows that are gone. Not to be asked of a file with damaged pages.
    static func references(_ db: Database, max: Int) throws -> [(place: String, detail: String)] {
        try db.rows("PRAGMA foreign_key_check", []).prefix(max).map { row in
            ("table \(try row.text("table"))", "a row refers to a row of \(try row.text("parent")) that is gone")
        }
    }

    /// Damaged pages, each with its place: the table or index that begins there, another page, or the file.
    static func pages(_ db: Database, max: Int) throws -> [(place: String, detail: String)] {
        var findings: [String] = []
        do {
            let rows = try Row.fetchCursor(db, sql: "PRAGMA quick_check(\(max))")
            while let row = try rows.next() {
                // Several lines in one row, the first of them a heading.
                findings += (String.fromDatabaseValue(row[0]) ?? "").split(separator: "\n").map(String.init)
                    .filter { $0 != "ok" && !$0.hasPrefix("***") }
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            // After what it found it goes on, and may then meet what it cannot read at all.
            if findings.isEmpty { findings = [error.message ?? "it is damaged"] }
        }
        return findings.prefix(max).map { (place(of: $0, db), $0) }
    }

    /// SQLite names the first page of a tree or the damaged page: `Tree 33 page 40 cell 0: …`, `Page 33: …`.
    private static func place(of finding: String, _ db: Database) -> String {
        guard let match = finding.firstMatch(of: /[Tt]ree ([0-9]+)|[Pp]age ([0-9]+)/),
            let page = (match.1 ?? match.2).flatMap({ Int64($0) })
        else { return "file" }
        let row = try? db.row("SELECT type || ' ' || name AS place FROM sqlite_schema WHERE rootpage = ?", [page])
        return row.flatMap { try? $0.text("place") } ?? "page \(page)"
    }
}
