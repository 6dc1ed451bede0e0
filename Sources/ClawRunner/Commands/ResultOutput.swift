import Fields

/// Prints a skill's result on standard output: indented for a person, on one line for a program.
enum ResultOutput {
    /// - Parameter raw: a string is printed without quotes and escapes, exactly as the skill wrote it.
    static func write(_ result: JSONValue, raw: Bool, to terminal: Terminal = .output) {
        if raw, let text = result.string {
            terminal.write(Array(text.utf8))
            if !text.hasSuffix("\n") { terminal.line() }
            return
        }
        terminal.line(terminal.isInteractive ? result.prettyPrinted() : result.description)
    }
}
