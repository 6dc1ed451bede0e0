/// The file that fields were read from, with the line of each one.
public struct FieldSource: Hashable, Sendable {
    public var file: String
    /// Lines, counted from 1, by field path.
    var lines: [String: Int]

    public init(file: String) {
        self.init(file: file, lines: [:])
    }

    init(file: String, lines: [String: Int]) {
        self.file = file
        self.lines = lines
    }

    /// The line of the field, or else of the nearest field around it.
    func line(of path: String) -> Int? {
        var path = path[...]
        while !path.isEmpty {
            if let line = lines[String(path)] { return line }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<end]
        }
        return nil
    }
}
