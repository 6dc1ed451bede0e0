public import MarketCore

/// Under what a call may run.
public enum LicenseGrant: Hashable, Sendable {
    /// The skill is the caller's own; nothing is charged.
    case owner
    case purchase(Purchase)

    /// Nil for the owner.
    public var purchase: Purchase? {
        if case .purchase(let purchase) = self { purchase } else { nil }
    }
}

/// The decision "may this call run?", from what is known; it looks nothing up.
public enum LicenseDecision {
    /// Decides by the caller, the skill, the token and the purchase that it names.
    ///
    /// What belongs to another agent is refused before anything about the purchase is said. The usage count may lag
    /// behind; the hold that follows is what keeps the limit.
    /// - Parameters:
    ///   - caller: authenticated by its API key.
    ///   - token: verified; nil when the call came without.
    ///   - purchase: the one the token names, as stored; nil when there is none.
    public static func decide(
        caller: Agent.ID, skill: Skill, token: PurchaseToken?, purchase: Purchase?, now: Timestamp
    ) throws(LicenseRefusal) -> LicenseGrant {
        guard let token else {
            guard caller == skill.agentID else { throw .purchaseRequired(skill: skill.name) }
            return .owner
        }
        try check(token, caller: caller, skill: skill)
        guard let purchase, purchase.id == token.purchaseID, purchase.buyerID == caller, purchase.skillID == skill.id
        else { throw .purchaseUnknown }
        guard token.epoch == purchase.revocationEpoch else { throw .revoked(reason: purchase.revokedReason) }
        try check(purchase, tokenExpiresAt: token.expiresAt, now: now)
        return .purchase(purchase)
    }

    /// Whether a purchase lets its buyer run the skill.
    public static func check(
        _ purchase: Purchase, tokenExpiresAt: Timestamp? = nil, now: Timestamp
    ) throws(LicenseRefusal) {
        guard purchase.revokedReason == nil else { throw .revoked(reason: purchase.revokedReason) }
        switch purchase.status {
        case .completed: break
        case .refunded: throw .refunded
        case .pending: throw .paymentPending
        }
        // The earlier of the two: a licence that was cut short ends at once, a token never lasts beyond its own word. But a
        // subscription goes on under the token it began with: that one's end is for those who cannot ask here.
        let ends = [purchase.subscription == nil ? tokenExpiresAt : nil, purchase.usableUntil].compactMap { $0 }
        if let end = ends.min(), end <= now { throw .expired(end) }
        if let limit = purchase.license.usageLimit, purchase.license.currentUsage >= limit {
            throw .usageLimitReached(limit: limit)
        }
    }

    /// The part of the decision that needs no purchase.
    static func check(_ token: PurchaseToken, caller: Agent.ID, skill: Skill) throws(LicenseRefusal) {
        guard token.buyerID == caller else { throw .foreignToken }
        guard token.skillID == skill.id else { throw .otherSkill }
    }
}
