import Fields

/// One keyword of a schema with its value.
struct SchemaPlace {
    let keyword: String
    let value: JSONValue
    let path: String

    func error(_ message: String) -> SchemaError {
        SchemaError(path: path, message: message)
    }

    /// Reads the keywords that contain no schemas; false for all others.
    func readRule(into node: inout SchemaNode) throws(SchemaError) -> Bool {
        switch keyword {
        case "type": node.types = try types()
        case "enum": node.values = Set(try list())
        case "const": node.values = [value]
        case "required": node.required = try names()
        case "uniqueItems": node.uniqueItems = try boolean()
        case "minimum": node.minimum = try number()
        case "maximum": node.maximum = try number()
        case "exclusiveMinimum": node.exclusiveMinimum = try number()
        case "exclusiveMaximum": node.exclusiveMaximum = try number()
        case "multipleOf": node.multipleOf = try divisor()
        case "minLength": node.length = try from(node.length)
        case "maxLength": node.length = try upTo(node.length)
        case "minItems": node.itemCount = try from(node.itemCount)
        case "maxItems": node.itemCount = try upTo(node.itemCount)
        case "minProperties": node.propertyCount = try from(node.propertyCount)
        case "maxProperties": node.propertyCount = try upTo(node.propertyCount)
        case "pattern": node.pattern = try pattern()
        case "format": node.format = try format()
        default: return false
        }
        return true
    }

    func object() throws(SchemaError) -> JSONObject {
        guard let object = value.object else { throw error("must be an object of schemas, not \(value.kindName)") }
        return object
    }

    private func list() throws(SchemaError) -> [JSONValue] {
        guard let elements = value.array, !elements.isEmpty else { throw error("must be a list of at least one value") }
        return elements
    }

    private func boolean() throws(SchemaError) -> Bool {
        guard let bool = value.bool else { throw error("must be true or false, not \(value.kindName)") }
        return bool
    }

    private func number() throws(SchemaError) -> JSONNumber {
        guard let number = value.number else { throw error("must be a number, not \(value.kindName)") }
        return number
    }

    private func divisor() throws(SchemaError) -> JSONNumber {
        let number = try number()
        guard number > JSONNumber(0), number.isMultiple(of: number) else {
            throw error("must be a number above zero of at most 18 significant digits")
        }
        return number
    }

    private func count() throws(SchemaError) -> Int {
        guard let count = value.int64, count >= 0 else { throw error("must be a whole number of zero or more") }
        return Int(count)
    }

    private func from(_ range: ClosedRange<Int>) throws(SchemaError) -> ClosedRange<Int> {
        let lower = try count()
        guard lower <= range.upperBound else { throw error("is above the maximum, so that nothing would do") }
        return lower...range.upperBound
    }

    private func upTo(_ range: ClosedRange<Int>) throws(SchemaError) -> ClosedRange<Int> {
        let upper = try count()
        guard upper >= range.lowerBound else { throw error("is below the minimum, so that nothing would do") }
        return range.lowerBound...upper
    }

    private func names() throws(SchemaError) -> [String] {
        guard let elements = value.array else { throw error("must be a list of names, not \(value.kindName)") }
        var names: [String] = []
        for element in elements {
            guard let name = element.string, !names.contains(name) else {
                throw error("must be a list of names, none twice")
            }
            names.append(name)
        }
        return names
    }

    private func types() throws(SchemaError) -> SchemaTypes {
        let elements = value.array ?? [value]
        guard !elements.isEmpty else { throw error("must name a type") }
        var types: SchemaTypes = []
        for element in elements {
            guard let name = element.string, let type = SchemaTypes.names.first(where: { $0.name == name })?.type else {
                let names = SchemaTypes.names.map(\.name)
                throw SchemaError(
                    path: path, message: "must be one of \(names.joined(separator: ", "))",
                    suggestion: element.string.flatMap { nearestName(to: $0, in: names) })
            }
            guard !types.contains(type) else { throw error("names a type twice") }
            types.insert(type)
        }
        // A whole number is a number too, which an error should not say twice.
        return types.contains(.number) ? types.subtracting(.integer) : types
    }

    private func pattern() throws(SchemaError) -> SchemaPattern {
        guard let text = value.string else { throw error("must be a string, not \(value.kindName)") }
        do throws(PatternError) {
            return try SchemaPattern(text)
        } catch {
            throw self.error(error.message)
        }
    }

    private func format() throws(SchemaError) -> SchemaFormat {
        let names = SchemaFormat.allCases.map(\.rawValue)
        guard let name = value.string, let format = SchemaFormat(rawValue: name) else {
            throw SchemaError(
                path: path, message: "must be one of \(names.joined(separator: ", "))",
                suggestion: value.string.flatMap { nearestName(to: $0, in: names) })
        }
        return format
    }
}
