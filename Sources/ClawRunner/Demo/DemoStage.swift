/// What the audience sees: acts, lines, tables, and the checks behind them.
final class DemoStage {
    private let terminal = Terminal.output
    private var acts = 0
    private(set) var checks = 0
    private(set) var failures = 0

    func open(_ directory: String) {
        terminal.line(terminal.styled("ClawRunner, the whole story", .bold))
        terminal.line("It all happens now, in \(directory).")
    }

    func act(_ title: String) {
        acts += 1
        terminal.line()
        terminal.line(terminal.styled("\(acts)  \(title)", .bold))
    }

    func line(_ text: String) {
        terminal.line("   " + Terminal.harmless(text))
    }

    /// A line that carries its own styles.
    func styledLine(_ text: String) {
        terminal.line("   " + text)
    }

    func table(_ table: TextTable) {
        table.lines().forEach { styledLine($0) }
    }

    /// A run that ended badly: green where that is just what had to happen.
    func verdict(_ skill: String, _ verdict: String, _ time: String, expected: String) {
        let shown = terminal.styled(verdict, verdict == expected ? .green : .red, .bold)
        let blanks = String(repeating: " ", count: max(1, 18 - verdict.count))
        terminal.line("   \(skill.padding(to: 18))\(shown)\(blanks)\(time)")
    }

    /// A claim about what was shown; one that does not hold is told at once and ends in a failing exit status.
    @discardableResult
    func check(_ holds: Bool, _ claim: @autoclosure () -> String) -> Bool {
        checks += 1
        if !holds {
            failures += 1
            terminal.line("   " + terminal.styled("NOT SO: ", .red, .bold) + Terminal.harmless(claim()))
        }
        return holds
    }

    /// The daemon's own words, when the story breaks off.
    func showLog(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        Terminal.error.line("The end of the daemon's log:")
        lines.forEach { Terminal.error.line("   " + Terminal.harmless($0)) }
    }

    func close(milliseconds: Int64) {
        terminal.line()
        let time = Quantity.time(microseconds: milliseconds * 1000)
        if failures == 0 {
            terminal.line(terminal.styled("All \(checks) checks hold.", .green, .bold) + " It took \(time).")
        } else {
            terminal.line(terminal.styled("\(failures) of \(checks) checks do not hold.", .red, .bold))
        }
    }
}
