public import Fields

/// A compiled JSON Schema: the subset of draft 2020-12 that is checked, all of it and nothing else.
///
/// Supported: `type` (a name or a list), `enum`, `const`, `properties`, `required`, `additionalProperties`,
/// `minProperties`, `maxProperties`, `items`, `prefixItems`, `minItems`, `maxItems`, `uniqueItems`, `minimum`,
/// `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`, `minLength`, `maxLength`, `pattern` (see
/// ``SchemaPattern``), `format` (`date-time`, `date`, `email`, `uri`, `uuid`), `anyOf`, `oneOf`, `allOf`, `not`, `$defs`
/// and `$ref` to `#/$defs/name`. `$schema`, `$comment`, `title`, `description`, `default`, `examples` and `deprecated`
/// are read over. Every other keyword is refused, because a rule that nobody checks misleads.
public struct JSONSchema: Sendable {
    /// As it was given; for a shorthand, what it stands for.
    public let json: JSONValue
    let nodes: [SchemaNode]
    let root: Int

    /// Compiles a schema.
    /// - Throws: ``SchemaError`` for the first part that is malformed or not supported.
    public init(_ json: JSONValue) throws(SchemaError) {
        var compiler = SchemaCompiler()
        root = try compiler.document(json)
        nodes = compiler.nodes
        self.json = json
    }

    /// The places where `value` does not satisfy the schema, at most 20; none when it does.
    ///
    /// The work is bounded: a value that takes more than ten million steps is a violation.
    public func validate(_ value: JSONValue) -> [SchemaViolation] {
        var validator = SchemaValidator(nodes: nodes)
        validator.check(value, root, path: "")
        return validator.violations
    }
}

extension JSONSchema: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.json == right.json
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(json)
    }
}
