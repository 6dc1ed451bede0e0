package import Fields
import MarketCore

/// What a buyer says of a skill: the body of a review, or the parts of it that are changed.
public struct ReviewRequest: Sendable {
    /// Nil leaves the stars as they are.
    public var stars: Int64?
    /// Nil leaves the text as it is.
    public var text: String?

    public init(stars: Int64? = nil, text: String? = nil) {
        self.stars = stars
        self.text = text
    }

    /// - Parameter isNew: stars are needed then.
    package init(_ fields: FieldReader, isNew: Bool) throws(FieldError) {
        stars =
            isNew
            ? try fields.int("stars", in: Review.starsRange)
            : try fields.optionalInt("stars", in: Review.starsRange)
        text = try fields.optionalString("text", maxBytes: Review.textBytesMax)
        if let text { try fields.checkProse(text, "text") }
        try fields.finish()
        guard isNew || stars != nil || text != nil else {
            throw fields.error(nil, "must have stars or text; there is nothing to change")
        }
    }
}

extension FieldReader {
    /// A text that many will read: a reply, or a reason.
    package func prose(_ key: String, maxBytes: Int) throws(FieldError) -> String {
        let text = try string(key, minBytes: 1, maxBytes: maxBytes)
        try checkProse(text, key)
        return text
    }

    /// Lines and tabs are fine; what turns the direction of others' text around, or moves a terminal's cursor, is not.
    func checkProse(_ text: String, _ key: String) throws(FieldError) {
        let refused = text.unicodeScalars.first { scalar in
            if scalar == "\n" || scalar == "\t" { return false }
            // Joins the parts of one character in several scripts and in pictures of people.
            if scalar == "\u{200C}" || scalar == "\u{200D}" { return false }
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                return true
            default: return false
            }
        }
        if let refused {
            let number = String(refused.value, radix: 16, uppercase: true)
            let digits = String(repeating: "0", count: max(0, 4 - number.count)) + number
            throw error(key, "must be plain text without control or direction characters, such as U+\(digits) in it")
        }
        guard text.isEmpty || text.contains(where: { !$0.isWhitespace }) else {
            throw error(key, "must not be blank")
        }
    }
}
