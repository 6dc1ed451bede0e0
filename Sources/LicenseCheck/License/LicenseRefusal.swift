public import MarketCore

/// Why a call may not run, as far as its licence goes.
public enum LicenseRefusal: Error, Hashable, Sendable {
    /// No token came with the call, and the caller does not own the skill.
    case purchaseRequired(skill: String)
    case invalidToken(PurchaseTokenError)
    /// The token was issued to another agent.
    case foreignToken
    /// The token is for another skill.
    case otherSkill
    /// The token is sound, but there is no such purchase here.
    case purchaseUnknown
    case revoked(reason: String?)
    case refunded
    case paymentPending
    case expired(Timestamp)
    case usageLimitReached(limit: Int64)

    /// Short and stable, for programs.
    public var code: String {
        switch self {
        case .purchaseRequired: "purchase_required"
        case .invalidToken: "token_invalid"
        case .foreignToken: "token_of_another_agent"
        case .otherSkill: "token_for_another_skill"
        case .purchaseUnknown: "purchase_unknown"
        case .revoked: "purchase_revoked"
        case .refunded: "purchase_refunded"
        case .paymentPending: "payment_pending"
        case .expired: "license_expired"
        case .usageLimitReached: "usage_limit_reached"
        }
    }

    /// 402 where paying helps, else 403.
    public var httpStatus: Int {
        switch self {
        case .purchaseRequired, .paymentPending, .expired, .usageLimitReached: 402
        case .invalidToken, .foreignToken, .otherSkill, .purchaseUnknown, .revoked, .refunded: 403
        }
    }

    /// One sentence that says what to do.
    public var detail: String {
        switch self {
        case .purchaseRequired(let skill):
            "Buy the skill \(skill) and send the purchase token as X-Purchase-Token."
        case .invalidToken(let error):
            "Send the purchase token as it was given at purchase: \(error.description)."
        case .foreignToken: "The purchase token was issued to another agent; buy the skill with this one."
        case .otherSkill: "The purchase token is for another skill; send the one of this skill."
        case .purchaseUnknown: "There is no purchase for this token; buy the skill again."
        case .revoked(let reason):
            reason.map { "The purchase was revoked: \($0)" } ?? "The purchase token was revoked; ask for a new one."
        case .refunded: "The purchase was refunded; buy the skill again."
        case .paymentPending: "The purchase is not paid yet; pay it and try again."
        case .expired(let time): "The licence expired at \(time); buy it again."
        case .usageLimitReached(let limit):
            "All \(limit) runs of the licence are used up; buy it again."
        }
    }
}
