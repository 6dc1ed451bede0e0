public import Foundation
public import MarketCore

/// Balances, licences and budgets with what open holds reserve of them. A pure state machine: it never waits and never
/// stores; its owner loads what it asks for and serialises the calls.
///
/// A hold is open from ``reserve(_:)`` until ``void(_:)``, or until ``beginSettle(_:charged:countsUse:)`` and
/// ``finishSettle(_:charged:countsUse:at:)``. In a ledger's words it is a pending transfer, which is posted in full or in
/// part, or voided.
///
/// Under any order of calls, for every account `0 ≤ held ≤ balance`, for every licence with a limit `used + held ≤ limit`,
/// and for every budget `spent + held ≤ limit`, unless the limit was lowered meanwhile.
public struct HoldBook: Sendable {
    /// What ``reserve(_:)`` did.
    public enum Reservation: Hashable, Sendable {
        case held
        /// As `held`, with one of the licence's free runs and no money.
        case heldAsTrial
        /// Nothing was reserved: load these, ``install(_:)`` them and ask again.
        case needsLoad(HoldKeys)
    }

    struct AccountEntry {
        var balance: Int64
        var held: Int64 = 0
        /// What of that counts against budgets; the rest is being given back.
        var heldSpending: Int64 = 0
        var holds = 0
        var budgets: [BudgetState]
    }

    struct LicenseEntry {
        var limit: Int64?
        var used: Int64
        var trialLeft: Int64
        var held: Int64 = 0
        var heldTrials: Int64 = 0
        var heldBase: Int64 = 0
        var budgets: [BudgetState]
    }

    let openHoldsMax: Int
    let idleEntriesMax: Int
    private(set) var holds: [UUID: HoldClaim] = [:]
    private(set) var settling: Set<UUID> = []
    /// What is being settled of holds that are charged in parts, by hold and part; see ``beginPart(_:of:charged:)``.
    var parts: [UUID: [UUID: Int64]] = [:]
    private(set) var accounts: [HoldKeys.AccountKey: AccountEntry] = [:]
    private(set) var licenses: [Purchase.ID: LicenseEntry] = [:]
    /// Open holds of each buyer of a skill; several small licences allow no more runs at once than one.
    private var running: [HoldClaim.Concurrency: Int64] = [:]

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
        let missing = HoldKeys(
            account: keys.account.flatMap { accounts[$0] == nil ? $0 : nil },
            purchaseID: keys.purchaseID.flatMap { licenses[$0] == nil ? $0 : nil })
        guard missing.account == nil, missing.purchaseID == nil else { return .needsLoad(missing) }

