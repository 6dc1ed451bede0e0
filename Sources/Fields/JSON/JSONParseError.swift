/// Bounds on a JSON text that is read.
public struct JSONLimits: Hashable, Sendable {
    /// Objects and lists within each other; at most 512, whatever is set.
    public var depthMax: Int
    public var bytesMax: Int
    /// Values altogether, those within lists and objects included.
    public var valuesMax: Int

    public init(depthMax: Int = 64, bytesMax: Int = 8 << 20, valuesMax: Int = 1_000_000) {
        self.depthMax = depthMax
        self.bytesMax = bytesMax
        self.valuesMax = valuesMax
    }
}

/// Why a text is not the one JSON value that was asked for, and where.
public struct JSONParseError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case empty
        /// What was found or is missing, as the rest of a sentence.
        case syntax(String)
        /// Something follows the value.
        case trailingData
        case tooDeep(maximum: Int)
        case tooLarge(bytesMaximum: Int)
        case tooManyValues(maximum: Int)
        case invalidUTF8
        /// A `\u` escape of half a surrogate pair.
        case loneSurrogate
        /// U+0000 in a string.
        case nulCharacter
        case duplicateKey(String)
    }

    public let reason: Reason
    /// Bytes before the fault.
    public let offset: Int
    /// Counted from 1.
    public let line: Int
    /// In bytes, counted from 1.
    public let column: Int

    public var description: String {
        let what =
            switch reason {
            case .empty: "there is no JSON value"
            case .syntax(let text): text
            case .trailingData: "something follows the JSON value"
            case .tooDeep(let maximum): "lists and objects are nested deeper than \(maximum)"
            case .tooLarge(let maximum): "the text is longer than \(maximum) bytes"
            case .tooManyValues(let maximum): "there are more than \(maximum) values"
            case .invalidUTF8: "the text is not valid UTF-8"
            case .loneSurrogate: "a \\u escape is half of a surrogate pair"
            case .nulCharacter: "a string contains U+0000"
            case .duplicateKey(let key): "the key \(quoted(key)) appears twice"
            }
        return "line \(line), column \(column): \(what)"
    }
}
