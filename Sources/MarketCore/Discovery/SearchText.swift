/// What somebody looks for, as words. Only these reach the index, so that no text means anything else to it.
public struct SearchText: Hashable, Sendable {
    public static let wordsMax = 8
    public static let wordBytesMax = 64

    /// Letters and digits, as they were written; none for a text without any.
    public let words: [String]

    /// Words beyond the eighth are not looked at; a longer word is cut.
    public init(_ text: String) {
        var words: [String] = []
        var word = ""
        func end() {
            if !word.isEmpty, words.count < Self.wordsMax { words.append(word) }
            word = ""
        }
        for scalar in text.unicodeScalars.prefix(4096) {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
                if word.utf8.count + UTF8.width(scalar) <= Self.wordBytesMax { word.unicodeScalars.append(scalar) }
            default: end()
            }
        }
        end()
        self.words = words
    }
}
