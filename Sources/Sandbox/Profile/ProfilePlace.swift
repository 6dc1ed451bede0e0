/// Where a value of a profile was written.
package struct ProfilePlace: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Counted from 1; nil where the file has no lines that matter, as an imported JSON file.
    package let line: Int?

    package var description: String { line.map { "\(file):\($0)" } ?? file }

    /// The same without the directories, for texts that name the directory elsewhere.
    package var short: String {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return line.map { "\(name):\($0)" } ?? name
    }
}

/// A value with its place; nil for what is built in.
package struct Placed<Value: Hashable & Sendable>: Hashable, Sendable {
    package var value: Value
    package var place: ProfilePlace?

    package init(_ value: Value, _ place: ProfilePlace?) {
        self.value = value
        self.place = place
    }
}

extension ProfilePlace? {
    /// For people: `default.toml:17`, or that nobody wrote it.
    package var short: String { self?.short ?? "built in" }
}
