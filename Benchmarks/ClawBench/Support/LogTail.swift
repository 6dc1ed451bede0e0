import Foundation

/// The last lines that a program wrote, made harmless for a terminal.
enum LogTail {
    static func lines(of path: String, _ count: Int) -> [String] {
        guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: bytes.suffix(16 << 10), as: UTF8.self)
            .split(whereSeparator: \.isNewline).suffix(count)
            .map { line in
                String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }))
            }
    }
}