        var claim = claim
        if let key = keys.purchaseID { try check(&claim, key) }
        if let key = claim.keys.account { try check(claim, key) }
        hold(claim, 1)
        holds[claim.id] = claim
        return claim.isTrial ? .heldAsTrial : .held
    }

    private mutating func check(_ claim: inout HoldClaim, _ key: Purchase.ID) throws(HoldRefusal) {
        guard let license = licenses[key] else { return }
        if let limit = license.limit, license.used + license.held >= limit {
            throw .usageLimitReached(limit: limit, used: license.used, held: license.held)
        }
        if let concurrency = claim.concurrency, let max = concurrency.max, running[concurrency, default: 0] >= max {
            throw .concurrencyReached(limit: max)
        }
        if license.trialLeft > license.heldTrials {
            claim.isTrial = true
            claim.amount = .zero(claim.amount.currency)
        }
        try Self.check(&licenses[key, default: license].budgets, held: license.heldBase, claim)
    }

    private mutating func check(_ claim: HoldClaim, _ key: HoldKeys.AccountKey) throws(HoldRefusal) {
        guard let account = accounts[key] else { return }
        guard account.balance - account.held >= claim.amount.base else {
            let available = Money(base: account.balance - account.held, currency: claim.amount.currency)
            throw .insufficientBalance(needed: claim.amount, available: available)
        }
        try Self.check(&accounts[key, default: account].budgets, held: account.heldSpending, claim)
    }

    private static func check(
        _ budgets: inout [BudgetState], held: Int64, _ claim: HoldClaim
    ) throws(HoldRefusal) {
        guard claim.isSpending, !claim.amount.isZero else { return }
        for index in budgets.indices {
            budgets[index].advance(to: claim.time)
            guard budgets[index].leftBase(held: held) < claim.amount.base else { continue }
            throw .budgetExceeded(budgets[index], held: held, needed: claim.amount)
        }
    }

    /// Takes over what the store knows. Entries that are known already stay: they have followed every write since.
    public mutating func install(_ state: HoldState) {
        if let key = state.keys.account, accounts[key] == nil {
            if accounts.count >= idleEntriesMax { accounts = accounts.filter { $0.value.holds > 0 } }
            accounts[key] = AccountEntry(balance: state.balanceBase, budgets: state.budgets)
        }
        if let id = state.keys.purchaseID, licenses[id] == nil, let license = state.license {
            if licenses.count >= idleEntriesMax { licenses = licenses.filter { $0.value.held > 0 } }
            licenses[id] = LicenseEntry(
                limit: license.usageLimit, used: license.currentUsage, trialLeft: license.trialLeft,
                budgets: license.budgets)
        }
    }

    /// Starts the settle of a hold, whose end nothing but the store decides now; throws when the charge does not fit.
    public mutating func beginSettle(_ id: UUID, charged: Money, countsUse: Bool) throws(HoldFault) {
        guard let claim = holds[id] else { throw .unknown(id) }
        guard !settling.contains(id), parts[id] == nil else { throw .alreadySettling(id) }
        let fits = charged.base >= 0 && charged.base <= claim.amount.base
        guard fits, charged.isZero || charged.currency == claim.amount.currency else {
            throw .chargeExceedsHold(charged: charged, held: claim.amount)
        }
        guard !countsUse || claim.purchaseID != nil else { throw .noLicence(id) }
        settling.insert(id)
    }

    /// Ends a hold with the charge that the store has booked at `time`. Whatever was reserved beyond it is free again.
    public mutating func finishSettle(_ id: UUID, charged: Money, countsUse: Bool, at time: Timestamp = .now) {
        guard settling.remove(id) != nil, let claim = release(id) else { return }
        spend(charged.base, of: claim, at: time)
        guard countsUse, let key = claim.purchaseID else { return }
        licenses[key]?.used += 1
        if claim.isTrial { licenses[key]?.trialLeft -= 1 }
    }

    /// Follows what was charged under a claim.
    mutating func spend(_ base: Int64, of claim: HoldClaim, at time: Timestamp) {
        if let key = claim.keys.account, var account = accounts[key] {
            account.balance -= base
            for index in account.budgets.indices where claim.isSpending {
                account.budgets[index].spend(base, at: time)
            }
            accounts[key] = account
        }
        if let key = claim.purchaseID, var license = licenses[key] {
            for index in license.budgets.indices { license.budgets[index].spend(base, at: time) }
            licenses[key] = license
        }
    }

    /// Holds less from now on; the claim stays open.
    mutating func reduce(_ claim: HoldClaim, by base: Int64) {
        var less = claim
        less.amount = Money(base: claim.amount.base - base, currency: claim.amount.currency)
        hold(claim, -1)
        hold(less, 1)
        holds[claim.id] = less
    }

    /// The store did not book it: the hold stays open, and can be settled again or voided.
    public mutating func abortSettle(_ id: UUID) {
        settling.remove(id)
    }

    /// Ends a hold without a charge. Returns false when there is no such hold or its settle has begun, so that it can
    /// be repeated.
    @discardableResult
    public mutating func void(_ id: UUID) -> Bool {
        guard !settling.contains(id), parts[id] == nil else { return false }
        return release(id) != nil
    }

    /// Follows money that the store has booked into an agent's account, or out of it without a hold when it is negative.
    public mutating func credit(_ agent: Agent.ID, _ amount: Money) {
        accounts[HoldKeys.AccountKey(agentID: agent, currency: amount.currency)]?.balance += amount.base
    }

    /// Follows an upgrade that the store has booked.
    public mutating func raiseLimit(of license: Purchase.ID, to limit: Int64?) {
        licenses[license]?.limit = limit
    }

    /// Replaces the budgets of an agent in one currency, or of a licence. What is open meanwhile stays open.
    public mutating func replaceBudgets(_ scope: Budget.Scope, _ currency: Currency, _ budgets: [BudgetState]) {
        switch scope {
        case .agent(let id):
            let key = HoldKeys.AccountKey(agentID: id, currency: currency)
            guard let former = accounts[key]?.budgets else { return }
            accounts[key]?.budgets = budgets.map { $0.following(former) }
        case .license(let id):
            guard let former = licenses[id]?.budgets else { return }
            licenses[id]?.budgets = budgets.map { $0.following(former) }
        }
    }

    /// What an agent's open holds reserve.
    public func held(by agent: Agent.ID, in currency: Currency) -> Money {
        let entry = accounts[HoldKeys.AccountKey(agentID: agent, currency: currency)]
        return Money(base: entry?.held ?? 0, currency: currency)
    }

    /// What of that counts against the agent's budgets.
    public func heldSpending(by agent: Agent.ID, in currency: Currency) -> Money {
        let entry = accounts[HoldKeys.AccountKey(agentID: agent, currency: currency)]
        return Money(base: entry?.heldSpending ?? 0, currency: currency)
    }

    /// What the open holds under a licence reserve, in the currency of its purchase.
    public func heldBase(under license: Purchase.ID) -> Int64 { licenses[license]?.heldBase ?? 0 }

    private mutating func release(_ id: UUID) -> HoldClaim? {
        guard let claim = holds.removeValue(forKey: id) else { return nil }
        hold(claim, -1)
        return claim
    }

    /// Adds a claim to what is reserved, or takes it from there with a sign of -1.
    private mutating func hold(_ claim: HoldClaim, _ sign: Int64) {
        if let concurrency = claim.concurrency {
            let count = running[concurrency, default: 0] + sign
            running[concurrency] = count > 0 ? count : nil
        }
        if let key = claim.keys.account {
            accounts[key]?.held += sign * claim.amount.base
            if claim.isSpending { accounts[key]?.heldSpending += sign * claim.amount.base }
            accounts[key]?.holds += Int(sign)
        }
        if let key = claim.purchaseID {
            licenses[key]?.held += sign
            licenses[key]?.heldBase += sign * claim.amount.base
            if claim.isTrial { licenses[key]?.heldTrials += sign }
        }
    }
}
