import MarketCore
import Synchronization

@testable import Metering

extension SimulationWitness {
    private struct Held {
        var base: Int64 = 0
        var spendingBase: Int64 = 0
        var count = 0
        var trials: Int64 = 0

        mutating func add(_ claim: HoldClaim) {
            base += claim.amount.base
            if claim.isSpending { spendingBase += claim.amount.base }
            count += 1
            if claim.isTrial { trials += 1 }
        }
    }

    /// Compares what the process keeps in memory with its open holds, and with the store whenever the process has heard
    /// of every write.
    func check(_ node: SimulatedNode, _ temper: SimulatedClock.Temper) -> String? {
        let isCurrent = store.unacknowledgedCount == 0
        return node.meter.book.withLock { book in
            var accounts: [HoldKeys.AccountKey: Held] = [:]
            var licenses: [Purchase.ID: Held] = [:]
            for claim in book.holds.values {
                if let key = claim.keys.account {
                    accounts[key, default: Held()].add(claim)
                    if book.accounts[key] == nil { return "an account with a hold was forgotten" }
                }
                if let key = claim.purchaseID {
                    licenses[key, default: Held()].add(claim)
                    if book.licenses[key] == nil { return "a licence with a hold was forgotten" }
                }
            }
            for (key, entry) in book.accounts {
                let held = accounts[key] ?? Held()
                if let fault = fault(entry, held, key, isCurrent) ?? fault(entry.budgets, held, temper) { return fault }
                if isCurrent, let fault = recount(entry.budgets, temper) { return fault }
            }
            for (id, entry) in book.licenses {
                let held = licenses[id] ?? Held()
                if let fault = fault(entry, held, id, isCurrent) ?? fault(entry.budgets, held, temper) { return fault }
                if isCurrent, let fault = recount(entry.budgets, temper) { return fault }
            }
            return nil
        }
    }

    private func fault(
        _ entry: HoldBook.AccountEntry, _ held: Held, _ key: HoldKeys.AccountKey, _ isCurrent: Bool
    ) -> String? {
        if entry.held != held.base || entry.holds != held.count {
            return "an account holds \(entry.held) in \(entry.holds), its open holds \(held.base) in \(held.count)"
        }
        if entry.heldSpending != held.spendingBase { return "a budget counts \(entry.heldSpending) as held" }
        if entry.held < 0 || entry.held > entry.balance { return "\(entry.held) of \(entry.balance) are held" }
        let stored = store.balance(.agent(key.agentID, key.currency)).base
        if isCurrent, entry.balance != stored { return "a balance is \(entry.balance) here and \(stored) in the store" }
        return nil
    }

    private func fault(
        _ entry: HoldBook.LicenseEntry, _ held: Held, _ id: Purchase.ID, _ isCurrent: Bool
    ) -> String? {
        if entry.held != Int64(held.count) || entry.heldBase != held.base || entry.heldTrials != held.trials {
            return "a licence counts \(entry.held) holds of \(entry.heldBase), there are \(held.count) of \(held.base)"
        }
        if let limit = entry.limit, entry.used + entry.held > limit {
            return "\(entry.used) used and \(entry.held) held exceed \(limit)"
        }
        if entry.heldTrials > entry.trialLeft { return "\(entry.heldTrials) of \(entry.trialLeft) free runs are held" }
        guard isCurrent, let purchase = store.purchases[id] else { return nil }
        if entry.limit != purchase.license.usageLimit { return "a licence's limit is another one in the store" }
        let isEqual = entry.used == purchase.license.currentUsage && entry.trialLeft == purchase.trialLeft
        return isEqual ? nil : "uses or free runs are \(entry.used), \(entry.trialLeft) here and others in the store"
    }

    /// Once a budget is kept again after it was set, it stays kept. What was read for an earlier day, also by a clock that
    /// was set back, may have been spent before the limit was set; nothing is held of it then.
    private func fault(_ budgets: [BudgetState], _ held: Held, _ temper: SimulatedClock.Temper) -> String? {
        guard let budget = budgets.first?.budget else { return nil }
        let owner = BudgetOwner(scope: budget.scope, currency: budget.limit.currency)
        guard let over = budgets.first(where: { $0.spentBase + held.spendingBase > $0.budget.limit.base }) else {
            exceeded.remove(owner)
            return nil
        }
        let isOutdated = temper == .leaping || outdated.contains(owner)
        guard !exceeded.contains(owner), held.spendingBase > 0 || !isOutdated else { return nil }
        return "\(over.spentBase) spent and \(held.spendingBase) held exceed the budget of \(over.budget.limit)"
    }

    /// By a clock that only goes on, no less is spent than the records say. By a calm one it is no more than they say of
    /// this period and the one before: a run that ended at midnight may be booked after it.
    private func recount(_ budgets: [BudgetState], _ temper: SimulatedClock.Temper) -> String? {
        guard temper != .leaping, let budget = budgets.first?.budget else { return nil }
        guard !outdated.contains(BudgetOwner(scope: budget.scope, currency: budget.limit.currency)) else { return nil }
        for state in budgets {
            let spent = recorded(state, from: state.periodStart)
            let before = recorded(
                state, from: state.budget.period.unit.start(of: state.periodStart.advanced(byMilliseconds: -1)))
            guard spent <= state.spentBase, temper != .calm || state.spentBase <= spent + before else {
                return "\(state.spentBase) are said to be spent of a budget, the records say \(spent)"
            }
        }
        return nil
    }

    private func recorded(_ state: BudgetState, from start: Timestamp) -> Int64 {
        let (scope, period, currency) = (state.budget.scope, state.budget.period, state.budget.limit.currency)
        let runs = store.spent(scope, period, currency, from: start)
        guard case .agent(let id) = scope else { return runs }
        return runs + store.paid(by: id, currency, from: start, to: period.unit.end(of: start))
    }
}
