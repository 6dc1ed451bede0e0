public import Fields

extension JSONSchema {
    /// Compiles the shorthand `{to: "string", count: "integer?", tone: "professional|casual|friendly"}`.
    ///
    /// Each key is a required property, or an optional one when its text ends in `?`; others are not accepted. The text
    /// is a type (`string`, `number`, `integer`, `boolean`, `array`, `object`, `null`, `any`), several types with `|`
    /// between them, or the texts that are allowed with `|` between them. A list of one element stands for a list of
    /// such elements, an object for an object.
    public init(shorthand: JSONValue) throws(SchemaError) {
        try self.init(try Self.expand(shorthand, path: "", depth: 0).schema)
    }

    private static let types = ["string", "number", "integer", "boolean", "array", "object", "null"]

    private static func expand(
        _ value: JSONValue, path: String, depth: Int
    ) throws(SchemaError) -> (schema: JSONValue, isOptional: Bool) {
        guard depth < 16 else { throw SchemaError(path: path, message: "is nested too deeply") }
        switch value {
        case .object(let object):
            var properties = JSONObject()
            var required: [JSONValue] = []
            for (key, value) in object {
                let path = path + "/" + pointerToken(key)
                let (schema, isOptional) = try expand(value, path: path, depth: depth + 1)
                properties[key] = schema
                if !isOptional { required.append(.string(key)) }
            }
            let schema: JSONValue = [
                "type": "object", "properties": .object(properties), "required": .array(required),
                "additionalProperties": false,
            ]
            return (schema, false)
        case .array(let elements) where elements.count == 1:
            let items = try expand(elements[0], path: path + "/0", depth: depth + 1).schema
            return (["type": "array", "items": items], false)
        case .string(let text):
            let isOptional = text.hasSuffix("?")
            return (try expand(text: isOptional ? String(text.dropLast()) : text, path: path), isOptional)
        default:
            throw SchemaError(
                path: path, message: "must be a type such as \"string\", texts such as \"a|b\", a list or an object")
        }
    }

    private static func expand(text: String, path: String) throws(SchemaError) -> JSONValue {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
            .map { $0.trimmingBlanks }
        guard !parts.contains("") else { throw SchemaError(path: path, message: "must name a type or texts") }
        if parts == ["any"] { return .object([:]) }
        if parts.allSatisfy(types.contains) {
            return parts.count == 1
                ? ["type": .string(parts[0])] : ["type": .array(parts.map(JSONValue.string))]
        }
        guard parts.count > 1 else {
            throw SchemaError(
                path: path, message: "\(quoted(text)) is not a type; types are \(types.joined(separator: ", ")), any",
                suggestion: nearestName(to: text, in: types))
        }
        return ["type": "string", "enum": .array(parts.map(JSONValue.string))]
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// A key as a part of a JSON Pointer (RFC 6901).
func pointerToken(_ key: String) -> String {
    var token = ""
    for character in key {
        switch character {
        case "~": token += "~0"
        case "/": token += "~1"
        default: token.append(character)
        }
    }
    return token
}
