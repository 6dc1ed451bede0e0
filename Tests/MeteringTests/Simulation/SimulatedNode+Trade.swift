import MarketCore

@testable import Metering

extension SimulatedNode {
    func buy() async {
        let skill = world.chance.element(world.market.skills)
        let buyer = world.chance.element(world.market.agents)
        guard buyer != skill.sellerID else { return }
        let request = world.chance.oneIn(2) ? world.nextPurchaseRequest(of: buyer) : nil
        guard let request else { return await pay(for: skill, buyer, nil) }
        switch await begin(request) {
        case .new:
            await pay(for: skill, buyer, request)
            registry.end(request.scope)
        case .replay(let outcome): note { $0.replayed(request, outcome) }
        case .mismatch: note { $0.mismatched(request) }
        case .inFlight, .full, nil: break
        }
    }

    private func pay(for skill: SimulatedMarket.Skill, _ buyer: Agent.ID, _ request: IdempotentRequest?) async {
        let now = world.clock.wall
        let kind: License.Kind = world.chance.element([.personal, .personal, .commercial, .enterprise])
        let pricing = skill.pricing.forLicense(kind)
        let period = pricing.interval.map { BillingPeriod(anchor: now, interval: $0, number: 0) }
        let own = world.chance.oneIn(3) ? Int64(world.chance.below(6)) : nil
        var purchase = Purchase(
            id: world.chance.id(), buyerID: buyer, sellerID: skill.sellerID, skillID: skill.id,
            amount: pricing.purchasePrice, pricing: pricing,
            license: License(
                kind: kind, expiresAt: period?.end,
                usageLimit: [own, pricing.prepaidUses].compactMap { $0 }.min()),
            trialLeft: pricing.trialCalls, subscription: period.map { _ in Subscription() }, status: .completed,
            createdAt: now)
        let outcome = StoredOutcome(status: 201, body: purchase.id.outcomeBody)
        for _ in 0..<2 {
            guard let record = try? PurchaseRecord(purchase: purchase, idempotency: request.map { ($0, outcome) })
            else { return fail("a purchase has no entries") }
            note { $0.tries(purchase, request, world.clock) }
            do throws(MeterError) {
                try await meter.purchase(record)
                return note { $0.bought(purchase, request, outcome) }
            } catch {
                guard case .store(.conflict("trialCalls")) = error else { return note { $0.refused(error) } }
                // The free runs went to an earlier purchase.
                purchase.trialLeft = 0
            }
        }
        fail("a purchase without free runs is refused because of them")
    }

    func credit() async {
        let request = world.nextCredit()
        do throws(StoreError) {
            let credit = try await meter.credit(request)
            note { $0.credited(request, credit) }
        } catch {
            note { $0.creditRefused(request, error) }
        }
    }

    func payOut() async {
        let request = world.nextPayout()
        do throws(MeterError) {
            let payout = try await meter.payOut(request)
            note { $0.paidOut(request, payout) }
        } catch {
            note { $0.payoutRefused(request, error) }
        }
    }

    func renewDue() async {
        let now = world.clock.wall
        guard let due = try? await world.store.dueRenewals(before: now, after: nil, limit: 0) else { return }
        for purchase in due {
            if let end = purchase.usableUntil, end <= now {
                _ = try? await world.store.setRenewal(purchase.id, renews: false)
                continue
            }
            guard let record = try? RenewalRecord(purchase, at: now) else { return fail("a renewal has no entries") }
            do throws(MeterError) {
                let renewed = try await meter.renew(record)
                note { $0.renewed(renewed, record) }
            } catch {
                if case .store(.conflict("subscription")) = error { continue }
                note { $0.refused(error) }
            }
        }
    }

    func switchRenewal() async {
        guard let purchase = world.recentPurchase(), purchase.status == .completed else { return }
        _ = try? await world.store.setRenewal(purchase.id, renews: world.chance.oneIn(2))
    }

