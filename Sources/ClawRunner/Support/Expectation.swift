import Fields

/// Compares a result with what a test expects of it.
///
/// An object must have every expected member, and may have more; a list must have the same elements in the same order;
/// everything else must be equal, numbers by value (`1` is `1.0`).
enum Expectation {
    /// The first difference as a sentence with its JSON Pointer; nil when the result is as expected.
    static func difference(expected: JSONValue, actual: JSONValue, pointer: String = "") -> String? {
        switch (expected, actual) {
        case (.object(let members), .object(let found)):
            for (key, value) in members {
                let place = "\(pointer)/\(key)"
                guard let other = found[key] else { return "\(place) is missing" }
                if let difference = difference(expected: value, actual: other, pointer: place) { return difference }
            }
            return nil
        case (.array(let elements), .array(let found)):
            guard elements.count == found.count else {
                return "\(shown(pointer)) has \(found.count) elements where \(elements.count) were expected"
            }
            for (index, (element, other)) in zip(elements, found).enumerated() {
                let place = "\(pointer)/\(index)"
                if let difference = difference(expected: element, actual: other, pointer: place) { return difference }
            }
            return nil
        default:
            guard expected != actual else { return nil }
            return "\(shown(pointer)) is \(short(actual)) where \(short(expected)) was expected"
        }
    }

    private static func shown(_ pointer: String) -> String {
        pointer.isEmpty ? "the result" : pointer
    }

    private static func short(_ value: JSONValue) -> String {
        let text = value.description
        return text.count <= 60 ? text : text.prefix(59) + "…"
    }
}
