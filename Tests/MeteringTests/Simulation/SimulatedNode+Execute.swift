import MarketCore
import Synchronization

@testable import Metering

extension SimulatedNode {
    func execute() async {
        guard let call = world.nextCall() else { return }
        guard let request = call.keyed else { return await run(call) }
        switch await begin(request) {
        case .new:
            await run(call)
            registry.end(request.scope)
        case .replay(let outcome): note { $0.replayed(request, outcome) }
        case .mismatch: note { $0.mismatched(request) }
        case .inFlight, .full, nil: break
        }
    }

    func begin(_ request: IdempotentRequest) async -> IdempotencyState? {
        note { $0.sent(request) }
        do throws(StoreError) {
            return try await registry.begin(request)
        } catch {
            fail("a key is not looked up: \(error)")
            return nil
        }
    }

    private func run(_ call: SimulatedCall) async {
        let agentRate = RateLimit(quota: 600, windowSeconds: 60, burst: 40)
        guard admit(.agent(call.caller), agentRate) else { return }
        // What the licence is now; it may end while the call goes on.
        let purchase = call.purchaseID.flatMap { world.store.purchases[$0] }
        if let purchase {
            guard purchase.status == .completed, purchase.usableUntil.map({ $0 > world.clock.wall }) ?? true else {
                return
            }
        }
        await world.executor.pause()
        guard let hold = await placed(call, purchase) else { return }
        await world.executor.pause()
        let licenseKey = purchase.map { RateKey.license($0.id) } ?? .owner(call.caller, call.skill.id)
        let isAdmitted = admit(licenseKey, RateLimit(quota: 60, windowSeconds: 60, burst: 10))
        if !isAdmitted || world.chance.oneIn(24) {
            note { $0.voided(hold) }
            meter.void(hold.id)
            return
        }
        note { $0.began(hold) }
        for _ in 0..<world.chance.below(5) { await world.executor.pause() }
        await book(call, hold)
    }

    private func admit(_ key: RateKey, _ limit: RateLimit) -> Bool {
        rates.admit([RateClaim(key: key, limit: limit)], now: world.clock.monotonicNanoseconds)[0].allowed
    }

    private func placed(_ call: SimulatedCall, _ purchase: Purchase?) async -> Hold? {
        let pricing = purchase?.pricing
        let unit = pricing?.unitPrice ?? .zero(call.skill.pricing.price.currency)
        let wanted = Hold(
            id: world.chance.id(), purchaseID: purchase?.id, skillID: call.skill.id, buyerID: call.caller,
            sellerID: call.skill.sellerID, endpoint: "/run",
            amount: Money(base: unit.base * call.units, currency: unit.currency),
            concurrentMax: purchase?.license.kind.concurrentRunsMax, requestSize: 10,
            requestHash: SimulationWitness.hashes[0], idempotency: call.keyed, createdAt: world.clock.wall)
        do throws(MeterError) {
            let hold = try await meter.reserve(wanted)
            note { $0.placed(hold, in: self) }
            return hold
        } catch {
            note { $0.refused(error) }
            return nil
        }
    }

    private func book(_ call: SimulatedCall, _ hold: Hold) async {
        let (usage, charge) = ended(call, hold)
        let isDoubled = world.chance.oneIn(16)
        if isDoubled {
            world.executor.start { [self] in
                await world.executor.pause()
                _ = try? await settle(usage, charge, hold)
                // As a stray call would: nothing may come of it.
                if meter.book.withLock({ $0.settling.contains(hold.id.uuid) }) { meter.void(hold.id) }
            }
        }
        while !isDead {
            note { $0.attempts(hold.idempotency, world.clock) }
            do throws(MeterError) {
                let run = try await settle(usage, charge, hold)
                note { $0.answered(run, usage, hold) }
                break
            } catch {
                switch error {
                case .store(.unavailable): break
                case .fault(.alreadySettling) where isDoubled: break
                case .fault(.unknown) where isDoubled: return note { $0.isBooked(hold) }
                default: return fail("a run is not booked: \(error)")
                }
            }
            await world.executor.pause()
        }
        guard world.chance.oneIn(8) else { return }
        do throws(MeterError) {
            _ = try await settle(usage, charge, hold)
            fail("a run is settled twice")
        } catch {
            guard case .fault(.unknown) = error else { return fail("a second settle fails otherwise: \(error)") }
        }
    }

    /// The answer is as old as the attempt to store it.
    private func settle(
        _ usage: SkillUsage, _ charge: BillingRule.Charge, _ hold: Hold
    ) async throws(MeterError) -> SettledRun {
        let outcome = StoredOutcome(status: usage.verdict == "ok" ? 200 : 502, body: hold.id.outcomeBody)
        let settlement: Settlement
        do throws(LedgerError) {
            settlement = try Settlement(
                usage: usage, sellerID: hold.sellerID, countsUse: charge.countsUse, isTrial: usage.isTrial,
                requestHash: hold.requestHash,
                responseHash: SimulationWitness.hashes[1], report: [], idempotency: hold.idempotency,
                answeredAt: world.clock.wall
            ) { _ in outcome }
        } catch {
            throw .store(.refused(error.description))
        }
        return try await meter.settle(settlement)
    }

    private func ended(_ call: SimulatedCall, _ hold: Hold) -> (SkillUsage, BillingRule.Charge) {
        let verdict = world.chance.element(["ok", "ok", "ok", "failed", "timeout", "cancelled"])
        let units = hold.purchaseID == nil ? 1 : Int64(world.chance.below(Int(call.units) + 1))
        let unit = call.skill.pricing.unitPrice
        let price = Money(base: min(unit.base * units, hold.amount.base), currency: unit.currency)
        let charge = world.billing.charge(verdict: verdict, price: price, byOwner: hold.purchaseID == nil)
        let usage = SkillUsage(
            id: hold.id, purchaseID: hold.purchaseID, skillID: hold.skillID, agentID: hold.buyerID,
            endpoint: hold.endpoint, requestSize: 10, responseSize: 10, durationMilliseconds: 1,
            cpuTimeMilliseconds: 1, peakMemoryBytes: 1, units: units, cost: charge.cost,
            isTrial: hold.isTrial && charge.countsUse, verdict: verdict, timestamp: world.clock.wall)
        return (usage, charge)
    }
}
