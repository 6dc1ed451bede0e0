/// Why a field of a text from outside was not accepted, and where it stands.
public struct FieldError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field, such as `pricing.price` or `endpoints[0].path`; empty for the text as a whole.
    public var path: String
    /// A sentence that names the limit or what is allowed.
    public var message: String
    /// The name that was probably meant.
    public var suggestion: String?
    public var file: String?
    /// Counted from 1.
    public var line: Int?

    public init(
        path: String, message: String, suggestion: String? = nil, file: String? = nil, line: Int? = nil
    ) {
        self.path = path
        self.message = message
        self.suggestion = suggestion
        self.file = file
        self.line = line
    }

    /// `skill.toml:12: pricing.prise: this field is not known; did you mean "price"?`
    public var description: String {
        var text = ""
        if let file { text += line.map { "\(file):\($0): " } ?? "\(file): " }
        if !path.isEmpty { text += path + ": " }
        text += message
        if let suggestion { text += "; did you mean \(quoted(suggestion))?" }
        return text
    }
}

/// Text from outside in double quotes, fit for a log or a terminal: what does not print is escaped, and what is long
/// is cut.
package func quoted(_ text: String) -> String {
    "\"" + displayed(text) + "\""
}

/// Text from outside, fit for a log or a terminal: what does not print is escaped, and what is long is cut.
package func displayed(_ text: String, scalarsMax: Int = 80) -> String {
    var shown = ""
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < scalarsMax else { return shown + "…" }
        count += 1
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            shown += scalar.escaped(asASCII: true)
        default:
            shown.unicodeScalars.append(scalar)
        }
    }
    return shown
}