    func upgrade() async {
        guard let recent = world.recentPurchase(),
            let skill = world.market.skills.first(where: { $0.id == recent.skillID })
        else { return }
        let kind = world.chance.element([nil, License.Kind.commercial, .enterprise])
        let more = world.chance.oneIn(2) ? Int64(world.chance.below(8)) : nil
        for _ in 0..<8 {
            let now = world.clock.wall
            guard let purchase = world.store.purchases[recent.id], purchase.status == .completed,
                let change = try? LicenseUpgrade(
                    of: purchase, to: kind,
                    usageLimit: more.flatMap { more in purchase.license.usageLimit.map { $0 + more } },
                    at: skill.pricing, now: now)
            else { return }
            guard let record = try? UpgradeRecord(change, of: purchase, id: world.chance.id(), at: now) else {
                return fail("an upgrade has no entries")
            }
            do throws(MeterError) {
                let upgraded = try await meter.upgrade(record)
                return note { $0.upgraded(upgraded, record) }
            } catch {
                if case .store(.conflict("upgrade")) = error { continue }
                return note { $0.refused(error) }
            }
        }
    }

    func refund() async {
        if world.chance.oneIn(2), let id = world.recentRun(), let run = world.store.runs[id],
            let purchase = run.usage.purchaseID.flatMap({ world.store.purchases[$0] })
        {
            await refund(of: purchase, endsAfter: nil) { [(.usage(id), run.usage.cost)] }
        } else if let purchase = world.recentPurchase() {
            for _ in 0..<8 {
                guard let last = world.store.payments[purchase.id]?.last else { return }
                let isDone = await refund(of: purchase, endsAfter: last.id) {
                    world.store.payments[purchase.id, default: []].reversed()
                        .filter { $0.period?.end == last.period?.end }.map { (.payment($0.id), $0.amount) }
                }
                if isDone { return }
            }
        }
    }

    /// Gives back all that is left of some payments, or a part of it.
    /// - Returns: false when another refund or payment came first.
    @discardableResult
    private func refund(
        of purchase: Purchase, endsAfter: Payment.ID?, _ read: () -> [(target: Refund.Target, paid: Money)]
    ) async -> Bool {
        guard let earlier = try? await world.store.refunds(of: purchase.id) else { return true }
        let payments = read()
        let before = payments.map { payment in
            earlier.filter { $0.target == payment.target }.reduce(0) { $0 + $1.amount.base }
        }
        let left = zip(payments, before).map { $0.paid.base - $1 }
        let all = left.reduce(0, +)
        guard all > 0 else { return true }
        var rest = world.chance.oneIn(2) ? all : 1 + Int64(world.chance.below(Int(all)))
        let isAll = rest == all
        let returnsFee = world.chance.oneIn(2)
        var refunds: [Refund] = []
        for (index, payment) in payments.enumerated() where rest > 0 && left[index] > 0 {
            let base = min(rest, left[index])
            guard
                let refund = try? Refund(
                    id: world.chance.id(), target: payment.target, purchaseID: purchase.id,
                    buyerID: purchase.buyerID, sellerID: purchase.sellerID,
                    amount: Money(base: base, currency: payment.paid.currency), of: payment.paid,
                    before: Money(base: before[index], currency: payment.paid.currency), returnsFee: returnsFee,
                    reason: "r", createdAt: world.clock.wall)
            else {
                fail("a refund of \(base) of \(payment.paid) after \(before[index]) is refused")
                return true
            }
            refunds.append(refund)
            rest -= base
        }
        guard let record = try? RefundRecord(refunds, endsAfter: isAll ? endsAfter : nil) else {
            fail("a refund has no entries")
            return true
        }
        do throws(MeterError) {
            _ = try await meter.refund(record)
            for refund in refunds { note { $0.refunded(refund) } }
        } catch {
            if case .store(.conflict("refund")) = error { return false }
            note { $0.refused(error) }
        }
        return true
    }

    func setBudget() async {
        let currency = world.chance.element(Currency.allCases)
        let agent = world.chance.element(world.market.agents)
        var scope = Budget.Scope.agent(agent)
        var unit = currency
        if world.chance.oneIn(2), let purchase = world.recentPurchase() {
            scope = .license(purchase.id)
            unit = purchase.amount.currency
        }
        let base = Int64(world.chance.below(300)) * world.market.scale
        let limit = world.chance.oneIn(3) ? nil : Money(base: base, currency: unit)
        _ = try? await meter.setBudget(
            scope, world.chance.element(Budget.Period.allCases), unit, limit: limit, at: world.clock.wall)
    }

    func prune() async {
        let start = world.witness.now.nanoseconds
        note { $0.pruneStarts() }
        _ = try? await registry.prune(now: world.clock.wall, instant: world.clock.instant)
        note { $0.pruneEnds(start) }
    }
}
