extension TOMLParser {
    mutating func basicString() throws(TOMLSyntaxError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek, byte != 0x0A {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            default: text.append(try checked(byte))
            }
        }
        throw error("a string does not end on its line")
    }

    mutating func literalString() throws(TOMLSyntaxError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek, byte != 0x0A {
            position += 1
            if byte == UInt8(ascii: "'") { return String(decoding: text, as: UTF8.self) }
            text.append(try checked(byte))
        }
        throw error("a string does not end on its line")
    }

    mutating func multilineBasicString() throws(TOMLSyntaxError) -> String {
        let start = line
        position += 3
        _ = takeNewline()
        var text: [UInt8] = []
        while let byte = peek {
            if next("\"\"\"") { return close(text, quote: byte) }
            if takeNewline() {
                text.append(0x0A)
                continue
            }
            position += 1
            if byte != UInt8(ascii: "\\") {
                text.append(try checked(byte))
            } else if !skipLineContinuation() {
                try escape(into: &text)
            }
        }
        throw TOMLSyntaxError(message: "a string in triple quotes does not end", line: start)
    }

    mutating func multilineLiteralString() throws(TOMLSyntaxError) -> String {
        let start = line
        position += 3
        _ = takeNewline()
        var text: [UInt8] = []
        while let byte = peek {
            if next("'''") { return close(text, quote: byte) }
            if takeNewline() {
                text.append(0x0A)
                continue
            }
            position += 1
            text.append(try checked(byte))
        }
        throw TOMLSyntaxError(message: "a string in triple quotes does not end", line: start)
    }

    /// Up to two quotes before the closing three belong to the text.
    private mutating func close(_ text: [UInt8], quote: UInt8) -> String {
        position += 3
        var text = text
        for _ in 0..<2 where take(quote) { text.append(quote) }
        return String(decoding: text, as: UTF8.self)
    }

    /// A backslash at the end of a line swallows all blanks up to the next text.
    private mutating func skipLineContinuation() -> Bool {
        let (before, lineBefore) = (position, line)
        skipBlanks()
        guard takeNewline() else {
            (position, line) = (before, lineBefore)
            return false
        }
        repeat { skipBlanks() } while takeNewline()
        return true
    }

    private func checked(_ byte: UInt8) throws(TOMLSyntaxError) -> UInt8 {
        guard byte == 0x09 || (byte >= 0x20 && byte != 0x7F) else {
            throw error("a string contains a control character that is not escaped")
        }
        return byte
    }

    private mutating func escape(into text: inout [UInt8]) throws(TOMLSyntaxError) {
        guard let letter = peek else { throw error("a string does not end") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicode(digits: 4, into: &text)
        case UInt8(ascii: "U"): try unicode(digits: 8, into: &text)
        default: throw error("a string contains an unknown escape; a single-quoted string has none")
        }
    }

    private mutating func unicode(digits: Int, into text: inout [UInt8]) throws(TOMLSyntaxError) {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek.flatMap({ Character(UnicodeScalar($0)).hexDigitValue }) else {
                throw error("a \\u or \\U escape does not have \(digits) hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard value != 0, let scalar = UnicodeScalar(value), let encoded = UTF8.encode(scalar) else {
            throw error("a \\u or \\U escape is not a character that is accepted")
        }
        text.append(contentsOf: encoded)
    }
}
