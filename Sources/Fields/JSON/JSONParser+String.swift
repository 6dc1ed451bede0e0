extension JSONParser {
    /// Reads a string from its opening quote to behind its closing one.
    mutating func string() throws(JSONParseError) -> String {
        let start = position
        position += 1
        var run = position
        // Stays empty, and so unallocated, for the many strings without escapes.
        var unescaped: [UInt8] = []
        var hasEscapes = false
        while true {
            guard position < bytes.count else { throw error(.syntax("a string does not end"), at: start) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let text: String?
                if hasEscapes {
                    unescaped.append(contentsOf: slice(run, position))
                    text = String(validating: unescaped, as: UTF8.self)
                } else {
                    text = String(validating: slice(run, position), as: UTF8.self)
                }
                guard let text else { throw error(.invalidUTF8, at: start) }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                unescaped.append(contentsOf: slice(run, position))
                hasEscapes = true
                try escape(into: &unescaped)
                run = position
            case 0:
                throw error(.nulCharacter)
            case 0x01..<0x20:
                throw error(.syntax("a string contains a control character that is not escaped"))
            default:
                position += 1
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONParseError) {
        let start = position
        position += 1
        guard position < bytes.count else { throw error(.syntax("a string does not end"), at: start) }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = UnicodeScalar(try codePoint(from: start)) else {
                throw error(.loneSurrogate, at: start)
            }
            guard scalar.value != 0 else { throw error(.nulCharacter, at: start) }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default:
            throw error(.syntax("a string contains an unknown escape"), at: start)
        }
    }

    /// The code point of a `\u` escape, whose pair is read too. Half a pair gives a surrogate, which is no scalar.
    private mutating func codePoint(from start: Int) throws(JSONParseError) -> UInt32 {
        let high = try hexDigits(from: start)
        guard (0xD800..<0xDC00).contains(high) else { return high }
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return high }
        position += 2
        let low = try hexDigits(from: start)
        guard (0xDC00..<0xE000).contains(low) else { return high }
        return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
    }

    private mutating func hexDigits(from start: Int) throws(JSONParseError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(UnicodeScalar(bytes[position])).hexDigitValue else {
                throw error(.syntax("a \\u escape does not have four hexadecimal digits"), at: start)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
