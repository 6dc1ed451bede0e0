/// A header field that is a list (RFC 9110, 5.6.1).
enum HeaderList {
    /// The elements, without blanks around them: what stands between commas that are not quoted.
    static func elements(_ header: String) -> [Substring] {
        var isQuoted = false
        return header.split { character in
            if character == "\"" { isQuoted.toggle() }
            return character == "," && !isQuoted
        }.map(trimmed)
    }

    /// Whether an element is `name`, whatever its parameters, which follow a semicolon; `name` is in lower case.
    static func names(_ name: String, in header: String) -> Bool {
        elements(header).contains { trimmed($0.prefix { $0 != ";" }).lowercased() == name }
    }

    static func trimmed(_ text: Substring) -> Substring {
        guard let last = text.lastIndex(where: { !isBlank($0) }) else { return "" }
        return text[...last].drop(while: isBlank)
    }

    static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
}
