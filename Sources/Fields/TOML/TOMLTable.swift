/// Why a text is not TOML.
struct TOMLSyntaxError: Error {
    var path = ""
    let message: String
    let line: Int
}

/// A table while its document is read. It remembers how it came to be, because TOML forbids most second openings.
final class TOMLTable {
    enum Origin {
        /// Named only as the parent of another, as `a` is by `[a.b]`.
        case parent
        case header
        /// Named as the parent in a dotted key, as `a` is by `a.b = 1`.
        case dottedKey
        /// Written as `{ … }`, complete at once.
        case inline
    }

    var origin: Origin
    let line: Int
    private(set) var entries: [(key: String, node: TOMLNode, line: Int)] = []
    private var positions: [String: Int] = [:]

    init(origin: Origin, line: Int) {
        self.origin = origin
        self.line = line
    }

    subscript(key: String) -> TOMLNode? {
        positions[key].map { entries[$0].node }
    }

    func append(_ key: String, _ node: TOMLNode, line: Int) {
        positions[key] = entries.count
        entries.append((key, node, line))
    }

    /// The table as a value; notes the line of every field.
    func json(path: String, lines: inout [String: Int]) -> JSONValue {
        var object = JSONObject()
        for entry in entries {
            let path = FieldReader.join(path, entry.key)
            lines[path] = entry.line
            object[entry.key] = entry.node.json(path: path, lines: &lines)
        }
        return .object(object)
    }
}

/// The tables of one `[[name]]`.
final class TOMLTableArray {
    var tables: [TOMLTable] = []
}

indirect enum TOMLNode {
    case scalar(JSONValue)
    case array([(node: TOMLNode, line: Int)])
    case table(TOMLTable)
    case tables(TOMLTableArray)

    func json(path: String, lines: inout [String: Int]) -> JSONValue {
        switch self {
        case .scalar(let value): return value
        case .table(let table): return table.json(path: path, lines: &lines)
        case .array(let elements):
            return .array(
                elements.enumerated().map { index, element in
                    let path = "\(path)[\(index)]"
                    lines[path] = element.line
                    return element.node.json(path: path, lines: &lines)
                })
        case .tables(let array):
            return .array(
                array.tables.enumerated().map { index, table in
                    let path = "\(path)[\(index)]"
                    lines[path] = table.line
                    return table.json(path: path, lines: &lines)
                })
        }
    }
}
