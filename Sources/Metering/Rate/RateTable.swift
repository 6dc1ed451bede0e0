public import MarketCore

/// What a rate limit counts by.
public enum RateKey: Hashable, Sendable {
    case license(Purchase.ID)
    case agent(Agent.ID)
    case address(ClientAddress)
    /// New agents from an address; nil counts those from every client of the Unix socket together.
    case registration(ClientAddress?)
    /// The owner's free runs of an own skill.
    case owner(Agent.ID, Skill.ID)
}

/// A limit to hold a call against.
public struct RateClaim: Hashable, Sendable {
    public let key: RateKey
    public let limit: RateLimit

    public init(key: RateKey, limit: RateLimit) {
        self.key = key
        self.limit = limit
    }
}

/// The generic cell rate algorithm (ITU-T I.371) over many keys: a key's state is the moment until which its time is
/// used up. A pure state machine; times are monotonic nanoseconds that the caller passes in.
public struct RateTable: Sendable {
    let keysMax: Int
    private(set) var usedUntil: [RateKey: Int64] = [:]

    public init(keysMax: Int = 100_000) {
        precondition(keysMax >= 8)
        self.keysMax = keysMax
    }

    /// Counts one call against every claim when all of them allow it, against none otherwise. Returns the decisions in
    /// the order of the claims; the call may pass when all are allowed.
    public mutating func admit(_ claims: [RateClaim], now: Int64) -> [RateDecision] {
        let ahead = claims.map { usedAhead($0.key, now) }
        let fits = zip(claims, ahead).map { claim, ahead in Self.fits(claim.limit, ahead: ahead) }
        let admitted = fits.allSatisfy { $0 }
        return claims.indices.map { index in
            let interval = claims[index].limit.intervalNanoseconds
            let after = admitted ? ahead[index] + interval : ahead[index]
            if admitted { set(claims[index].key, to: now.addingClamped(after), now: now) }
            return Self.decision(claims[index].limit, ahead: after, allowed: fits[index])
        }
    }

    /// What ``admit(_:now:)`` would say; counts nothing.
    public func ask(_ claim: RateClaim, now: Int64) -> RateDecision {
        let ahead = usedAhead(claim.key, now)
        return Self.decision(claim.limit, ahead: ahead, allowed: Self.fits(claim.limit, ahead: ahead))
    }

    /// Takes back a call that was counted and that another limit then refused.
    public mutating func giveBack(_ claim: RateClaim, now: Int64) {
        guard let until = usedUntil[claim.key] else { return }
        let before = until.subtractingClamped(claim.limit.intervalNanoseconds)
        usedUntil[claim.key] = before > now ? before : nil
    }

    private func usedAhead(_ key: RateKey, _ now: Int64) -> Int64 {
        max(0, (usedUntil[key] ?? now).subtractingClamped(now))
    }

    private static func fits(_ limit: RateLimit, ahead: Int64) -> Bool {
        ahead <= limit.toleranceNanoseconds - limit.intervalNanoseconds
    }

    private static func decision(_ limit: RateLimit, ahead: Int64, allowed: Bool) -> RateDecision {
        let left = limit.toleranceNanoseconds - ahead
        let wait = limit.intervalNanoseconds - left
        return RateDecision(
            limit: limit, allowed: allowed, remaining: max(0, left / limit.intervalNanoseconds),
            resetSeconds: secondsRoundedUp(ahead), retryAfterSeconds: allowed ? 0 : max(1, secondsRoundedUp(wait)))
    }

    private static func secondsRoundedUp(_ nanoseconds: Int64) -> Int64 {
        nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 > 0 ? 1 : 0)
    }

    private mutating func set(_ key: RateKey, to moment: Int64, now: Int64) {
        if usedUntil[key] == nil, usedUntil.count >= keysMax { makeRoom(now: now) }
        usedUntil[key] = moment
    }

    /// An idle key's entry says nothing, so it goes first. Were every key busy, those nearest to idle lose least.
    private mutating func makeRoom(now: Int64) {
        usedUntil = usedUntil.filter { $0.value > now }
        guard usedUntil.count > keysMax - keysMax / 8 else { return }
        let nearest = usedUntil.sorted { $0.value < $1.value }.prefix(keysMax / 4)
        for entry in nearest { usedUntil[entry.key] = nil }
    }
}

extension Int64 {
    /// The sum; the ends of 64 bits hold it.
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, as ``addingClamped(_:)``.
    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
