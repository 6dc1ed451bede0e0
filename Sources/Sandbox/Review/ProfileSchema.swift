package import Fields

/// The JSON Schema (draft 2020-12) of a profile file, for editors and other tools. Made from ``ProfileKey/all``; what a
/// schema cannot say, such as which calls a machine has, only the decoder knows.
package enum ProfileSchema {
    package static var json: JSONValue {
        var schema = object("")
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = "A ClawRunner sandbox profile"
        return .object(schema)
    }

    /// The table whose keys begin with `prefix`.
    private static func object(_ prefix: String) -> JSONObject {
        var properties = JSONObject()
        var required: [JSONValue] = []
        for key in ProfileKey.all where key.path.hasPrefix(prefix) {
            let rest = key.path.dropFirst(prefix.count)
            let name = String(rest.prefix { $0 != "." && $0 != "[" })
            guard properties[name] == nil else { continue }
            // `limits.wall` stands for the table `limits`, which has no row of its own.
            properties[name] = .object(rest == name ? value(key) : object("\(prefix)\(name)."))
            if rest == name, key.isRequired { required.append(.string(name)) }
        }
        var schema: JSONObject = [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
        ]
        if !required.isEmpty { schema["required"] = .array(required) }
        return schema
    }

    private static func value(_ key: ProfileKey) -> JSONObject {
        var schema = type(key)
        schema["description"] = .string(key.meaning)
        if let value = standard(key) { schema["default"] = value }
        return schema
    }

    private static func type(_ key: ProfileKey) -> JSONObject {
        let number: JSONValue = ["type": "integer", "minimum": 0]
        let path: JSONValue = ["type": "string", "pattern": "^/", "maxLength": 1024]
        return switch key.kind {
        case .text(let bytesMax): ["type": "string", "minLength": 1, "maxLength": .number(bytesMax)]
        case .path: path.object ?? [:]
        case .choice(let names): ["enum": .array(names.map(JSONValue.string))]
        case .flag: ["type": "boolean"]
        case .time: ["type": "string", "pattern": "^[0-9]+(ms|s|min|h)$"]
        case .size: ["type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)$"]
        case .percent: ["type": "string", "pattern": "^[0-9]+%$"]
        case .count(let range):
            ["type": "integer", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
        case .bits: ["anyOf": [number, ["type": "string", "pattern": "^0x[0-9a-fA-F]{1,16}$"]]]
        case .choices(let names): ["type": "array", "items": ["enum": .array(names.map(JSONValue.string))]]
        case .names(let countMax):
            [
                "type": "array", "maxItems": .number(countMax),
                "items": ["type": "string", "pattern": "^[a-z0-9_]+$", "maxLength": 64],
            ]
        case .paths: ["type": "array", "maxItems": 128, "items": path]
        case .destinations:
            [
                "type": "array", "maxItems": .number(NetworkDestination.countMax),
                "items": ["type": "string", "pattern": "^[a-z0-9.-]+:[0-9]{1,5}$", "maxLength": 259],
            ]
        case .variables:
            [
                "type": "object", "maxProperties": 64,
                "additionalProperties": ["type": "string", "maxLength": 4096],
            ]
        case .tables(let countMax):
            ["type": "array", "maxItems": .number(countMax), "items": .object(object(key.path + "[]."))]
        }
    }

    /// As a value of the key's type; nil where words describe it.
    private static func standard(_ key: ProfileKey) -> JSONValue? {
        guard !key.standard.isEmpty else { return nil }
        return switch key.kind {
        case .flag: .bool(key.standard == "true")
        case .count: Int64(key.standard).map { .number($0) }
        case .time, .size, .percent, .choice: .string(key.standard)
        default: nil
        }
    }
}
