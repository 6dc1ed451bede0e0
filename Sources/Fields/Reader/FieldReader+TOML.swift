extension FieldReader {
    /// Reads a TOML 1.0 document of at most 1 MiB. Errors carry the file and the line.
    ///
    /// Stricter than TOML: dates, infinities and NaN are refused, because nothing here means them. Numbers keep their
    /// digits, so that a price is exact.
    /// - Parameter file: how errors name the document.
    public static func toml(_ text: String, file: String) throws(FieldError) -> FieldReader {
        let (value, source) = try document(text, file: file)
        return try FieldReader(value, path: "", source: source)
    }

    private static func document(_ text: String, file: String) throws(FieldError) -> (JSONValue, FieldSource) {
        do throws(TOMLSyntaxError) {
            var parser = try TOMLParser(text)
            var lines: [String: Int] = [:]
            let value = try parser.document().json(path: "", lines: &lines)
            return (value, FieldSource(file: file, lines: lines))
        } catch {
            throw FieldError(path: error.path, message: error.message, file: file, line: error.line)
        }
    }
}
