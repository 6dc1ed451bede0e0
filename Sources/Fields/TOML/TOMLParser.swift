/// A parser of TOML 1.0 (https://toml.io/en/v1.0.0). Own code, because the digits of a price and the line of every
/// field must survive, and because the text comes from strangers.
struct TOMLParser {
    static let bytesMax = 1 << 20
    static let depthMax = 32

    let bytes: [UInt8]
    var position = 0
    var line = 1
    var depth = 0

    init(_ text: String) throws(TOMLSyntaxError) {
        bytes = Array(text.utf8)
        guard bytes.count <= Self.bytesMax else {
            throw TOMLSyntaxError(message: "the text is longer than \(Self.bytesMax) bytes", line: 1)
        }
    }

    mutating func document() throws(TOMLSyntaxError) -> TOMLTable {
        let root = TOMLTable(origin: .header, line: 1)
        var current = root
        var path = ""
        while true {
            try skipBlankLines()
            guard let byte = peek else { return root }
            if byte == UInt8(ascii: "[") {
                (current, path) = try header(root)
            } else {
                try keyValue(into: current, path: path)
            }
            try endLine()
        }
    }

    // MARK: Tables

    private mutating func header(_ root: TOMLTable) throws(TOMLSyntaxError) -> (TOMLTable, String) {
        let start = line
        position += 1
        let isArray = take(UInt8(ascii: "["))
        skipBlanks()
        let keys = try dottedKey()
        skipBlanks()
        guard take(UInt8(ascii: "]")), !isArray || take(UInt8(ascii: "]")) else {
            throw error("a table's header does not end with \(isArray ? "]]" : "]")")
        }
        let path = keys.reduce("", FieldReader.join)
        var table = root
        for key in keys.dropLast() {
            switch table[key] {
            case nil:
                let parent = TOMLTable(origin: .parent, line: start)
                table.append(key, .table(parent), line: start)
                table = parent
            case .table(let existing) where existing.origin != .inline:
                table = existing
            case .tables(let array):
                guard let last = array.tables.last else { throw defined(path, start) }
                table = last
            default:
                throw defined(path, start)
            }
        }
        let key = keys[keys.count - 1]
        return (isArray ? try open(array: key, in: table, path) : try open(key, in: table, path), path)
    }

    private func open(_ key: String, in parent: TOMLTable, _ path: String) throws(TOMLSyntaxError) -> TOMLTable {
        switch parent[key] {
        case nil:
            let table = TOMLTable(origin: .header, line: line)
            parent.append(key, .table(table), line: line)
            return table
        case .table(let existing) where existing.origin == .parent:
            existing.origin = .header
            return existing
        default:
            throw defined(path, line)
        }
    }

    private func open(
        array key: String, in parent: TOMLTable, _ path: String
    ) throws(TOMLSyntaxError) -> TOMLTable {
        let table = TOMLTable(origin: .header, line: line)
        switch parent[key] {
        case nil:
            let array = TOMLTableArray()
            array.tables.append(table)
            parent.append(key, .tables(array), line: line)
        case .tables(let array):
            array.tables.append(table)
        default:
            throw defined(path, line)
        }
        return table
    }

    mutating func keyValue(into table: TOMLTable, path: String) throws(TOMLSyntaxError) {
        let start = line
        let keys = try dottedKey()
        let path = keys.reduce(path, FieldReader.join)
        skipBlanks()
        guard take(UInt8(ascii: "=")) else { throw error("an equals sign is due behind the key", path) }
        skipBlanks()
        var table = table
        for key in keys.dropLast() {
            switch table[key] {
            case nil:
                let parent = TOMLTable(origin: .dottedKey, line: start)
                table.append(key, .table(parent), line: start)
                table = parent
            case .table(let existing) where existing.origin == .dottedKey:
                table = existing
            default:
                throw defined(path, start)
            }
        }
        let key = keys[keys.count - 1]
        guard table[key] == nil else { throw defined(path, start) }
        table.append(key, try value(path), line: start)
    }

    // MARK: Keys

    private mutating func dottedKey() throws(TOMLSyntaxError) -> [String] {
        var keys = [try simpleKey()]
        while true {
            skipBlanks()
            guard take(UInt8(ascii: ".")) else { return keys }
            skipBlanks()
            keys.append(try simpleKey())
            guard keys.count <= Self.depthMax else { throw tooDeep }
        }
    }

    private mutating func simpleKey() throws(TOMLSyntaxError) -> String {
        switch peek {
        case UInt8(ascii: "\""): return try basicString()
        case UInt8(ascii: "'"): return try literalString()
        default:
            let key = takeWhile(Self.isBare)
            guard !key.isEmpty else { throw error("\(found) where a key is due") }
            return key
        }
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    // MARK: Steps

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    func next(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    mutating func takeWhile(_ condition: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = peek, condition(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func skipBlanks() {
        while peek == 0x20 || peek == 0x09 { position += 1 }
    }

    /// Skips blanks, comments and newlines.
    mutating func skipBlankLines() throws(TOMLSyntaxError) {
        while true {
            skipBlanks()
            try skipComment()
            guard takeNewline() else { return }
        }
    }

    /// LF or CR LF.
    mutating func takeNewline() -> Bool {
        guard next("\n") || next("\r\n") else { return false }
        position += peek == 0x0A ? 1 : 2
        line += 1
        return true
    }

    private mutating func skipComment() throws(TOMLSyntaxError) {
        guard take(UInt8(ascii: "#")) else { return }
        while let byte = peek, byte != 0x0A, !next("\r\n") {
            guard byte == 0x09 || (byte >= 0x20 && byte != 0x7F) else {
                throw error("a comment contains a control character")
            }
            position += 1
        }
    }

    private mutating func endLine() throws(TOMLSyntaxError) {
        skipBlanks()
        try skipComment()
        guard peek == nil || takeNewline() else { throw error("\(found) where the line should end") }
    }

    // MARK: Faults

    func error(_ message: String, _ path: String = "") -> TOMLSyntaxError {
        TOMLSyntaxError(path: path, message: message, line: line)
    }

    private func defined(_ path: String, _ line: Int) -> TOMLSyntaxError {
        TOMLSyntaxError(path: path, message: "this is defined twice", line: line)
    }

    var tooDeep: TOMLSyntaxError { error("tables and lists are nested deeper than \(Self.depthMax)") }

    var found: String {
        guard let byte = peek else { return "the text ends" }
        return (0x21...0x7E).contains(byte)
            ? "there is \(quoted(String(UnicodeScalar(byte))))" : "there is the byte \(byte)"
    }
}
