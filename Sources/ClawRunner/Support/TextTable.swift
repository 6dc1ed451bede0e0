/// Rows of text in columns, for people.
struct TextTable: Sendable {
    enum Alignment: Sendable {
        case left, right
    }

    struct Column: Sendable {
        let title: String
        let alignment: Alignment
        /// Longer cells are cut and end in `…`.
        let widthMax: Int

        init(_ title: String, _ alignment: Alignment = .left, widthMax: Int = 80) {
            self.title = title
            self.alignment = alignment
            self.widthMax = widthMax
        }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: String...) {
        precondition(cells.count == columns.count, "a row has one cell for each column")
        rows.append(zip(cells, columns).map { Self.cut(Terminal.oneLine($0), $1.widthMax) })
    }

    /// The title line and the rows, columns two blanks apart, without trailing blanks. A style is applied to a
    /// finished cell, so that it does not disturb the columns.
    func lines(style: (_ row: Int, _ column: Int, _ cell: String) -> String = { $2 }) -> [String] {
        let widths = columns.indices.map { column in
            ([columns[column].title] + rows.map { $0[column] }).map(\.count).max() ?? 0
        }
        func line(_ cells: [String], _ row: Int) -> String {
            let padded = columns.indices.map { column in
                let cell = cells[column]
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                let shown = row < 0 ? cell : style(row, column, cell)
                return columns[column].alignment == .right ? blanks + shown : shown + blanks
            }
            let joined = padded.joined(separator: "  ")
            return String(joined.reversed().drop { $0 == " " }.reversed())
        }
        return [line(columns.map(\.title), -1)] + rows.enumerated().map { line($1, $0) }
    }

    private static func cut(_ cell: String, _ width: Int) -> String {
        let single = cell.split(whereSeparator: \.isNewline).joined(separator: " ")
        return single.count <= width ? single : single.prefix(width - 1) + "…"
    }
}

extension String {
    /// The text with blanks after it, so that it is at least `width` characters wide.
    func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
