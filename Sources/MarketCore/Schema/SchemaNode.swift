import Fields

/// One compiled schema object. Subschemas are positions in the table of all nodes, so that `$ref` may point anywhere.
struct SchemaNode: Sendable {
    /// The schemas `true` and `false`.
    var verdict: Bool?
    var reference: Int?

    var types: SchemaTypes?
    var values: Set<JSONValue>?

    var properties: [String: Int] = [:]
    var required: [String] = []
    var additionalProperties: Int?
    var propertyCount: ClosedRange<Int> = 0...Int.max

    var prefixItems: [Int] = []
    var items: Int?
    var itemCount: ClosedRange<Int> = 0...Int.max
    var uniqueItems = false

    var minimum: JSONNumber?
    var maximum: JSONNumber?
    var exclusiveMinimum: JSONNumber?
    var exclusiveMaximum: JSONNumber?
    var multipleOf: JSONNumber?

    var length: ClosedRange<Int> = 0...Int.max
    var pattern: SchemaPattern?
    var format: SchemaFormat?

    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?
}

/// The types a value may have.
struct SchemaTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = Self(rawValue: 1)
    static let boolean = Self(rawValue: 2)
    static let integer = Self(rawValue: 4)
    static let number = Self(rawValue: 8)
    static let string = Self(rawValue: 16)
    static let array = Self(rawValue: 32)
    static let object = Self(rawValue: 64)

    static let names: [(name: String, type: Self)] = [
        ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string),
        ("array", .array), ("object", .object),
    ]

    /// The types that a value has; a whole number is an integer, however it is written.
    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .number(let number): self = number.isWhole ? [.integer, .number] : .number
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    var description: String {
        Self.names.filter { contains($0.type) }.map(\.name).joined(separator: " or ")
    }
}
