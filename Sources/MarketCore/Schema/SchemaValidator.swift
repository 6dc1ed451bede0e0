import Fields

/// Checks one value against compiled nodes, within a bounded number of steps.
struct SchemaValidator {
    static let violationsMax = 20
    /// Steps are places visited, values compared and characters matched. Schemas and values come from strangers, and
    /// some pairs of them would take years.
    static let stepsMax = 10_000_000
    static let depthMax = 256

    let nodes: [SchemaNode]
    private(set) var violations: [SchemaViolation] = []
    private var stepsLeft = Self.stepsMax
    private var depth = 0
    /// Above zero while a schema is only tried, as in `anyOf`.
    private var tries = 0
    private var tryFailed = false

    init(nodes: [SchemaNode]) {
        self.nodes = nodes
    }

    private var isExhausted: Bool { stepsLeft <= 0 }

    /// Whether nothing more can be learned on the way that is being followed.
    private var isDone: Bool {
        isExhausted || (tries > 0 ? tryFailed : violations.count >= Self.violationsMax)
    }

    mutating func check(_ value: JSONValue, _ place: Int, path: String) {
        depth += 1
        defer { depth -= 1 }
        guard spend(1, path), !isDone else { return }
        guard depth <= Self.depthMax else { return exhaust(path) }
        let node = nodes[place]
        if node.verdict == false { fail(path, "is not accepted here") }
        if let reference = node.reference { check(value, reference, path: path) }
        if let types = node.types, types.isDisjoint(with: SchemaTypes(of: value)) {
            fail(path, "must be of the type \(types.description), not \(value.kindName)")
            // What follows would only say the same in other words.
            return
        }
        if let values = node.values, spend(64, path), !values.contains(value) { failChoice(values, path) }
        switch value {
        case .object(let object): check(object, node, path)
        case .array(let elements): check(elements, node, path)
        case .string(let text): check(text, node, path)
        case .number(let number): check(number, node, path)
        case .null, .bool: break
        }
        checkCombinations(value, node, path)
    }

    // MARK: Kinds

    private mutating func check(_ object: JSONObject, _ node: SchemaNode, _ path: String) {
        for name in node.required where object[name] == nil {
            fail(path, "the field \(quoted(name)) is missing")
        }
        if !node.propertyCount.contains(object.count) {
            fail(path, "must have \(Self.bounds(node.propertyCount)) fields, not \(object.count)")
        }
        for (key, value) in object {
            guard !isDone else { return }
            let place = path + "/" + pointerToken(key)
            if let property = node.properties[key] {
                check(value, property, path: place)
            } else if let additional = node.additionalProperties {
                if nodes[additional].verdict == false {
                    let nearest = nearestName(to: key, in: node.properties.keys.sorted())
                    let hint = nearest.map { "; did you mean \(quoted($0))?" } ?? ""
                    fail(place, "this field is not known" + hint)
                } else {
                    check(value, additional, path: place)
                }
            }
        }
    }

    private mutating func check(_ elements: [JSONValue], _ node: SchemaNode, _ path: String) {
        if !node.itemCount.contains(elements.count) {
            fail(path, "must have \(Self.bounds(node.itemCount)) elements, not \(elements.count)")
        }
        for (index, element) in elements.enumerated() {
            guard !isDone else { return }
            if index < node.prefixItems.count {
                check(element, node.prefixItems[index], path: "\(path)/\(index)")
            } else if let items = node.items {
                check(element, items, path: "\(path)/\(index)")
            }
        }
        if node.uniqueItems, spend(elements.count, path) {
            var seen: Set<JSONValue> = []
            if let index = elements.firstIndex(where: { !seen.insert($0).inserted }) {
                fail("\(path)/\(index)", "appears twice, and elements must differ")
            }
        }
    }

    private mutating func check(_ text: String, _ node: SchemaNode, _ path: String) {
        if node.length != 0...Int.max {
            let count = text.unicodeScalars.count
            if !node.length.contains(count) {
                fail(path, "must have \(Self.bounds(node.length)) characters, not \(count)")
            }
        }
        if let pattern = node.pattern {
            switch pattern.matches(text, stepsLeft: &stepsLeft) {
            case true?: break
            case false?: fail(path, "must match the pattern \(quoted(pattern.text))")
            case nil: exhaust(path)
            }
        }
        if let format = node.format, spend(text.utf8.count, path), !format.accepts(text) {
            fail(path, "must be of the format \(format.rawValue)")
        }
    }

    private mutating func check(_ number: JSONNumber, _ node: SchemaNode, _ path: String) {
        if let minimum = node.minimum, number < minimum { fail(path, "must be at least \(minimum.text)") }
        if let maximum = node.maximum, number > maximum { fail(path, "must be at most \(maximum.text)") }
        if let minimum = node.exclusiveMinimum, number <= minimum { fail(path, "must be above \(minimum.text)") }
        if let maximum = node.exclusiveMaximum, number >= maximum { fail(path, "must be below \(maximum.text)") }
        if let divisor = node.multipleOf, !number.isMultiple(of: divisor) {
            fail(path, "must be a multiple of \(divisor.text)")
        }
    }

    // MARK: Combinations

    private mutating func checkCombinations(_ value: JSONValue, _ node: SchemaNode, _ path: String) {
        for place in node.allOf { check(value, place, path: path) }
        if !node.anyOf.isEmpty, !node.anyOf.contains(where: { satisfies(value, $0, path) }) {
            fail(path, "satisfies none of the schemas of anyOf")
        }
        if !node.oneOf.isEmpty {
            let count = node.oneOf.count { satisfies(value, $0, path) }
            if count != 1 { fail(path, "must satisfy exactly one of the schemas of oneOf, not \(count)") }
        }
        if let not = node.not, satisfies(value, not, path) { fail(path, "must not satisfy the schema of not") }
    }

    private mutating func satisfies(_ value: JSONValue, _ place: Int, _ path: String) -> Bool {
        let before = tryFailed
        tries += 1
        tryFailed = false
        check(value, place, path: path)
        let satisfied = !tryFailed
        tries -= 1
        tryFailed = before
        return satisfied
    }

    // MARK: Faults

    private mutating func fail(_ path: String, _ message: String) {
        if tries > 0 {
            tryFailed = true
        } else if violations.count < Self.violationsMax, !isExhausted {
            violations.append(SchemaViolation(path: path, message: message))
        }
    }

    private mutating func failChoice(_ values: Set<JSONValue>, _ path: String) {
        guard tries == 0 else { return fail(path, "") }
        let texts = values.map { displayed($0.description, scalarsMax: 40) }.sorted()
        let shown = texts.prefix(10).joined(separator: ", ") + (texts.count > 10 ? ", …" : "")
        fail(path, texts.count == 1 ? "must be \(shown)" : "must be one of \(shown)")
    }

    private mutating func spend(_ steps: Int, _ path: String) -> Bool {
        guard !isExhausted else { return false }
        stepsLeft -= steps
        if isExhausted { exhaust(path) }
        return !isExhausted
    }

    /// Ends the check. It is a violation whatever was being tried, or a bound could be used to get a value past `not`.
    private mutating func exhaust(_ path: String) {
        stepsLeft = 0
        tryFailed = true
        let message = "takes too long to check against the schema"
        if violations.last?.message != message {
            violations.append(SchemaViolation(path: path, message: message))
        }
    }

    private static func bounds(_ range: ClosedRange<Int>) -> String {
        if range.upperBound == Int.max { return "at least \(range.lowerBound)" }
        if range.lowerBound == 0 { return "at most \(range.upperBound)" }
        return range.lowerBound == range.upperBound
            ? "exactly \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }
}
