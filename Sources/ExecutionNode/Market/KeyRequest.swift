package import Fields
public import MarketCore

/// What an agent says of a further key.
public struct KeyRequest: Sendable {
    /// 1 to 64 bytes; nil for none.
    public var name: String?
    /// From when on the key is refused; nil for never.
    public var expiresAt: Timestamp?

    public init(name: String? = nil, expiresAt: Timestamp? = nil) {
        self.name = name
        self.expiresAt = expiresAt
    }

    /// Reads the body of `POST /keys`.
    package init(_ fields: FieldReader) throws(FieldError) {
        name = try fields.optionalString("name", minBytes: 1, maxBytes: 64)
        if let text = try fields.optionalString("expiresAt", maxBytes: 40) {
            guard let time = Timestamp(text) else {
                throw fields.error("expiresAt", "must be an RFC 3339 time such as 2026-01-31T09:30:00Z")
            }
            expiresAt = time
        }
        try fields.finish()
    }

    /// - Throws: `FieldError` for a name that cannot be shown, or an end that has come already.
    func check(now: Timestamp) throws(FieldError) {
        if let name, !name.isShownName {
            throw FieldError(
                path: "name", message: "must be printable text without blanks at either end, not \(quoted(name))")
        }
        if let expiresAt, expiresAt <= now {
            throw FieldError(path: "expiresAt", message: "must be in the future; it is \(now) now")
        }
    }
}
