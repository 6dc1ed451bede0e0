import Fields

/// Turns the JSON of a schema into nodes.
struct SchemaCompiler {
    static let nodesMax = 4096
    static let depthMax = 64

    private(set) var nodes: [SchemaNode] = []
    private var definitions: [String: Int] = [:]

    static let keywords = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "minProperties", "maxProperties",
        "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format", "anyOf", "oneOf", "allOf",
        "not", "$ref", "$defs", "$schema", "$comment", "title", "description", "default", "examples", "deprecated",
    ]

    mutating func document(_ json: JSONValue) throws(SchemaError) -> Int {
        if let table = json["$defs"] {
            guard case .object(let object) = table else {
                throw SchemaError(path: "/$defs", message: "must be an object of schemas")
            }
            // Places first, so that definitions may refer to each other.
            for key in object.keys {
                definitions[key] = try reserve("/$defs")
            }
            for (key, value) in object {
                guard let place = definitions[key] else { continue }
                nodes[place] = try node(value, path: "/$defs/" + pointerToken(key), depth: 1)
            }
        }
        return try compile(json, path: "", depth: 0)
    }

    private mutating func reserve(_ path: String) throws(SchemaError) -> Int {
        guard nodes.count < Self.nodesMax else {
            throw SchemaError(path: path, message: "the schema has more than \(Self.nodesMax) parts")
        }
        nodes.append(SchemaNode())
        return nodes.count - 1
    }

    mutating func compile(_ json: JSONValue, path: String, depth: Int) throws(SchemaError) -> Int {
        let place = try reserve(path)
        nodes[place] = try node(json, path: path, depth: depth)
        return place
    }

    private mutating func node(_ json: JSONValue, path: String, depth: Int) throws(SchemaError) -> SchemaNode {
        guard depth <= Self.depthMax else {
            throw SchemaError(path: path, message: "schemas are nested deeper than \(Self.depthMax)")
        }
        var node = SchemaNode()
        switch json {
        case .bool(let verdict):
            node.verdict = verdict
        case .object(let object):
            for (keyword, value) in object {
                let place = SchemaPlace(keyword: keyword, value: value, path: path + "/" + pointerToken(keyword))
                if try place.readRule(into: &node) { continue }
                try readSubschemas(place, depth: depth + 1, into: &node)
            }
        default:
            throw SchemaError(path: path, message: "a schema must be an object, true or false, not \(json.kindName)")
        }
        return node
    }

    private mutating func readSubschemas(
        _ place: SchemaPlace, depth: Int, into node: inout SchemaNode
    ) throws(SchemaError) {
        switch place.keyword {
        case "properties":
            for (key, value) in try place.object() {
                node.properties[key] = try compile(value, path: place.path + "/" + pointerToken(key), depth: depth)
            }
        case "additionalProperties":
            node.additionalProperties = try compile(place.value, path: place.path, depth: depth)
        case "items": node.items = try compile(place.value, path: place.path, depth: depth)
        case "not": node.not = try compile(place.value, path: place.path, depth: depth)
        case "prefixItems": node.prefixItems = try schemas(place, depth)
        case "allOf": node.allOf = try schemas(place, depth)
        case "anyOf": node.anyOf = try schemas(place, depth)
        case "oneOf": node.oneOf = try schemas(place, depth)
        case "$ref": node.reference = try reference(place)
        case "$defs" where place.path != "/$defs":
            throw place.error("definitions stand at the top of the schema only")
        case "$defs", "$schema", "$comment", "title", "description", "default", "examples", "deprecated":
            break
        default:
            let nearest = nearestName(to: place.keyword, in: Self.keywords)
            throw SchemaError(
                path: place.path,
                message: "the keyword \(quoted(place.keyword)) is not supported"
                    + (nearest == nil ? "; supported are \(Self.keywords.joined(separator: ", "))" : ""),
                suggestion: nearest)
        }
    }

    private mutating func schemas(_ place: SchemaPlace, _ depth: Int) throws(SchemaError) -> [Int] {
        guard let elements = place.value.array, !elements.isEmpty else {
            throw place.error("must be a list of at least one schema")
        }
        var places: [Int] = []
        for (index, element) in elements.enumerated() {
            places.append(try compile(element, path: "\(place.path)/\(index)", depth: depth))
        }
        return places
    }

    private func reference(_ place: SchemaPlace) throws(SchemaError) -> Int {
        let prefix = "#/$defs/"
        guard let text = place.value.string, text.hasPrefix(prefix) else {
            throw place.error("must refer to \"#/$defs/\" and a name; other references are not supported")
        }
        let name = text.dropFirst(prefix.count).replacing("~1", with: "/").replacing("~0", with: "~")
        guard let definition = definitions[String(name)] else {
            throw SchemaError(
                path: place.path, message: "\(quoted(text)) is not defined",
                suggestion: nearestName(to: String(name), in: definitions.keys.sorted()).map { prefix + $0 })
        }
        return definition
    }
}
