import MarketCore
import Metering

extension SimulatedStore {
    func settle(
        _ settlement: Settlement, onCommit: @escaping @Sendable (SettledRun) -> Void
    ) async throws(StoreError) -> SettledRun {
        try await write({ store throws(StoreError) in try store.settled(settlement) }, onCommit: onCommit)
    }

    private func settled(_ settlement: Settlement) throws(StoreError) -> SettledRun {
        let usage = settlement.usage
        let scope = settlement.idempotency?.scope
        if let run = runs[usage.id] {
            let recorded = scope.flatMap { outcomes[$0]?.outcome }
            return SettledRun(
                usage: run.usage, receipt: run.receipt, outcome: recorded ?? settlement.response(run.receipt),
                countsUse: run.countsUse, alreadySettled: true)
        }
        let changes = try changes(settlement.transfers, of: usage.cost)
        if settlement.countsUse {
            guard let id = usage.purchaseID, var purchase = purchases[id] else { throw .missing("purchase") }
            purchase.license.currentUsage += 1
            if settlement.isTrial { purchase.trialLeft -= 1 }
            guard purchase.trialLeft >= 0 else { throw .refused("no more free runs are used than were given") }
            purchases[id] = purchase
        }
        let chain = ReceiptChain(of: usage)
        let end = chainEnds[chain]
        let number = (end?.number ?? 0) + 1
        let receipt = receipt(settlement, number, after: end?.receipt)
        apply(changes, settlement.transfers)
        runs[usage.id] = Run(
            usage: usage, countsUse: settlement.countsUse, isTrial: settlement.isTrial, chain: chain, number: number,
            receipt: receipt, scope: scope)
        runOrder.append(usage.id)
        chainEnds[chain] = (number, receipt)
        add(usage, chain)
        let outcome = settlement.response(receipt)
        if let request = settlement.idempotency, outcomes[request.scope] == nil {
            outcomes[request.scope] = RecordedOutcome(
                fingerprint: request.fingerprint, outcome: outcome, createdAt: settlement.answeredAt)
        }
        return SettledRun(
            usage: usage, receipt: receipt, outcome: outcome, countsUse: settlement.countsUse, alreadySettled: false)
    }

    private func receipt(_ settlement: Settlement, _ number: Int64, after previous: String?) -> String {
        guard let signer else { return "" }
        let draft = ReceiptDraft(
            usage: settlement.usage, requestHash: settlement.requestHash, responseHash: settlement.responseHash,
            signer: signer)
        return (try? draft.signed(number: number, previous: previous.map { BodyHash(of: $0.utf8) })) ?? ""
    }

    private func add(_ usage: SkillUsage, _ chain: ReceiptChain) {
        for unit in CalendarUnit.allCases {
            let start = unit.start(of: usage.timestamp)
            for chain in [nil, chain] {
                let key = TotalKey(
                    unit: unit, start: start, agentID: usage.agentID, chain: chain, currency: usage.cost.currency)
                totals[key, default: Total()].calls += 1
                totals[key, default: Total()].cost += usage.cost.base
            }
        }
    }

    func record(_ record: PurchaseRecord, onCommit: @escaping @Sendable () -> Void) async throws(StoreError) {
        try await write({ store throws(StoreError) in try store.recorded(record) }, onCommit: onCommit)
    }

    private func recorded(_ record: PurchaseRecord) throws(StoreError) {
        let purchase = record.purchase
        guard purchases[purchase.id] == nil else { throw .conflict(field: "id") }
        let trial = Trial(buyerID: purchase.buyerID, skillID: purchase.skillID)
        if purchase.trialLeft > 0, trials.contains(trial) { throw .conflict(field: "trialCalls") }
        if let (request, _) = record.idempotency, outcomes[request.scope] != nil {
            throw .conflict(field: "idempotencyKey")
        }
        let changes = try changes(record.transfers, of: purchase.amount)
        apply(changes, record.transfers)
        if purchase.trialLeft > 0 { trials.insert(trial) }
        purchases[purchase.id] = purchase
        purchaseOrder.append(purchase.id)
        if let payment = record.payment { add(payment, of: purchase) }
        if let (request, outcome) = record.idempotency {
            outcomes[request.scope] = RecordedOutcome(
                fingerprint: request.fingerprint, outcome: outcome, createdAt: purchase.createdAt)
        }
    }

