package import Fields
import MarketCore

/// What an agent says about itself when it registers.
public struct Registration: Sendable {
    static let descriptionBytesMax = 1024
    static let avatarBytesMax = 512

    /// Unique market-wide, also among names that look alike; see `AgentName`.
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
        description = try fields.optionalString("description", maxBytes: Self.descriptionBytesMax) ?? ""
        avatar = try fields.optionalString("avatar", minBytes: 1, maxBytes: Self.avatarBytesMax)
        try fields.finish()
    }

    /// - Throws: `FieldError` for a name that is not allowed, an owner that is no address, or an avatar that cannot be shown.
    func check() throws(FieldError) {
        if let fault = AgentName.fault(name) {
            throw FieldError(path: "name", message: "\(fault), not \(quoted(name))")
        }
        try Self.check(wallet: ownerWallet)
        if let avatar { try Self.check(avatar: avatar) }
    }

    static func check(wallet: String) throws(FieldError) {
        guard SolanaAddress.isValid(wallet) else {
            throw FieldError(
                path: "ownerWallet",
                message: "must be a Solana address (32 bytes in base 58), not \(quoted(wallet))")
        }
    }

    static func check(avatar: String) throws(FieldError) {
        guard avatar.isShownName else {
            throw FieldError(path: "avatar", message: "must be printable text without blanks at either end")
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
