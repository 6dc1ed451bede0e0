/// What a client asks for in `Prefer` (RFC 7240). As that says, what cannot be read is ignored, and of a preference that is
/// given twice the first counts.
enum Preference {
    /// The longest that the client wants to wait, in seconds, such as 10 of `respond-async, wait=10`.
    static func waitSeconds(_ header: String) -> Int64? {
        for preference in HeaderList.elements(header) {
            // What follows a semicolon are parameters.
            let parts = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(HeaderList.trimmed)
            guard let name = parts.first, name.lowercased() == "wait" else { continue }
            guard parts.count == 2 else { return nil }
            var value = parts[1]
            if value.count > 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            let isNumber = value.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
            return isNumber && value.utf8.count <= 9 ? Int64(value) : nil
        }
        return nil
    }

    /// Whether the client would rather be told where to look than wait.
    static func respondsAsync(_ header: String) -> Bool { HeaderList.names("respond-async", in: header) }
}
