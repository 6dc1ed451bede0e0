package import Fields

/// What an agent says about itself when it registers.
public struct Registration: Sendable {
    /// Unique market-wide: 1 to 64 bytes.
    public var name: String
    /// The Solana address that owns the agent.
    public var ownerWallet: String
    public var description: String
    public var avatar: String?

    public init(name: String, ownerWallet: String, description: String = "", avatar: String? = nil) {
        self.name = name
        self.ownerWallet = ownerWallet
        self.description = description
        self.avatar = avatar
    }

    /// Reads the body of `POST /agents/register`.
    package init(_ fields: FieldReader) throws(FieldError) {
        name = try fields.string("name", minBytes: 1, maxBytes: 64)
        ownerWallet = try fields.string("ownerWallet", minBytes: 1, maxBytes: 64)
        description = try fields.optionalString("description", maxBytes: 1024) ?? ""
        avatar = try fields.optionalString("avatar", minBytes: 1, maxBytes: 512)
        try fields.finish()
    }

    /// - Throws: `FieldError` for a name that cannot be shown or an owner that is no address.
    func check() throws(FieldError) {
        guard name.isShownName else {
            throw FieldError(
                path: "name", message: "must be printable text without blanks at either end, not \(quoted(name))")
        }
        guard SolanaAddress.isValid(ownerWallet) else {
            throw FieldError(
                path: "ownerWallet",
                message: "must be a Solana address (32 bytes in base 58), not \(quoted(ownerWallet))")
        }
    }
}

extension String {
    /// Whether it can be shown as a name: printable, without blanks at either end.
    var isShownName: Bool {
        let isShown = unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        return isShown && first?.isWhitespace == false && last?.isWhitespace == false
    }
}
