package import Fields
public import MarketCore

/// What an agent says of a further key.
public struct KeyRequest: Sendable {
    /// 1 to 64 bytes; nil for none.
    public var name: String?
    /// From when on the key is refused; nil for never.
    public var expiresAt: Timestamp?
    /// Nil for those of the key that makes it.
    public var scopes: KeyScopes?
    /// Where it may be used from, at most ``AddressRule/countMax``; empty for everywhere, nil for those of the key that
    /// makes it.
    public var addresses: [AddressRule]?
    /// The Ed25519 public key (32 bytes) whose owner signs each request with the new key; nil for that of the key that makes
    /// it, if it has one.
    public var signingKey: [UInt8]?

    public init(
        name: String? = nil, expiresAt: Timestamp? = nil, scopes: KeyScopes? = nil, addresses: [AddressRule]? = nil,
        signingKey: [UInt8]? = nil
    ) {
        self.name = name
        self.expiresAt = expiresAt
        self.scopes = scopes
        self.addresses = addresses
        self.signingKey = signingKey
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
        scopes = try fields.optionalScopes("scopes")
        if fields.has("addresses"), fields.value("addresses")?.isNull == false {
            var rules: [AddressRule] = []
            for (index, text) in try fields.strings("addresses", maxCount: AddressRule.countMax, maxBytes: 64)
                .enumerated()
            {
                guard let rule = AddressRule(text) else {
                    throw fields.error(
                        "addresses[\(index)]",
                        "must be an address, a network such as 203.0.113.0/24 whose other bits are zero, or unix, "
                            + "not \(quoted(text))")
                }
                rules.append(rule)
            }
            addresses = rules
        }
        if let text = try fields.optionalString("publicKey", maxBytes: 64) {
            guard let bytes = Base64URL.decode(text), bytes.count == 32 else {
                throw fields.error(
                    "publicKey",
                    "must be an Ed25519 public key, 32 bytes in Base64url without padding: the x of its JWK (RFC 8037)")
            }
            signingKey = bytes
        }
        try fields.finish()
    }

    /// - Parameter maker: what this key may not do, the new one may not either.
    /// - Throws: `FieldError` for a name that cannot be shown, an end that has come already, or more than the maker may.
    func check(now: Timestamp, maker: StoredKey?) throws(FieldError) {
        if let name, !name.isShownName {
            throw FieldError(
                path: "name", message: "must be printable text without blanks at either end, not \(quoted(name))")
        }
        if let expiresAt, expiresAt <= now {
            throw FieldError(path: "expiresAt", message: "must be in the future; it is \(now) now")
        }
        guard let maker else { return }
        // A key that was given away with less than everything would otherwise outlive its end by a copy.
        if maker.scopes != .all, let end = maker.expiresAt, let expiresAt, expiresAt > end {
            throw FieldError(path: "expiresAt", message: "must not be after \(end), when the key that makes it ends")
        }
        guard !maker.addresses.isEmpty, let addresses else { return }
        let isWithin =
            !addresses.isEmpty
            && addresses.allSatisfy { rule in
                maker.addresses.contains { $0.contains(rule) }
            }
        guard isWithin else {
            throw FieldError(path: "addresses", message: "must lie within those of the key that makes it")
        }
    }
}
