import Foundation
import Synchronization

/// Text for people: the two output streams, colours where they are welcome, and progress.
struct Terminal: Sendable {
    enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    static let output = Terminal(descriptor: STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
    static let error = Terminal(descriptor: STDERR_FILENO, environment: ProcessInfo.processInfo.environment)

    /// Standard output without colours, for text that is laid out further.
    static let plain = Terminal(descriptor: STDOUT_FILENO, environment: ["NO_COLOR": "1"])

    private static let writing = Mutex(())

    let descriptor: Int32
    let isInteractive: Bool
    let hasColours: Bool

    /// Colours are for terminals only, and `NO_COLOR` (no-color.org) or a dumb terminal turns them off.
    init(descriptor: Int32, environment: [String: String]) {
        self.descriptor = descriptor
        isInteractive = isatty(descriptor) == 1
        let refused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        hasColours = isInteractive && !refused && environment["TERM"] != "dumb"
    }

    func styled(_ text: String, _ styles: Style...) -> String {
        guard hasColours, !text.isEmpty else { return text }
        return "\u{1B}[" + styles.map(\.rawValue).joined(separator: ";") + "m" + text + "\u{1B}[0m"
    }

    func line(_ text: String = "") {
        write(Array((text + "\n").utf8))
    }

    /// Writes every byte; a reader that has gone away ends the output quietly, as for `| head`.
    func write(_ bytes: [UInt8]) {
        Self.writing.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count < 0, errno == EINTR || errno == EAGAIN {
                    continue
                } else {
                    return
                }
            }
        }
    }
}

extension Terminal {
    /// The lines of a text no wider than `width`, broken between words.
    static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// Text from outside for a terminal: control characters, which could move the cursor or fake a line, are shown
    /// as `\u{…}`; line ends and tabs stay.
    static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// On one line, whatever is in it: what a program chose, such as a path, must not look like a line of ours.
    static func oneLine(_ text: String) -> String {
        harmless(text).replacing("\n", with: "\\n").replacing("\t", with: "\\t")
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\n" && scalar != "\t"
            && [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
}
