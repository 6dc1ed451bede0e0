import Foundation
import MarketCore

@testable import Metering

/// Everything of one seed: clock, store, the process of the moment, and who trades. One call of ``step()`` does one thing:
/// a task's next step, the commit of a group, the acknowledgement of one write, a new operation or a crash.
final class SimulatedWorld: @unchecked Sendable {
    var chance: SimulatedChance
    var clock: SimulatedClock
    let market: SimulatedMarket
    let billing: BillingRule
    let executor = SimulatedExecutor()
    let store: SimulatedStore
    let witness: SimulationWitness
    private var life: SimulatedNode?
    private(set) var stepNumber = 0
    private(set) var crashes = 0
    /// The first thing that was wrong.
    private(set) var fault: String?
    private var needsRestart = false

    private let directory: String
    private let idleEntriesMax: Int
    private var recentCalls: [SimulatedCall] = []
    private var recentPurchases: [IdempotentRequest] = []
    private var keys = 0
    private var references = 0
    private var payouts = 0

    init(seed: UInt64) throws {
        var chance = SimulatedChance(seed: seed)
        clock = SimulatedClock(&chance)
        market = SimulatedMarket(&chance)
        billing = chance.oneIn(2) ? BillingRule() : BillingRule(billedVerdicts: ["ok", "failed", "cancelled"])
        idleEntriesMax = chance.oneIn(4) ? 6 : 1_000
        store = SimulatedStore(executor: executor, signer: chance.oneIn(16) ? SimulatedSigner() : nil)
        store.horizon = clock.wall.advanced(byMilliseconds: -IdempotencyRegistry.retentionMilliseconds)
        witness = SimulationWitness(store: store)
        self.chance = chance
        // In memory where there is such a place: only the process dies here, never the machine.
        let parent = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        directory = "\(parent)/claw-simulation-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        store.onPrune = { [unowned self] in
            if let fault = witness.pruned($0) { fail(fault) }
        }
        store.onBudgets = { [unowned self] in witness.heardOf($0, $1, at: $2, isNew: $3, now: clock.wall) }
        try start()
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    func fail(_ fault: String) {
        self.fault = self.fault ?? fault
    }

    func step() {
        stepNumber += 1
        clock.pass(&chance)
        witness.now = (stepNumber, clock.monotonicNanoseconds)
        let drawn = chance.below(1_024)
        if needsRestart || (drawn == 0 && chance.oneIn(4)) {
            crash()
        } else if store.unacknowledgedCount > 0, drawn < 300 {
            store.acknowledgeNext()
        } else if store.queuedCount > 0, store.unacknowledgedCount == 0, drawn < 300 {
            commit()
        } else if node.isRecovered, node.operations < 40, drawn < 420 {
            node.begin()
        } else if executor.readyCount > 0 {
            executor.runStep(at: chance.below(executor.readyCount))
        } else if store.unacknowledgedCount > 0 {
            store.acknowledgeNext()
        } else if store.queuedCount > 0 {
            commit()
        }
        if stepNumber & 31 == 0 { check(witness.check(node, clock.temper)) }
        if stepNumber & 16_383 == 0 { check(SimulationAudit(store).fault()) }
    }

    /// Ends the last process, and looks at everything once more.
    func finish() {
        die()
        check(SimulationAudit(store).fault())
        check(witness.finalFault())
    }

    private func check(_ fault: String?) {
        if let fault { fail(fault) }
    }

    private func commit() {
        store.commit(1 + chance.below(store.queuedCount), fails: chance.oneIn(40))
    }

    // MARK: Lives of the process

    func restart(_ dead: SimulatedNode) {
        if !dead.isDead { needsRestart = true }
    }

    private func crash() {
        needsRestart = false
        crashes += 1
        let path = "\(directory)/\(crashes - 1)"
        var journal = FileManager.default.contents(atPath: path) ?? Data()
        // The crash came while the line was written, so that nothing that follows a hold had begun.
        if let id = witness.justPlaced, chance.oneIn(2) {
            journal.removeLast(1 + chance.below(100))
            witness.torn(id)
        }
        die()
        try? FileManager.default.removeItem(atPath: path)
        do {
            try journal.write(to: URL(fileURLWithPath: "\(directory)/\(crashes)"))
            try start()
        } catch {
            fail("the journal cannot be opened again: \(error)")
        }
        check(SimulationAudit(store).fault())
    }

