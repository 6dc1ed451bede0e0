indirect enum PatternTree {
    case empty
    case set(SchemaPattern.Set)
    case start
    case end
    case sequence([PatternTree])
    case choice([PatternTree])
    /// Without a maximum there is no bound.
    case repetition(PatternTree, minimum: Int, maximum: Int?)
}

/// Reads the text of a pattern.
struct PatternParser {
    static let depthMax = 32
    static let repetitionsMax = 1000

    private let scalars: [UnicodeScalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    mutating func pattern() throws(PatternError) -> PatternTree {
        let tree = try choice()
        guard position == scalars.count else { throw PatternError(message: "the pattern has a ) too many") }
        return tree
    }

    private mutating func choice() throws(PatternError) -> PatternTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw PatternError(message: "the pattern's groups are nested deeper than \(Self.depthMax)")
        }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            parts.append(try repetition(try atom()))
        }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom() throws(PatternError) -> PatternTree {
        let scalar = scalars[position]
        position += 1
        switch scalar {
        case ".": return .set(SchemaPattern.Set(ranges: [0x0A...0x0A, 0x0D...0x0D], isInverted: true))
        case "^": return .start
        case "$": return .end
        case "(": return try group()
        case "[": return .set(try characterClass())
        case "\\": return .set(try escape(inClass: false))
        case "*", "+", "?", "{":
            throw PatternError(
                message: "the pattern repeats nothing with \(scalar); write \\\(scalar) for the character")
        case "]", "}":
            throw PatternError(message: "the pattern has a \(scalar) too many; write \\\(scalar) for the character")
        default: return .set(SchemaPattern.Set(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() throws(PatternError) -> PatternTree {
        if take("?") {
            guard take(":") else {
                throw PatternError(message: "the pattern uses a group other than (…) and (?:…), which is not supported")
            }
        }
        let tree = try choice()
        guard take(")") else { throw PatternError(message: "the pattern lacks a )") }
        return tree
    }

    private mutating func repetition(_ tree: PatternTree) throws(PatternError) -> PatternTree {
        let bounds: (minimum: Int, maximum: Int?)
        switch peek {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
            position += 1
            let minimum = try number()
            var maximum: Int? = minimum
            if take(",") { maximum = peek == "}" ? nil : try number() }
            guard peek == "}", maximum.map({ $0 >= minimum }) ?? true else {
                throw PatternError(message: "the pattern has braces other than {n}, {n,} and {n,m}")
            }
            bounds = (minimum, maximum)
        default: return tree
        }
        position += 1
        // Lazy or not makes no difference to whether there is a match.
        _ = take("?")
        if let next = peek, "*+?{".unicodeScalars.contains(next) {
            throw PatternError(message: "the pattern repeats a repetition; put it in a group")
        }
        switch tree {
        case .start, .end: throw PatternError(message: "the pattern repeats an anchor")
        default: return .repetition(tree, minimum: bounds.minimum, maximum: bounds.maximum)
        }
    }

    private mutating func number() throws(PatternError) -> Int {
        var value = 0
        let start = position
        while let digit = peek.flatMap({ Character($0).wholeNumberValue }), peek?.isASCII == true {
            value = value * 10 + digit
            position += 1
            guard value <= Self.repetitionsMax else {
                throw PatternError(message: "the pattern repeats more than \(Self.repetitionsMax) times")
            }
        }
        guard position > start else {
            throw PatternError(message: "the pattern has braces other than {n}, {n,} and {n,m}")
        }
        return value
    }

    // MARK: Classes

    private mutating func characterClass() throws(PatternError) -> SchemaPattern.Set {
        var set = SchemaPattern.Set(ranges: [], isInverted: take("^"))
        while !take("]") {
            let first = try classMember()
            guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set.ranges += first.ranges
                continue
            }
            position += 1
            let last = try classMember()
            guard first.ranges.count == 1, last.ranges.count == 1, first.ranges[0].count == 1,
                last.ranges[0].count == 1, first.ranges[0].lowerBound <= last.ranges[0].lowerBound
            else {
                throw PatternError(message: "the pattern has a range in [] that is not one of two characters in order")
            }
            set.ranges.append(first.ranges[0].lowerBound...last.ranges[0].lowerBound)
        }
        guard !set.ranges.isEmpty else { throw PatternError(message: "the pattern has an empty []") }
        return set
    }

    private mutating func classMember() throws(PatternError) -> SchemaPattern.Set {
        guard let scalar = peek else { throw PatternError(message: "the pattern lacks a ]") }
        position += 1
        guard scalar == "\\" else { return SchemaPattern.Set(ranges: [scalar.value...scalar.value]) }
        let set = try escape(inClass: true)
        guard !set.isInverted else {
            throw PatternError(message: "the pattern has \\D, \\W or \\S within [], which is not supported")
        }
        return set
    }

    private mutating func escape(inClass: Bool) throws(PatternError) -> SchemaPattern.Set {
        guard let letter = peek else { throw PatternError(message: "the pattern ends in a backslash") }
        position += 1
        switch letter {
        case "d", "D": return SchemaPattern.Set(ranges: [0x30...0x39], isInverted: letter == "D")
        case "w", "W":
            let ranges: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
            return SchemaPattern.Set(ranges: ranges, isInverted: letter == "W")
        case "s", "S":
            let ranges: [ClosedRange<UInt32>] = [
                0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
                0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
            ]
            return SchemaPattern.Set(ranges: ranges, isInverted: letter == "S")
        case "n": return SchemaPattern.Set(ranges: [0x0A...0x0A])
        case "r": return SchemaPattern.Set(ranges: [0x0D...0x0D])
        case "t": return SchemaPattern.Set(ranges: [0x09...0x09])
        case "f": return SchemaPattern.Set(ranges: [0x0C...0x0C])
        case "v": return SchemaPattern.Set(ranges: [0x0B...0x0B])
        case "u": return try codePoint(digits: 4)
        case "x": return try codePoint(digits: 2)
        default:
            let isWord = letter.isASCII && (letter.properties.isAlphabetic || letter.properties.numericType != nil)
            guard !isWord else {
                throw PatternError(message: "the pattern uses \\\(letter), which is not supported")
            }
            return SchemaPattern.Set(ranges: [letter.value...letter.value])
        }
    }

    /// A character by its number, such as `\u00e9`.
    private mutating func codePoint(digits: Int) throws(PatternError) -> SchemaPattern.Set {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let scalar = peek, scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
                throw PatternError(
                    message: "the pattern has a \\u without four or a \\x without two hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return SchemaPattern.Set(ranges: [value...value])
    }

    // MARK: Steps

    private var peek: UnicodeScalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: UnicodeScalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }
}
