import MarketCore
import Synchronization

@testable import Metering

/// What clients were told and what ran, kept beside the process, so that it survives every crash. Every function returns
/// what is wrong.
final class SimulationWitness {
    /// The hashes of two bodies.
    static let hashes = [BodyHash(of: "one".utf8), BodyHash(of: "other".utf8)]

    let store: SimulatedStore
    /// The step that is being done, and the time.
    var now: (step: Int, nanoseconds: Int64) = (0, 0)
    private var lastPlaced: (id: SkillUsage.ID, step: Int)?
    /// Holds that were placed, and neither voided nor answered.
    private var open: Set<SkillUsage.ID> = []
    private var bodies: [IdempotencyScope: Set<BodyHash>] = [:]
    private var runsOfKey: [IdempotencyScope: Int] = [:]
    private var answers: [IdempotencyScope: (outcome: StoredOutcome, attempt: Attempt?)] = [:]
    private var attempts: [IdempotencyScope: Attempt] = [:]
    private var startedPrunes: [Int64] = []
    private var horizonSetAt: Int64 = 0
    private var prunedScopes: [IdempotencyScope: Int] = [:]
    private var scopeOfPurchase: [Purchase.ID: IdempotencyScope] = [:]
    private var answered: [SkillUsage.ID] = []
    private var accepted: [Purchase.ID] = []
    private var given: [Refund.ID] = []
    private var booked: Set<String> = []
    /// Budgets that may be below what is spent and held since they were set.
    var exceeded: Set<BudgetOwner> = []
    /// Budgets that were read for another day than the one on which that was heard of.
    var outdated: Set<BudgetOwner> = []

    /// When an answer was made, and how long it is kept at least.
    private struct Attempt {
        let nanoseconds: Int64
        let keptNanoseconds: Int64
    }

    struct BudgetOwner: Hashable {
        let scope: Budget.Scope
        let currency: Currency
    }

    init(store: SimulatedStore) {
        self.store = store
    }

    // MARK: Runs

    /// The hold whose line the last step wrote.
    var justPlaced: SkillUsage.ID? {
        lastPlaced.flatMap { $0.step == now.step - 1 && open.contains($0.id) ? $0.id : nil }
    }

    func torn(_ id: SkillUsage.ID) {
        open.remove(id)
    }

    func placed(_ hold: Hold, in node: SimulatedNode) -> String? {
        lastPlaced = (hold.id, now.step)
        open.insert(hold.id)
        return node.meter.book.withLock { book in
            guard let purchaseID = hold.purchaseID else { return nil }
            guard let license = book.licenses[purchaseID] else { return "a hold has no licence" }
            if !hold.isTrial, license.trialLeft > license.heldTrials { return "a free run was left and is not given" }
            if let most = hold.concurrentMax, license.held > most { return "\(license.held) runs go on at once" }
            return nil
        }
    }

    func voided(_ hold: Hold) -> String? {
        open.remove(hold.id)
        return nil
    }

    func began(_ hold: Hold) -> String? {
        guard let scope = hold.idempotency?.scope else { return nil }
        runsOfKey[scope, default: 0] += 1
        return runsOfKey[scope] == 1 ? nil : "key \(scope.key) runs twice"
    }

    func answered(_ run: SettledRun, _ usage: SkillUsage, _ hold: Hold) -> String? {
        if !usage.cost.isZero, ["timeout", "cancelled"].contains(usage.verdict) {
            return "a \(usage.verdict) is charged"
        }
        open.remove(run.usage.id)
        answered.append(run.usage.id)
        guard !run.alreadySettled, run.usage == usage else { return "a run is answered with another record" }
        guard store.runs[run.usage.id]?.usage == run.usage else { return "an answered run has no record" }
        return hold.idempotency.flatMap { keep(run.outcome, for: $0) }
    }

    func isBooked(_ hold: Hold) -> String? {
        open.remove(hold.id)
        return store.runs[hold.id] == nil ? "a hold is gone without a record" : nil
    }