    private func add(_ payment: Payment, of purchase: Purchase) {
        payments[purchase.id, default: []].append(payment)
        paymentsByBuyer[purchase.buyerID, default: []].append(payment)
    }

    func renew(
        _ renewal: RenewalRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase {
        try await write({ store throws(StoreError) in try store.renewed(renewal) }, onCommit: { _ in onCommit() })
    }

    private func renewed(_ renewal: RenewalRecord) throws(StoreError) -> Purchase {
        let payment = renewal.payment
        guard var purchase = purchases[renewal.purchase.id], var subscription = purchase.subscription,
            purchase.nextPaymentNumber == payment.number, purchase.upgrades == renewal.purchase.upgrades,
            subscription.renews, purchase.status == .completed
        else { throw .conflict(field: "subscription") }
        let changes = try changes(renewal.transfers, of: payment.amount)
        apply(changes, renewal.transfers)
        subscription.periodsPaid += 1
        purchase.subscription = subscription
        purchase.license.expiresAt = payment.period?.end
        purchases[purchase.id] = purchase
        add(payment, of: purchase)
        return purchase
    }

    func upgrade(
        _ record: UpgradeRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase {
        try await write({ store throws(StoreError) in try store.upgraded(record) }, onCommit: { _ in onCommit() })
    }

    private func upgraded(_ record: UpgradeRecord) throws(StoreError) -> Purchase {
        let before = record.purchase
        guard var purchase = purchases[before.id], purchase.upgrades == before.upgrades,
            purchase.subscription?.periodsPaid == before.subscription?.periodsPaid, purchase.status == .completed
        else { throw .conflict(field: "upgrade") }
        let changes = try changes(record.transfers, of: record.upgrade.amount)
        apply(changes, record.transfers)
        let (license, used) = (record.upgraded.license, purchase.license.currentUsage)
        purchase.license = license
        purchase.license.currentUsage = used
        purchase.pricing = record.upgraded.pricing
        purchase.upgrades += 1
        purchases[purchase.id] = purchase
        upgrades[purchase.id, default: []].append(record.upgrade)
        if let payment = record.payment { add(payment, of: purchase) }
        return purchase
    }

    func refund(
        _ record: RefundRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase {
        try await write({ store throws(StoreError) in try store.refunded(record) }, onCommit: { _ in onCommit() })
    }

    private func refunded(_ record: RefundRecord) throws(StoreError) -> Purchase {
        guard var purchase = purchases[record.purchaseID] else { throw .missing("purchase") }
        for refund in record.refunds {
            let earlier = refunds[purchase.id, default: []].filter { $0.target == refund.target }
            let before = earlier.reduce(0) { $0 + $1.amount.base }
            guard before == refund.refundedBefore.base else { throw .conflict(field: "refund") }
        }
        if let payment = record.endsAfter {
            guard payments[purchase.id]?.last?.id == payment else { throw .conflict(field: "refund") }
        }
        let changes = try changes(record.transfers, of: record.amount)
        apply(changes, record.transfers)
        refunds[purchase.id, default: []] += record.refunds
        if record.endsAfter != nil, purchase.status == .completed {
            purchase.status = .refunded
            purchase.subscription?.renews = false
            purchase.revocationEpoch += 1
            purchases[purchase.id] = purchase
        }
        return purchase
    }

    func setRenewal(_ id: Purchase.ID, renews: Bool) async throws(StoreError) -> Purchase {
        try await write { store throws(StoreError) in
            guard var purchase = store.purchases[id] else { throw .missing("purchase") }
            if !renews || purchase.status == .completed { purchase.subscription?.renews = renews }
            store.purchases[id] = purchase
            return purchase
        }
    }

    func credit(
        _ request: CashRequest, onCommit: @escaping @Sendable (RecordedCash) -> Void
    ) async throws(StoreError) -> RecordedCash {
        try await write({ store throws(StoreError) in try store.credited(request) }, onCommit: onCommit)
    }

    func payOut(
        _ request: CashRequest, onCommit: @escaping @Sendable (RecordedCash) -> Void
    ) async throws(StoreError) -> RecordedCash {
        try await write({ store throws(StoreError) in try store.paidOut(request) }, onCommit: onCommit)
    }

    func payout(_ request: CashRequest) async throws(StoreError) -> RecordedCash? {
        let result = await read { store in
            Result { () throws(StoreError) in try store.booked(store.payouts[request.reference], request) }
        }
        return try result.get()
    }

    private func credited(_ request: CashRequest) throws(StoreError) -> RecordedCash {
        if let earlier = try booked(credits[request.reference], request) { return earlier }
        let credit = try book(request, LedgerRules.credit)
        credits[request.reference] = credit.transfer
        return credit
    }

    private func paidOut(_ request: CashRequest) throws(StoreError) -> RecordedCash {
        if let earlier = try booked(payouts[request.reference], request) { return earlier }
        let payout = try book(request, LedgerRules.payout)
        payouts[request.reference] = payout.transfer
        return payout
    }

    private func booked(_ earlier: Transfer?, _ request: CashRequest) throws(StoreError) -> RecordedCash? {
        guard let earlier else { return nil }
        let account = Account.agent(request.agentID, request.amount.currency)
        guard [earlier.credit, earlier.debit].contains(account), earlier.amount == request.amount else {
            throw .conflict(field: "reference")
        }
        return RecordedCash(transfer: earlier, replayed: true, balance: balance(account))
    }

    private func book(
        _ request: CashRequest,
        _ rule: (Money, Agent.ID, String, Timestamp) throws(LedgerError) -> Transfer
    ) throws(StoreError) -> RecordedCash {
        let transfer: Transfer
        do throws(LedgerError) {
            transfer = try rule(request.amount, request.agentID, request.reference, request.createdAt)
        } catch {
            throw .refused(error.description)
        }
        let changes = try changes([transfer], of: transfer.amount)
        apply(changes, [transfer])
        return RecordedCash(
            transfer: transfer, replayed: false, balance: balance(.agent(request.agentID, request.amount.currency)))
    }

    func setBudget(
        _ scope: Budget.Scope, _ period: Budget.Period, _ currency: Currency, limit: Money?, at time: Timestamp,
        onCommit: @escaping @Sendable ([BudgetState]) -> Void
    ) async throws(StoreError) -> [BudgetState] {
        try await write { store throws(StoreError) in
            store.budgets[BudgetKey(scope: scope, period: period, currency: currency)] = limit?.base
            return store.budgetStates(scope, currency, at: time)
        } onCommit: { states in
            onCommit(states)
            self.onBudgets(scope, currency, time, true)
        }
    }

    func pruneOutcomes(before time: Timestamp) async throws(StoreError) -> Int64 {
        try await write { store throws(StoreError) in
            store.horizon = time
            let old = store.outcomes.filter { $0.value.createdAt < time }.map(\.key)
            store.onPrune(old)
            for scope in old { store.outcomes[scope] = nil }
            return Int64(old.count)
        }
    }

    // MARK: Entries

    func balance(_ account: Account) -> Money { Money(base: balances[account] ?? 0, currency: account.currency) }

    /// What the entries change each account by, when that leaves none below zero but the world outside.
    private func changes(_ transfers: [Transfer], of charged: Money) throws(StoreError) -> [Account: Int64] {
        guard transfers.reduce(0, { $0 + $1.amount.base }) == charged.base else { throw .refused("a wrong sum") }
        var changed: [Account: Int64] = [:]
        for transfer in transfers {
            changed[transfer.debit, default: 0] -= transfer.amount.base
            changed[transfer.credit, default: 0] += transfer.amount.base
        }
        for (account, change) in changed {
            let (balance, overflow) = (balances[account] ?? 0).addingReportingOverflow(change)
            guard !overflow else { throw .refused("a balance beyond 64 bits") }
            if case .deposits = account { continue }
            guard balance >= 0 else { throw .refused("a balance is never below zero: \(account)") }
        }
        return changed
    }

    private func apply(_ changes: [Account: Int64], _ transfers: [Transfer]) {
        for (account, change) in changes { balances[account, default: 0] += change }
        for transfer in transfers {
            entries.append(Entry(debit: transfer.debit, credit: transfer.credit, base: transfer.amount.base))
        }
    }
}
