// What a reader does not see, or takes for something else.
extension FileReview {
    /// Cyrillic, and the Greek and full-width letters that look like Latin ones.
    private static func resemblesLatin(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0400...0x04FF, 0xFF21...0xFF3A, 0xFF41...0xFF5A: true
        case 0x0391, 0x0392, 0x0395...0x0397, 0x0399, 0x039A, 0x039C, 0x039D, 0x039F, 0x03A1, 0x03A4, 0x03A5, 0x03A7,
            0x03BF:
            true
        default: false
        }
    }

    mutating func reviewScalars() {
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        var (line, offset, lineStart) = (1, 0, 0)
        var (hasLatin, hasOther, isSound) = (false, false, true)
        func place(_ count: Int) -> Range<Int> { lineStart..<min(bytes.count, offset + count) }
        loop: while true {
            let scalar: Unicode.Scalar
            switch decoder.decode(&rest) {
            case .emptyInput: break loop
            case .error:
                isSound = false
                break loop
            case .scalarValue(let value): scalar = value
            }
            defer { offset += UTF8.width(scalar) }
            switch scalar.value {
            case 0x0A:
                line += 1
                lineStart = offset + 1
            case 0x202A...0x202E, 0x2066...0x2069:
                add("bidi-control", line: line, excerpt: excerpt(place(80), around: offset))
            case 0xE0000...0xE007F: add("hidden-text", line: line, excerpt: excerpt(place(80), around: offset))
            case 0x200B...0x200D, 0x2060, 0xFEFF:
                if kind.isCode, offset > 0 {
                    add("invisible-character", line: line, excerpt: excerpt(place(80), around: offset))
                }
            default: break
            }
            guard kind.isCode else { continue }
            let isLatin = (scalar.value | 0x20) &- 0x61 < 26
            let resembles = Self.resemblesLatin(scalar.value)
            guard isLatin || resembles || scalar.value == 0x5F else {
                (hasLatin, hasOther) = (false, false)
                continue
            }
            // Once for each word.
            if isLatin && hasOther && !hasLatin || resembles && hasLatin && !hasOther {
                add("mixed-script", line: line, excerpt: excerpt(place(80), around: offset))
            }
            hasLatin = hasLatin || isLatin
            hasOther = hasOther || resembles
        }
        if !isSound, kind.isCode { add("undecodable-source") }
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case ..<0x80: 1
        case ..<0x800: 2
        case ..<0x10000: 3
        default: 4
        }
    }
}