    func recovered() -> String? {
        startedPrunes = []
        outdated = []
        // A limit may have been set that nobody was told of.
        exceeded.formUnion(store.budgets.keys.map { BudgetOwner(scope: $0.scope, currency: $0.currency) })
        defer { open = [] }
        return open.contains { store.runs[$0] == nil } ? "a run has no record after the recovery" : nil
    }

    // MARK: Keys

    /// An answer is made that is as old as this moment when it is stored. What is dropped are answers older than the
    /// horizon, which moves at most twice as fast as the monotonic clock, from where it was set last.
    func attempts(_ request: IdempotentRequest?, _ clock: SimulatedClock) -> String? {
        guard let scope = request?.scope, let horizon = store.horizon else { return nil }
        let margin = clock.wall.milliseconds - horizon.milliseconds
        attempts[scope] = Attempt(
            nanoseconds: now.nanoseconds, keptNanoseconds: margin / 2 * 1_000_000 - (now.nanoseconds - horizonSetAt))
        return nil
    }

    private func keep(_ outcome: StoredOutcome, for request: IdempotentRequest) -> String? {
        // Where weeks passed before the client was told, it was dropped already.
        guard store.outcomes[request.scope] != nil else { return nil }
        let earlier = answers.updateValue((outcome, attempts[request.scope]), forKey: request.scope)
        return earlier == nil ? nil : "key \(request.scope.key) is answered anew"
    }

    func replayed(_ request: IdempotentRequest, _ outcome: StoredOutcome) -> String? {
        guard let first = answers[request.scope] else { return nil }
        return first.outcome == outcome ? nil : "key \(request.scope.key) is answered otherwise"
    }

    /// A key is refused once it was sent with two bodies, also while the second of them is only looked up.
    func mismatched(_ request: IdempotentRequest) -> String? {
        (bodies[request.scope]?.count ?? 0) > 1 ? nil : "key \(request.scope.key) is refused to its own body"
    }

    func sent(_ request: IdempotentRequest) -> String? {
        bodies[request.scope, default: []].insert(request.fingerprint)
        return nil
    }

    func pruneStarts() -> String? {
        startedPrunes.append(now.nanoseconds)
        return nil
    }

    func pruneEnds(_ start: Int64) -> String? {
        if let index = startedPrunes.firstIndex(of: start) { startedPrunes.remove(at: index) }
        return nil
    }

    func pruned(_ scopes: [IdempotencyScope]) -> String? {
        // Whichever of those that are under way it is.
        horizonSetAt = startedPrunes.min() ?? now.nanoseconds
        var fault: String?
        for scope in scopes {
            if let attempt = answers.removeValue(forKey: scope)?.attempt,
                now.nanoseconds - attempt.nanoseconds < attempt.keptNanoseconds
            {
                fault = "the answer of key \(scope.key) is dropped too early"
            }
            runsOfKey[scope] = nil
            prunedScopes[scope, default: 0] += 1
        }
        return fault
    }

    // MARK: Money

    func refused(_ error: MeterError) -> String? {
        switch error {
        case .refused(.insufficientBalance(let needed, let available)):
            available.base >= 0 && available.base < needed.base ? nil : "refused for no reason: \(error)"
        case .refused(.usageLimitReached(let limit, let used, let held)):
            used + held == limit ? nil : "refused for no reason: \(error)"
        case .refused(.budgetExceeded(let state, let held, let needed)):
            state.leftBase(held: held) < needed.base ? nil : "refused for no reason: \(error)"
        case .refused(.concurrencyReached), .refused(.tooManyHolds), .store(.unavailable): nil
        default: "refused: \(error)"
        }
    }

    func tries(_ purchase: Purchase, _ request: IdempotentRequest?, _ clock: SimulatedClock) -> String? {
        // A second try is as old as the first.
        guard scopeOfPurchase[purchase.id] == nil else { return nil }
        scopeOfPurchase[purchase.id] = request?.scope
        return attempts(request, clock)
    }

