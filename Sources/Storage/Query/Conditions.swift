import GRDB

/// The conditions of a list that are joined by AND, with their values.
struct Conditions: Sendable {
    private(set) var clauses: [String] = []
    private(set) var values: [Bound] = []

    mutating func add(_ clause: String, _ values: Bound...) {
        clauses.append(clause)
        self.values += values
    }

    /// These and others.
    func joined(_ others: Conditions) -> Conditions {
        var all = self
        all.clauses += others.clauses
        all.values += others.values
        return all
    }

    /// A part of any of `columns`, in either case.
    mutating func add(_ text: String, anywhereIn columns: [String]) {
        var pattern = "%"
        for character in text {
            if character == "%" || character == "_" || character == "\\" { pattern.append("\\") }
            pattern.append(character)
        }
        pattern.append("%")
        clauses.append("(" + columns.map { "\($0) LIKE ? ESCAPE '\\'" }.joined(separator: " OR ") + ")")
        values += columns.map { _ in pattern }
    }

    /// ` WHERE …`, or nothing.
    var sql: String { clauses.isEmpty ? "" : " WHERE " + expression }

    /// Whether a row meets them, as a value.
    var expression: String { clauses.isEmpty ? "1" : clauses.joined(separator: " AND ") }
}