    /// All tasks of the process run to their ends without effect, so that nothing of it is left.
    private func die() {
        node.isDead = true
        store.crash(findsDoubtful: chance.oneIn(2)) {
            while executor.readyCount > 0 { executor.runStep(at: executor.readyCount - 1) }
        }
    }

    /// The process that lives now.
    private var node: SimulatedNode {
        guard let life else { preconditionFailure("a process is started before the first step") }
        return life
    }

    private func start() throws {
        let node = SimulatedNode(
            self, journal: try HoldJournal(path: "\(directory)/\(crashes)", rewriteBytes: 16_384),
            book: HoldBook(idleEntriesMax: idleEntriesMax))
        life = node
        executor.start { await node.recover() }
    }

    // MARK: What clients ask for

    func recentPurchase() -> Purchase? {
        guard !store.purchaseOrder.isEmpty else { return nil }
        return store.purchases[chance.element(store.purchaseOrder.suffix(24))]
    }

    func recentRun() -> SkillUsage.ID? {
        store.runOrder.isEmpty ? nil : chance.element(store.runOrder.suffix(64))
    }

    /// A call, or one of the last ones once more: most with the same body.
    func nextCall() -> SimulatedCall? {
        if !recentCalls.isEmpty, chance.oneIn(3) {
            let call = chance.element(recentCalls)
            guard let keyed = call.keyed, chance.oneIn(8) else { return call }
            let other = IdempotentRequest(scope: keyed.scope, fingerprint: SimulationWitness.hashes[1])
            return SimulatedCall(
                caller: call.caller, skill: call.skill, purchaseID: call.purchaseID, units: call.units, keyed: other)
        }
        let purchase = chance.oneIn(16) ? nil : recentPurchase()
        let skill =
            purchase.flatMap { purchase in market.skills.first { $0.id == purchase.skillID } }
            ?? chance.element(market.skills)
        let caller = purchase?.buyerID ?? skill.sellerID
        let units = purchase.map { 1 + Int64(chance.below(Int($0.pricing.unitsMax))) } ?? 1
        let isKeyed = chance.oneIn(2)
        let call = SimulatedCall(
            caller: caller, skill: skill, purchaseID: purchase?.id, units: units,
            keyed: isKeyed ? nextRequest(caller, skill.route) : nil)
        if isKeyed { Self.keep(call, in: &recentCalls) }
        return call
    }

    func nextPurchaseRequest(of buyer: Agent.ID) -> IdempotentRequest? {
        if let request = recentPurchases.last(where: { $0.scope.agentID == buyer }), chance.oneIn(2) { return request }
        let request = nextRequest(buyer, "POST /purchase")
        if let request { Self.keep(request, in: &recentPurchases) }
        return request
    }

    private func nextRequest(_ agent: Agent.ID, _ route: String) -> IdempotentRequest? {
        keys += 1
        return IdempotencyKey(stored: "key-\(keys)").map { key in
            IdempotentRequest(
                scope: IdempotencyScope(agentID: agent, route: route, key: key),
                fingerprint: SimulationWitness.hashes[0])
        }
    }

    private static func keep<Element>(_ element: Element, in recent: inout [Element]) {
        if recent.count == 16 { recent.removeFirst() }
        recent.append(element)
    }

    func nextCredit() -> CashRequest { nextCash("invoice", number: &references) }
    func nextPayout() -> CashRequest { nextCash("payout", number: &payouts) }

    /// A deposit or payout, or one of the last ones once more. A reference says who gets how much, but for mistakes.
    private func nextCash(_ name: String, number last: inout Int) -> CashRequest {
        let isNew = last == 0 || chance.oneIn(2)
        if isNew { last += 1 }
        let number = isNew ? last : max(1, last - chance.below(8))
        let base = Int64(1 + number * 37 % 200) * market.scale
        return CashRequest(
            agentID: market.agents[number % market.agents.count],
            amount: Money(
                base: chance.oneIn(16) ? base + 1 : base, currency: number.isMultiple(of: 2) ? .usdc : .sol),
            reference: "\(name)-\(number)", createdAt: clock.wall)
    }
}

/// Signs nothing: the order of a chain is looked at, not who signed it.
struct SimulatedSigner: ReceiptSigner {
    let keyID = "simulated"

    func signature(over bytes: [UInt8]) -> [UInt8] { [UInt8](repeating: 0, count: 64) }
}
