import MarketCore

@testable import Metering

/// Recounts everything that the store keeps from its records, as the real store's audit does.
struct SimulationAudit {
    private let store: SimulatedStore

    init(_ store: SimulatedStore) {
        self.store = store
    }

    func fault() -> String? {
        balances() ?? runs() ?? payments() ?? upgrades() ?? refunds() ?? totals()
    }

    private func balances() -> String? {
        var balances: [Account: Int64] = [:]
        for entry in store.entries {
            balances[entry.debit, default: 0] -= entry.base
            balances[entry.credit, default: 0] += entry.base
        }
        var sums: [Currency: Int64] = [:]
        for (account, balance) in balances {
            sums[account.currency, default: 0] += balance
            if account.kind != "deposits", balance < 0 { return "\(account) is \(balance)" }
        }
        if balances != store.balances { return "the balances are not what the entries add up to" }
        return sums.values.contains { $0 != 0 } ? "the accounts of a currency do not add up to zero" : nil
    }

    private func runs() -> String? {
        var uses: [Purchase.ID: (count: Int64, trials: Int64)] = [:]
        var ends: [ReceiptChain: (number: Int64, receipt: String)] = [:]
        for id in store.runOrder {
            guard let run = store.runs[id] else { return "a record is gone" }
            let end = ends[run.chain]
            if run.number != (end?.number ?? 0) + 1 { return "a chain goes on with \(run.number)" }
            if store.signer != nil {
                let previous = end.map { BodyHash(of: $0.receipt.utf8) }
                guard run.receipt.claims(number: run.number, after: previous) else {
                    return "a receipt does not name the one before"
                }
            }
            ends[run.chain] = (run.number, run.receipt)
            if run.isTrial, !run.usage.cost.isZero || !run.countsUse { return "a free run is charged" }
            guard run.countsUse, let purchase = run.usage.purchaseID else {
                if !run.usage.cost.isZero { return "a run that does not count is charged" }
                continue
            }
            uses[purchase, default: (0, 0)].count += 1
            if run.isTrial { uses[purchase, default: (0, 0)].trials += 1 }
        }
        for (id, purchase) in store.purchases {
            let (count, trials) = uses[id] ?? (0, 0)
            let license = purchase.license
            if license.currentUsage != count { return "a licence counts \(license.currentUsage) of \(count) uses" }
            if let limit = license.usageLimit, count > limit { return "\(count) uses exceed \(limit)" }
            if trials > purchase.pricing.trialCalls { return "\(trials) runs were free" }
            let given = purchase.trialLeft + trials
            if given != 0, given != purchase.pricing.trialCalls { return "free runs are lost" }
        }
        return nil
    }

    private func payments() -> String? {
        for (id, purchase) in store.purchases {
            let all = store.payments[id] ?? []
            if zip(all, all.dropFirst()).contains(where: { $0.number >= $1.number }) {
                return "the payments of a licence are not in order"
            }
            let payments = all.filter { $0.kind != .upgrade }
            guard !purchase.amount.isZero else {
                if !payments.isEmpty { return "a free licence has a payment" }
                continue
            }
            if payments.first?.number != 0 { return "the first payment of a licence is missing" }
            guard let subscription = purchase.subscription else {
                if payments.count != 1 { return "a licence is paid \(payments.count) times" }
                continue
            }
            if subscription.periodsPaid != Int64(payments.count) { return "a period is paid twice or not" }
            if purchase.license.expiresAt != all.last?.period?.end { return "a licence ends at another time" }
            for (earlier, later) in zip(payments, payments.dropFirst()) where earlier.period?.end != later.period?.start
            {
                return "two paid periods are not one after the other"
            }
        }
        return nil
    }

