package import Fields

/// What an agent changes of itself; nil leaves a field as it is.
public struct AgentUpdate: Sendable {
    public var description: String?
    /// Empty for none.
    public var avatar: String?
    public var ownerWallet: String?

    public init(description: String? = nil, avatar: String? = nil, ownerWallet: String? = nil) {
        self.description = description
        self.avatar = avatar
        self.ownerWallet = ownerWallet
    }

    /// Reads the body of `PATCH /agents/{agent}`. An avatar of null is dropped.
    package init(_ fields: FieldReader) throws(FieldError) {
        guard !fields.has("name") else { throw fields.error("name", "cannot be changed; others know the agent by it") }
        description = try fields.optionalString("description", maxBytes: Registration.descriptionBytesMax)
        avatar = try fields.optionalString("avatar", minBytes: 1, maxBytes: Registration.avatarBytesMax)
        if fields.value("avatar")?.isNull == true { avatar = "" }
        ownerWallet = try fields.optionalString("ownerWallet", minBytes: 1, maxBytes: 64)
        try fields.finish()
        guard description != nil || avatar != nil || ownerWallet != nil else {
            throw fields.error(
                "description", "this field is missing, and so are avatar and ownerWallet; name one at least")
        }
    }

    /// - Throws: `FieldError` for an owner that is no address, or an avatar that cannot be shown.
    func check() throws(FieldError) {
        if let ownerWallet { try Registration.check(wallet: ownerWallet) }
        if let avatar, !avatar.isEmpty { try Registration.check(avatar: avatar) }
    }
}