    func bought(_ purchase: Purchase, _ request: IdempotentRequest?, _ outcome: StoredOutcome) -> String? {
        accepted.append(purchase.id)
        guard store.purchases[purchase.id] != nil else { return "an accepted purchase is not stored" }
        return request.flatMap { keep(outcome, for: $0) }
    }

    func credited(_ request: CashRequest, _ credit: RecordedCash) -> String? {
        guard store.credits[request.reference]?.amount == request.amount else { return "a credit is not stored" }
        guard !credit.replayed else { return nil }
        return booked.insert(request.reference).inserted ? nil : "\(request.reference) is booked twice"
    }

    func paidOut(_ request: CashRequest, _ payout: RecordedCash) -> String? {
        guard store.payouts[request.reference]?.amount == request.amount else { return "a payout is not stored" }
        guard !payout.replayed else { return nil }
        return booked.insert("out: \(request.reference)").inserted ? nil : "\(request.reference) is paid out twice"
    }

    func payoutRefused(_ request: CashRequest, _ error: MeterError) -> String? {
        if case .refused(.duplicate) = error { return nil }
        guard case .store(.conflict) = error else { return refused(error) }
        return store.payouts[request.reference]?.amount == request.amount ? "refused: \(error)" : nil
    }

    func creditRefused(_ request: CashRequest, _ error: StoreError) -> String? {
        switch error {
        case .unavailable: nil
        case .conflict: store.credits[request.reference]?.amount == request.amount ? "refused: \(error)" : nil
        default: "refused: \(error)"
        }
    }

    func renewed(_ purchase: Purchase, _ record: RenewalRecord) -> String? {
        let stored = store.payments[purchase.id] ?? []
        return stored.contains(record.payment) ? nil : "a paid period is not stored"
    }

    func upgraded(_ purchase: Purchase, _ record: UpgradeRecord) -> String? {
        guard store.upgrades[purchase.id]?.contains(record.upgrade) == true else { return "an upgrade is not stored" }
        guard let payment = record.payment else { return nil }
        return store.payments[purchase.id]?.contains(payment) == true ? nil : "an upgrade's payment is not stored"
    }

    func refunded(_ refund: Refund) -> String? {
        given.append(refund.id)
        return store.refunds[refund.purchaseID]?.contains(refund) == true ? nil : "a refund is not stored"
    }

    /// A new limit may be below what is spent and held; from then on nothing is added to that. What was read for a day that
    /// ended meanwhile says nothing of the next, so that the process does not know what the records say.
    func heardOf(_ scope: Budget.Scope, _ currency: Currency, at time: Timestamp, isNew: Bool, now: Timestamp) {
        let owner = BudgetOwner(scope: scope, currency: currency)
        if isNew { exceeded.insert(owner) }
        if CalendarUnit.day.start(of: time) != CalendarUnit.day.start(of: now) {
            outdated.insert(owner)
        } else if isNew {
            // What is loaded is not taken over where something is known already.
            outdated.remove(owner)
        }
    }

    // MARK: At the end

    func finalFault() -> String? {
        if answered.contains(where: { store.runs[$0] == nil }) { return "an answered run lost its record" }
        if accepted.contains(where: { store.purchases[$0] == nil }) { return "an accepted purchase is lost" }
        let refunds = Set(store.refunds.values.joined().map(\.id))
        if given.contains(where: { !refunds.contains($0) }) { return "a refund is lost" }
        let runScopes = store.runs.values.compactMap(\.scope)
        let purchaseScopes = store.purchaseOrder.compactMap { scopeOfPurchase[$0] }
        var counts: [IdempotencyScope: Int] = [:]
        for scope in runScopes + purchaseScopes {
            counts[scope, default: 0] += 1
            if counts[scope, default: 0] > 1 + prunedScopes[scope, default: 0] {
                return "key \(scope.key) has two records"
            }
        }
        return nil
    }
}
