public import Foundation
public import MarketCore

/// Balances and licences with what open holds reserve of them. A pure state machine: it never waits and never
/// stores; its owner loads what it asks for and serialises the calls.
///
/// A hold is open from ``reserve(_:)`` until ``void(_:)``, or until ``beginSettle(_:charged:countsUse:)`` and
/// ``finishSettle(_:charged:countsUse:)``.
///
/// Under any order of calls, for every account `0 ≤ held ≤ balance`, and for every licence with a limit
/// `used + held ≤ limit`.
public struct HoldBook: Sendable {
    /// What ``reserve(_:)`` did.
    public enum Reservation: Hashable, Sendable {
        case held
        /// Nothing was reserved: load these, ``install(_:)`` them and ask again.
        case needsLoad(HoldKeys)
    }

    struct AccountEntry {
        var balance: Int64
        var held: Int64 = 0
        var holds = 0
    }

    struct LicenseEntry {
        let limit: Int64?
        var used: Int64
        var held: Int64 = 0
    }

    let openHoldsMax: Int
    let idleEntriesMax: Int
    private(set) var holds: [UUID: HoldClaim] = [:]
    private(set) var settling: Set<UUID> = []
    private(set) var accounts: [HoldKeys.AccountKey: AccountEntry] = [:]
    private(set) var licenses: [Purchase.ID: LicenseEntry] = [:]

    /// Keeps at most `openHoldsMax` holds, and forgets entries without holds beyond `idleEntriesMax` of a kind.
    public init(openHoldsMax: Int = 65_536, idleEntriesMax: Int = 131_072) {
        self.openHoldsMax = openHoldsMax
        self.idleEntriesMax = idleEntriesMax
    }

    public var openHolds: Int { holds.count }

    /// Reserves the amount and the use of `claim`, both or neither.
    public mutating func reserve(_ claim: HoldClaim) throws(HoldRefusal) -> Reservation {
        guard claim.amount.base >= 0 else { throw .negativeAmount(claim.amount) }
        guard holds[claim.id] == nil else { throw .duplicate(claim.id) }
        guard holds.count < openHoldsMax else { throw .tooManyHolds(limit: openHoldsMax) }
        let keys = claim.keys
        let account = keys.account.flatMap { accounts[$0] }
        let license = keys.purchaseID.flatMap { licenses[$0] }
        let missing = HoldKeys(
            account: account == nil ? keys.account : nil, purchaseID: license == nil ? keys.purchaseID : nil)
        guard missing.account == nil, missing.purchaseID == nil else { return .needsLoad(missing) }

        if let license, let limit = license.limit, license.used + license.held >= limit {
            throw .usageLimitReached(limit: limit, used: license.used, held: license.held)
        }
        if let account, account.balance - account.held < claim.amount.base {
            let available = Money(base: account.balance - account.held, currency: claim.amount.currency)
            throw .insufficientBalance(needed: claim.amount, available: available)
        }
        if let key = keys.account {
            accounts[key]?.held += claim.amount.base
            accounts[key]?.holds += 1
        }
        if let key = keys.purchaseID { licenses[key]?.held += 1 }
        holds[claim.id] = claim
        return .held
    }

    /// Takes over what the store knows. Entries that are known already stay: they have followed every write since.
    public mutating func install(_ state: HoldState) {
        if let key = state.keys.account, accounts[key] == nil {
            if accounts.count >= idleEntriesMax { accounts = accounts.filter { $0.value.holds > 0 } }
            accounts[key] = AccountEntry(balance: state.balanceBase)
        }
        if let id = state.keys.purchaseID, licenses[id] == nil, let license = state.license {
            if licenses.count >= idleEntriesMax { licenses = licenses.filter { $0.value.held > 0 } }
            licenses[id] = LicenseEntry(limit: license.usageLimit, used: license.currentUsage)
        }
    }

    /// Starts the settle of a hold, whose end nothing but the store decides now; throws when the charge does not fit.
    public mutating func beginSettle(_ id: UUID, charged: Money, countsUse: Bool) throws(HoldFault) {
        guard let claim = holds[id] else { throw .unknown(id) }
        guard !settling.contains(id) else { throw .alreadySettling(id) }
        let fits = charged.base >= 0 && charged.base <= claim.amount.base
        guard fits, charged.isZero || charged.currency == claim.amount.currency else {
            throw .chargeExceedsHold(charged: charged, held: claim.amount)
        }
        guard !countsUse || claim.purchaseID != nil else { throw .noLicence(id) }
        settling.insert(id)
    }

    /// Ends a hold with the charge that the store has booked. Whatever was reserved beyond it is free again.
    public mutating func finishSettle(_ id: UUID, charged: Money, countsUse: Bool) {
        guard settling.remove(id) != nil, let claim = release(id) else { return }
        if let key = claim.keys.account { accounts[key]?.balance -= charged.base }
        if let key = claim.purchaseID, countsUse { licenses[key]?.used += 1 }
    }

    /// The store did not book it: the hold stays open, and can be settled again or voided.
    public mutating func abortSettle(_ id: UUID) {
        settling.remove(id)
    }

    /// Ends a hold without a charge. Returns false when there is no such hold or its settle has begun, so that it can
    /// be repeated.
    @discardableResult
    public mutating func void(_ id: UUID) -> Bool {
        guard !settling.contains(id) else { return false }
        return release(id) != nil
    }

    /// Follows money that the store has booked into an agent's account.
    public mutating func credit(_ agent: Agent.ID, _ amount: Money) {
        accounts[HoldKeys.AccountKey(agentID: agent, currency: amount.currency)]?.balance += amount.base
    }

    /// What an agent's open holds reserve.
    public func held(by agent: Agent.ID, in currency: Currency) -> Money {
        let entry = accounts[HoldKeys.AccountKey(agentID: agent, currency: currency)]
        return Money(base: entry?.held ?? 0, currency: currency)
    }

    private mutating func release(_ id: UUID) -> HoldClaim? {
        guard let claim = holds.removeValue(forKey: id) else { return nil }
        if let key = claim.keys.account {
            accounts[key]?.held -= claim.amount.base
            accounts[key]?.holds -= 1
        }
        if let key = claim.purchaseID { licenses[key]?.held -= 1 }
        return claim
    }
}
