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
        let pricing = skill.pricing
        let period = pricing.interval.map { BillingPeriod(anchor: now, interval: $0, number: 0) }
        let own = world.chance.oneIn(3) ? Int64(world.chance.below(6)) : nil
        var purchase = Purchase(
            id: world.chance.id(), buyerID: buyer, sellerID: skill.sellerID, skillID: skill.id,
            amount: pricing.purchasePrice, pricing: pricing,
            license: License(
                kind: world.chance.element([.personal, .personal, .enterprise]), expiresAt: period?.end,
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

    func refund() async {
        if world.chance.oneIn(2), let id = world.recentRun(), let run = world.store.runs[id],
            let purchase = run.usage.purchaseID.flatMap({ world.store.purchases[$0] })
        {
            await refund(.usage(id), run.usage.cost, of: purchase, endsLicense: false)
        } else if let purchase = world.recentPurchase(), let payment = world.store.payments[purchase.id]?.last {
            await refund(.payment(payment.id), payment.amount, of: purchase, endsLicense: true)
        }
    }

    private func refund(
        _ target: Refund.Target, _ paid: Money, of purchase: Purchase, endsLicense: Bool
    ) async {
        for _ in 0..<8 {
            guard let refunds = try? await world.store.refunds(of: purchase.id) else { return }
            let before = refunds.filter { $0.target == target }.reduce(0) { $0 + $1.amount.base }
            let left = paid.base - before
            guard left > 0 else { return }
            let base = world.chance.oneIn(2) ? left : 1 + Int64(world.chance.below(Int(left)))
            guard
                let refund = try? Refund(
                    id: world.chance.id(), target: target, purchaseID: purchase.id, buyerID: purchase.buyerID,
                    sellerID: purchase.sellerID, amount: Money(base: base, currency: paid.currency), of: paid,
                    before: Money(base: before, currency: paid.currency), returnsFee: world.chance.oneIn(2),
                    reason: "r", createdAt: world.clock.wall),
                let record = try? RefundRecord(refund, endsLicense: endsLicense && base == left)
            else { return fail("a refund of \(base) of \(paid) after \(before) is refused") }
            do throws(MeterError) {
                _ = try await meter.refund(record)
                return note { $0.refunded(refund) }
            } catch {
                if case .store(.conflict("refund")) = error { continue }
                return note { $0.refused(error) }
            }
        }
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
