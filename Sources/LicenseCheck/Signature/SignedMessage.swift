/// What a signature may be about: a request before its body.
public struct SignedMessage: Sendable {
    let method: String
    /// The path and, behind a question mark, the query.
    let target: String
    let authority: String?
    private let fields: @Sendable (String) -> [String]

    /// - Parameters:
    ///   - target: as it was sent, from the root.
    ///   - fields: the values of a header field, by its name in small letters, in the order in which they came.
    public init(
        method: String, target: String, authority: String?, fields: @escaping @Sendable (String) -> [String]
    ) {
        self.method = method
        self.target = target
        self.authority = authority
        self.fields = fields
    }

    /// The components that a request cannot do without (RFC 9421, section 2.2). Of these a signature may cover any.
    static let derived = ["@method", "@path", "@query", "@authority", "@request-target"]

    /// Header fields that change what a request does: a signature that leaves one out does not say what its signer wants.
    static let decisive = [
        "content-digest", "idempotency-key", "if-match", "prefer", "x-license-token", "x-purchase-token",
    ]

    /// A component's value as it is signed; nil when the request has none.
    func value(_ component: String) -> String? {
        let path = target.prefix { $0 != "?" }
        switch component {
        case "@method": return method
        case "@path": return path.isEmpty ? "/" : String(path)
        case "@query": return path.endIndex == target.endIndex ? "?" : String(target[path.endIndex...])
        case "@authority": return authority?.lowercased()
        case "@request-target": return target
        default: return field(component)
        }
    }

    /// All values of a header field as one.
    func field(_ name: String) -> String? {
        let values = fields(name)
        guard !values.isEmpty else { return nil }
        return values.map { value in
            String(value.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }.joined(separator: ", ")
    }

    /// What a signature of this request must cover at least.
    var required: [String] {
        ["@method", "@path"] + (target.contains("?") ? ["@query"] : [])
            + Self.decisive.filter { !fields($0).isEmpty }
            // Of the forms of an answer, only a stream has a run go on without its client.
            + (fields("accept").contains { $0.lowercased().contains("text/event-stream") } ? ["accept"] : [])
    }
}