    /// Each upgrade goes on where the one before ended, the licence is what the last one says, and each has its payment.
    private func upgrades() -> String? {
        for (id, purchase) in store.purchases {
            let upgrades = store.upgrades[id] ?? []
            if purchase.upgrades != Int64(upgrades.count) { return "a licence counts \(purchase.upgrades) upgrades" }
            if zip(upgrades, upgrades.dropFirst()).contains(where: { $0.to != $1.from }) { return "an upgrade is lost" }
            let license = Upgrade.Terms(kind: purchase.license.kind, usageLimit: purchase.license.usageLimit)
            if let last = upgrades.last, last.to != license { return "a licence is not what its last upgrade says" }
            let payments = (store.payments[id] ?? []).filter { $0.kind == .upgrade }
            let paid = upgrades.filter { !$0.amount.isZero }
            if paid.map(\.id.uuid) != payments.map(\.id.uuid) || paid.map(\.amount) != payments.map(\.amount) {
                return "an upgrade's payment is another one"
            }
        }
        return nil
    }

    private func refunds() -> String? {
        for refunds in store.refunds.values {
            for (target, refunds) in Dictionary(grouping: refunds, by: \.target) {
                let paid: Int64? =
                    switch target {
                    case .usage(let id): store.runs[id]?.usage.cost.base
                    case .payment(let id): store.payments[refunds[0].purchaseID]?.first { $0.id == id }?.amount.base
                    }
                guard let paid else { return "something is given back that nobody paid" }
                let back = refunds.reduce(0) { $0 + $1.amount.base }
                // The platform gives what the split of the rest says, or where the seller gave all, nothing.
                let isSplit = refunds.allSatisfy { refund in
                    let left = paid - refund.refundedBefore.base
                    let fee = (left + 39) / 40 - (left - refund.amount.base + 39) / 40
                    return refund.feePart.base == 0 || refund.feePart.base == fee
                }
                if !isSplit { return "the platform gives another part of \(back)" }
                if back > paid { return "\(back) of \(paid) are given back" }
                if refunds.contains(where: { $0.sellerPart.base + $0.feePart.base != $0.amount.base }) {
                    return "a refund is not its two parts"
                }
            }
        }
        for (id, purchase) in store.purchases {
            let payments = (store.payments[id] ?? []).filter { $0.period?.end == purchase.license.expiresAt }
            let targets = payments.map { Refund.Target.payment($0.id) }
            let back = (store.refunds[id] ?? []).filter { targets.contains($0.target) }
                .reduce(0) { $0 + $1.amount.base }
            let paid = payments.reduce(0) { $0 + $1.amount.base }
            if paid > 0, (purchase.status == .refunded) != (back == paid) {
                return "\(back) of \(paid) are given back of a licence that is \(purchase.status)"
            }
        }
        return nil
    }

    private func totals() -> String? {
        var totals: [SimulatedStore.TotalKey: SimulatedStore.Total] = [:]
        for run in store.runs.values {
            let usage = run.usage
            for (unit, length) in [(CalendarUnit.hour, 3_600_000), (.day, 86_400_000)] as [(CalendarUnit, Int64)] {
                let start = Timestamp(milliseconds: usage.timestamp.milliseconds / length * length)
                for chain in [nil, run.chain] {
                    let key = SimulatedStore.TotalKey(
                        unit: unit, start: start, agentID: usage.agentID, chain: chain, currency: usage.cost.currency)
                    totals[key, default: SimulatedStore.Total()].calls += 1
                    totals[key, default: SimulatedStore.Total()].cost += usage.cost.base
                }
            }
        }
        let kept = store.totals.filter { $0.key.unit != .month }
        if kept != totals { return "sums of hours or days are not what a recount gives" }
        for (key, month) in store.totals where key.unit == .month {
            let end = key.start.advanced(byMonths: 1)
            let days = totals.filter { day in
                day.key.unit == .day && day.key.agentID == key.agentID && day.key.chain == key.chain
                    && day.key.currency == key.currency && day.key.start >= key.start && day.key.start < end
            }
            let calls = days.values.reduce(0) { $0 + $1.calls }
            let cost = days.values.reduce(0) { $0 + $1.cost }
            if month.calls != calls || month.cost != cost { return "the sum of a month is not that of its days" }
        }
        return nil
    }
}
