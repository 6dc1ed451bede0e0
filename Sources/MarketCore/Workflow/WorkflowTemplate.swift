public import Fields

/// A JSON value with holes: `{"$from" = "/input/text"}` is replaced by what is there, `{"$text" = "About {/input/topic}"}`
/// by a text, and `{"$literal" = …}` by its content as it stands.
public indirect enum WorkflowTemplate: Hashable, Sendable {
    /// A part of a text.
    public enum Piece: Hashable, Sendable {
        case text(String)
        case reference(WorkflowReference)
    }

    public struct Member: Hashable, Sendable {
        let key: String
        let value: WorkflowTemplate
    }

    case literal(JSONValue)
    /// With what stands in where there is nothing.
    case reference(WorkflowReference, otherwise: JSONValue?)
    case text([Piece])
    case list([WorkflowTemplate])
    case object([Member])

    /// References in one template.
    static let referencesMax = 64
    static let depthMax = 16

    /// - Parameters:
    ///   - key: the field of `reader` that it is, for errors.
    init(_ value: JSONValue, _ reader: FieldReader, _ key: String) throws(FieldError) {
        try self.init(value, reader, key, depth: 0)
        guard references.count <= Self.referencesMax else {
            throw reader.error(key, "may have at most \(Self.referencesMax) references, not \(references.count)")
        }
    }

    private init(_ value: JSONValue, _ reader: FieldReader, _ key: String, depth: Int) throws(FieldError) {
        guard depth < Self.depthMax else {
            throw reader.error(key, "may be nested \(Self.depthMax) deep at most")
        }
        switch value {
        case .array(let elements):
            var list: [WorkflowTemplate] = []
            for (index, element) in elements.enumerated() {
                list.append(try WorkflowTemplate(element, reader, "\(key)[\(index)]", depth: depth + 1))
            }
            self = .list(list)
        case .object(let object):
            if let special = try Self.special(object, reader, key) {
                self = special
                return
            }
            var members: [Member] = []
            for (name, element) in object {
                members.append(
                    Member(key: name, value: try WorkflowTemplate(element, reader, "\(key).\(name)", depth: depth + 1)))
            }
            self = .object(members)
        default: self = .literal(value)
        }
    }

    private static func special(
        _ object: JSONObject, _ reader: FieldReader, _ key: String
    ) throws(FieldError) -> WorkflowTemplate? {
        guard let name = object.keys.first(where: { $0.hasPrefix("$") }) else { return nil }
        let known = ["$from", "$text", "$literal"]
        let kinds = known.filter { object[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first, let value = object[kind] else {
            throw reader.error(
                "\(key).\(name)", "an object whose key begins with $ has one of \(known.joined(separator: ", "))",
                suggestion: nearestName(to: name, in: known))
        }
        let allowed = kind == "$from" ? ["$from", "$default"] : [kind]
        if let other = object.keys.first(where: { !allowed.contains($0) }) {
            throw reader.error("\(key).\(other)", "cannot stand beside \(kind)")
        }
        if kind == "$literal" { return .literal(value) }
        guard let text = value.string else {
            throw reader.error("\(key).\(kind)", "must be a string, not \(value.kindName)")
        }
        if kind == "$text" { return .text(try pieces(text, reader, "\(key).\(kind)")) }
        return .reference(try reference(text, reader, "\(key).\(kind)"), otherwise: object["$default"])
    }

    static func reference(
        _ text: String, _ reader: FieldReader, _ key: String
    ) throws(FieldError) -> WorkflowReference {
        if let reference = WorkflowReference(text) { return reference }
        throw reader.error(
            key, "\(quoted(text)) is no place of a workflow, such as \"/input/text\" or \"/steps/ID/result/text\"")
    }

    /// `{{` and `}}` stand for single braces.
    private static func pieces(
        _ text: String, _ reader: FieldReader, _ key: String
    ) throws(FieldError) -> [Piece] {
        var pieces: [Piece] = []
        var plain = ""
        var rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
                plain.append(character)
                rest = rest.dropFirst(2)
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}"), !rest[..<end].dropFirst().contains("{") else {
                    throw reader.error(key, "a { has no }; write {{ for a brace itself")
                }
                let pointer = String(rest[rest.index(after: rest.startIndex)..<end])
                if !plain.isEmpty { pieces.append(.text(plain)) }
                plain = ""
                pieces.append(.reference(try reference(pointer, reader, key)))
                rest = rest[rest.index(after: end)...]
            } else if character == "}" {
                throw reader.error(key, "a } has no {; write }} for a brace itself")
            } else {
                plain.append(character)
                rest = rest.dropFirst()
            }
        }
        if !plain.isEmpty { pieces.append(.text(plain)) }
        return pieces
    }

    /// Every place that it reads, and whether something stands in where there is nothing.
    var references: [(reference: WorkflowReference, hasDefault: Bool)] {
        switch self {
        case .literal: []
        case .reference(let reference, let otherwise): [(reference, otherwise != nil)]
        case .text(let pieces):
            pieces.compactMap { if case .reference(let reference) = $0 { (reference, false) } else { nil } }
        case .list(let list): list.flatMap(\.references)
        case .object(let members): members.flatMap(\.value.references)
        }
    }

    /// - Throws: ``WorkflowFault`` `reference_missing`.
    public func value(in scope: WorkflowScope) throws(WorkflowFault) -> JSONValue {
        switch self {
        case .literal(let value): return value
        case .reference(let reference, let otherwise):
            if let value = reference.value(in: scope) ?? otherwise { return value }
            throw Self.missing(reference)
        case .text(let pieces):
            var text = ""
            for piece in pieces {
                switch piece {
                case .text(let plain): text += plain
                case .reference(let reference):
                    guard let value = reference.value(in: scope) else { throw Self.missing(reference) }
                    text += value.string ?? value.description
                }
            }
            return .string(text)
        case .list(let list):
            var elements: [JSONValue] = []
            for element in list { elements.append(try element.value(in: scope)) }
            return .array(elements)
        case .object(let members):
            var object = JSONObject()
            for member in members { object[member.key] = try member.value.value(in: scope) }
            return .object(object)
        }
    }

    private static func missing(_ reference: WorkflowReference) -> WorkflowFault {
        WorkflowFault(reason: "reference_missing", detail: "There is nothing at \(displayed(reference.text))")
    }
}
