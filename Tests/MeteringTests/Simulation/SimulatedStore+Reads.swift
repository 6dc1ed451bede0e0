import MarketCore
import Metering

extension SimulatedStore: MeteringStore {
    func load(
        _ keys: HoldKeys, at time: Timestamp, onCommit: @escaping @Sendable (HoldState) -> Void
    ) async throws(StoreError) -> HoldState {
        try await write { store throws(StoreError) in
            store.state(keys, at: time)
        } onCommit: { state in
            onCommit(state)
            if let key = keys.account { self.onBudgets(.agent(key.agentID), key.currency, time, false) }
            if let id = keys.purchaseID, let purchase = self.purchases[id] {
                self.onBudgets(.license(id), purchase.amount.currency, time, false)
            }
        }
    }

    private func state(_ keys: HoldKeys, at time: Timestamp) -> HoldState {
        let license = keys.purchaseID.flatMap { purchases[$0] }
        return HoldState(
            keys: keys,
            balanceBase: keys.account.map { balance(.agent($0.agentID, $0.currency)).base } ?? 0,
            budgets: keys.account.map { budgetStates(.agent($0.agentID), $0.currency, at: time) } ?? [],
            license: license.map { purchase in
                HoldState.License(
                    usageLimit: purchase.license.usageLimit, currentUsage: purchase.license.currentUsage,
                    trialLeft: purchase.trialLeft,
                    budgets: budgetStates(.license(purchase.id), purchase.amount.currency, at: time))
            })
    }

    func budgetStates(_ scope: Budget.Scope, _ currency: Currency, at time: Timestamp) -> [BudgetState] {
        Budget.Period.allCases.compactMap { period in
            guard let limit = budgets[BudgetKey(scope: scope, period: period, currency: currency)] else { return nil }
            let budget = Budget(scope: scope, period: period, limit: Money(base: limit, currency: currency))
            let start = period.unit.start(of: time)
            var spent = spent(scope, period, currency, from: start)
            if case .agent(let id) = scope { spent += paid(by: id, currency, from: start, to: nil) }
            return BudgetState(budget: budget, spentBase: spent, at: time)
        }
    }

    /// What runs cost in one period.
    func spent(_ scope: Budget.Scope, _ period: Budget.Period, _ currency: Currency, from start: Timestamp) -> Int64 {
        let (agentID, chain): (Agent.ID?, ReceiptChain?) =
            switch scope {
            case .agent(let id): (id, nil)
            case .license(let id): (purchases[id]?.buyerID, .purchase(id))
            }
        return agentID.flatMap { agentID in
            totals[
                TotalKey(unit: period.unit, start: start, agentID: agentID, chain: chain, currency: currency)]?.cost
        } ?? 0
    }

    /// What purchases and renewals cost in one period.
    func paid(by agent: Agent.ID, _ currency: Currency, from start: Timestamp, to end: Timestamp?) -> Int64 {
        var sum: Int64 = 0
        for payment in paymentsByBuyer[agent] ?? [] where payment.amount.currency == currency {
            guard payment.createdAt >= start, end.map({ payment.createdAt < $0 }) ?? true else { continue }
            sum += payment.amount.base
        }
        return sum
    }

    func payments(of purchase: Purchase.ID) async throws(StoreError) -> [Payment] {
        await read { $0.payments[purchase] ?? [] }
    }

    func upgrades(of purchase: Purchase.ID) async throws(StoreError) -> [Upgrade] {
        await read { $0.upgrades[purchase] ?? [] }
    }

    func refunds(of purchase: Purchase.ID) async throws(StoreError) -> [Refund] {
        await read { $0.refunds[purchase] ?? [] }
    }

    func refunds(of target: Refund.Target) async throws(StoreError) -> [Refund] {
        await read { $0.refunds.values.flatMap { $0 }.filter { $0.target == target } }
    }

    func dueRenewals(
        before time: Timestamp, after last: Purchase?, limit: Int
    ) async throws(StoreError) -> [Purchase] {
        await read { store in
            store.purchaseOrder.compactMap { store.purchases[$0] }.filter { purchase in
                purchase.subscription?.renews == true && purchase.license.expiresAt.map { $0 < time } ?? false
            }
        }
    }

    func settled(among ids: [SkillUsage.ID]) async throws(StoreError) -> Set<SkillUsage.ID> {
        await read { store in Set(ids.filter { store.runs[$0] != nil }) }
    }

    func lookUp(
        _ scope: IdempotencyScope
    ) async throws(StoreError) -> (recorded: RecordedOutcome?, agentBytes: Int64) {
        await read { ($0.outcomes[scope], 0) }
    }

    func outcomeHorizon() async throws(StoreError) -> Timestamp? {
        await read(\.horizon)
    }

    func balance(of agent: Agent.ID, in currency: Currency) async throws(StoreError) -> Money {
        await read { $0.balance(.agent(agent, currency)) }
    }

    // MARK: What no operation asks for

    func balances(of agent: Agent.ID) async throws(StoreError) -> [Money] { throw Self.notSimulated }
    func platformBalances() async throws(StoreError) -> [Money] { throw Self.notSimulated }
    func budgets(of agent: Agent.ID, at time: Timestamp) async throws(StoreError) -> [BudgetState] {
        throw Self.notSimulated
    }
    func usage(_ query: UsageQuery) async throws(StoreError) -> Page<SkillUsage> { throw Self.notSimulated }
    func usageSummaries(_ query: UsageSummaryQuery) async throws(StoreError) -> Page<UsageSummary> {
        throw Self.notSimulated
    }
    func pruneReports(before time: Timestamp) async throws(StoreError) -> Int64 { throw Self.notSimulated }
    func execution(_ id: SkillUsage.ID) async throws(StoreError) -> StoredExecution? { throw Self.notSimulated }
    func receipts(
        of chain: ReceiptChain, after number: Int64, limit: Int
    ) async throws(StoreError) -> [String] { throw Self.notSimulated }
    func totals() async throws(StoreError) -> MeteringTotals { throw Self.notSimulated }
    func topUps(of agent: Agent.ID) async throws(StoreError) -> [TopUp] { throw Self.notSimulated }
    func set(topUp: TopUp) async throws(StoreError) { throw Self.notSimulated }
    func removeTopUp(of agent: Agent.ID, in currency: Currency) async throws(StoreError) { throw Self.notSimulated }
    func dueTopUps(askedBefore time: Timestamp, limit: Int) async throws(StoreError) -> [TopUp] {
        throw Self.notSimulated
    }
    func noteAsked(_ topUp: TopUp, at time: Timestamp) async throws(StoreError) -> Bool { throw Self.notSimulated }
    func verifyLedger() async throws(StoreError) -> LedgerCheck { throw Self.notSimulated }

    private static var notSimulated: StoreError { .unavailable("the simulation has no such table") }
}
