/// Reads the fields of one object strictly: each by name, with its type and its limits, and in the end no field may be
/// left over.
///
/// ```swift
/// let body = try FieldReader(JSONValue(parsing: bytes))
/// let name = try body.string("name", maxBytes: 64)
/// let limit = try body.optionalInt("usageLimit", in: 1...1_000_000)
/// try body.finish()   // an unknown field is an error, with the name that was probably meant
/// ```
///
/// A field whose value is null counts as absent where it is optional. A reader belongs to one task; it is not thread
/// safe.
public final class FieldReader {
    public let object: JSONObject
    /// Where the object stands in the text; empty for the outermost.
    public let path: String
    let source: FieldSource?
    var known: Set<String> = []
    private var children: [FieldReader] = []

    /// - Parameter value: must be an object.
    /// - Throws: ``FieldError`` when it is anything else.
    public init(_ value: JSONValue, path: String = "", source: FieldSource? = nil) throws(FieldError) {
        guard case .object(let object) = value else {
            throw FieldError(
                path: path, message: "must be an object with named fields, not \(value.kindName)",
                file: source?.file, line: source?.line(of: path))
        }
        self.object = object
        self.path = path
        self.source = source
    }

    /// The keys in the order they were written. For objects whose keys are free, such as a table of variables.
    public var keys: [String] { object.keys }

    /// Whether the field is there and not null. Counts as reading it.
    public func has(_ key: String) -> Bool {
        optionalValue(key) != nil
    }

    /// The value as it is; nil when the field is absent. Counts as reading it.
    public func value(_ key: String) -> JSONValue? {
        known.insert(key)
        return object[key]
    }

    /// The value as it is; nil when the field is absent or null. Counts as reading it.
    public func optionalValue(_ key: String) -> JSONValue? {
        guard let value = value(key), value != .null else { return nil }
        return value
    }

    /// The value as it is.
    /// - Throws: ``FieldError`` when the field is absent.
    public func requiredValue(_ key: String) throws(FieldError) -> JSONValue {
        guard let value = value(key) else { throw error(key, "this field is missing") }
        return value
    }

    /// Checks that every field of this object, and of all objects read through it, was asked for.
    /// - Throws: ``FieldError`` for the first that was not, with the nearest known name.
    public func finish() throws(FieldError) {
        if let key = object.keys.first(where: { !known.contains($0) }) {
            let suggestion = nearestName(to: key, in: known.subtracting(object.keys).sorted())
            let names = known.sorted().joined(separator: ", ")
            let message = known.isEmpty ? "no field is known here" : "this field is not known; known are \(names)"
            throw error(key, suggestion == nil ? message : "this field is not known", suggestion: suggestion)
        }
        for child in children { try child.finish() }
    }

    // MARK: Objects within

    /// The reader of an object within this one; its fields are checked by this reader's ``finish()`` too.
    public func reader(_ key: String) throws(FieldError) -> FieldReader {
        child(try FieldReader(try requiredValue(key), path: path(of: key), source: source))
    }

    /// The reader of an object within this one; nil when it is absent or null.
    public func optionalReader(_ key: String) throws(FieldError) -> FieldReader? {
        guard let value = optionalValue(key) else { return nil }
        return child(try FieldReader(value, path: path(of: key), source: source))
    }

    /// The readers of a list of objects; none when it is absent or null.
    public func readers(_ key: String, maxCount: Int) throws(FieldError) -> [FieldReader] {
        var readers: [FieldReader] = []
        for (index, value) in try list(key, maxCount: maxCount).enumerated() {
            readers.append(child(try FieldReader(value, path: "\(path(of: key))[\(index)]", source: source)))
        }
        return readers
    }

    private func child(_ reader: FieldReader) -> FieldReader {
        children.append(reader)
        return reader
    }

    // MARK: Faults

    /// The error to throw for a field of this object whose meaning is wrong, with its place.
    /// - Parameter key: nil for the object itself.
    public func error(_ key: String?, _ message: String, suggestion: String? = nil) -> FieldError {
        let path = key.map(path(of:)) ?? path
        return FieldError(
            path: path, message: message, suggestion: suggestion, file: source?.file, line: source?.line(of: path))
    }

    /// Where a field of this object stands, counted from 1; nil for a text without lines.
    public func line(of key: String) -> Int? {
        source?.line(of: path(of: key))
    }

    /// The path of a field of this object, as errors show it.
    public func path(of key: String) -> String {
        FieldReader.join(path, key)
    }

    static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? displayed(key) : path + "." + displayed(key)
    }
}
