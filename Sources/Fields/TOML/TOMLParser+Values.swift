extension TOMLParser {
    mutating func value(_ path: String) throws(TOMLSyntaxError) -> TOMLNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw tooDeep }
        switch peek {
        case UInt8(ascii: "\""):
            return .scalar(.string(next("\"\"\"") ? try multilineBasicString() : try basicString()))
        case UInt8(ascii: "'"):
            return .scalar(.string(next("'''") ? try multilineLiteralString() : try literalString()))
        case UInt8(ascii: "["): return .array(try array(path))
        case UInt8(ascii: "{"): return .table(try inlineTable(path))
        default: return .scalar(try word(path))
        }
    }

    private mutating func array(_ path: String) throws(TOMLSyntaxError) -> [(node: TOMLNode, line: Int)] {
        position += 1
        var elements: [(node: TOMLNode, line: Int)] = []
        while true {
            try skipBlankLines()
            if take(UInt8(ascii: "]")) { return elements }
            let start = line
            elements.append((try value(path), start))
            try skipBlankLines()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else { throw error("\(found) where a comma or ] is due", path) }
        }
    }

    private mutating func inlineTable(_ path: String) throws(TOMLSyntaxError) -> TOMLTable {
        position += 1
        let table = TOMLTable(origin: .inline, line: line)
        skipBlanks()
        if take(UInt8(ascii: "}")) { return table }
        while true {
            try keyValue(into: table, path: path)
            skipBlanks()
            if take(UInt8(ascii: "}")) { return table }
            guard take(UInt8(ascii: ",")) else { throw error("\(found) where a comma or } is due", path) }
            skipBlanks()
        }
    }

    // MARK: Words and numbers

    private mutating func word(_ path: String) throws(TOMLSyntaxError) -> JSONValue {
        let text = takeWhile { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "."), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "": throw error("\(found) where a value is due", path)
        case "inf", "+inf", "-inf", "nan", "+nan", "-nan":
            throw error("infinity and NaN are not accepted", path)
        default: break
        }
        if let number = Self.number(text) { return .number(number) }
        if text.utf8.count >= 8, text.utf8.first.map({ $0 &- UInt8(ascii: "0") < 10 }) == true,
            text.contains("-") || text.contains(":")
        {
            throw error("dates and times are written as strings, in quotes", path)
        }
        throw error("\(quoted(text)) is not a value; strings stand in quotes", path)
    }

    /// An integer or a float with the digits it was written with, hexadecimal, octal and binary in decimal.
    private static func number(_ text: String) -> JSONNumber? {
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
            guard let digits = withoutUnderscores(text.dropFirst(2), hexadecimal: radix == 16), digits.first != "+",
                digits.first != "-"
            else {
                return nil
            }
            return Int64(digits, radix: radix).map { JSONNumber($0) }
        }
        guard let plain = withoutUnderscores(text[...], hexadecimal: false) else { return nil }
        let unsigned = plain.hasPrefix("+") ? String(plain.dropFirst()) : plain
        guard !(plain.hasPrefix("+") && unsigned.hasPrefix("-")), let number = JSONNumber(unsigned) else { return nil }
        // Without a point or an exponent it is an integer, which TOML bounds to 64 bits.
        if !unsigned.contains(where: { ".eE".contains($0) }), Int64(unsigned) == nil { return nil }
        return number
    }

    /// The digits without underscores, each of which must stand between two digits.
    private static func withoutUnderscores(_ text: Substring, hexadecimal: Bool) -> String? {
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
            let isInside = index > 0 && index + 1 < bytes.count
            guard isInside,
                [bytes[index - 1], bytes[index + 1]].allSatisfy({ isDigit($0, hexadecimal: hexadecimal) })
            else { return nil }
        }
        return String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8, hexadecimal: Bool) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (hexadecimal && Character(UnicodeScalar(byte)).isHexDigit)
    }
}
