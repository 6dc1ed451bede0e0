import Fields

/// A JSON value from the command line: written there, in a file (`@request.json`) or on standard input (`-`).
struct JSONArgument: Sendable {
    /// As many bytes as the daemon takes in one request.
    static let bytesMax = 8 << 20

    let text: String

    /// - Parameter option: the option's name for errors, such as `--payload`.
    func value(option: String) throws(CommandFailure) -> JSONValue {
        let (bytes, place) = try read(option: option)
        do {
            return try JSONValue(parsing: bytes, limits: JSONLimits(bytesMax: Self.bytesMax))
        } catch {
            let hint =
                text.hasPrefix("{") || text.hasPrefix("[") || text == "-" || text.hasPrefix("@")
                ? nil
                : "Quote it for the shell, as in \(option) '{\"text\": \"hello\"}', or name a file: \(option) @request.json"
            throw CommandFailure(.usage, "\(place) is not valid JSON: \(error).", hint: hint)
        }
    }

    private func read(option: String) throws(CommandFailure) -> (bytes: [UInt8], place: String) {
        guard text == "-" || text.hasPrefix("@") else { return (Array(text.utf8), "The value of \(option)") }
        let path = text == "-" ? nil : String(text.dropFirst())
        let bytes = try InputFile.read(path, bytesMax: Self.bytesMax)
        return (bytes, path ?? "Standard input")
    }
}
