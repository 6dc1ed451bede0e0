import Fields
import MarketCore
import Metering
import Synchronization

/// One run of a workflow: what it is called with, what it may cost whom, and what of it was done before a crash.
struct WorkflowRun: Sendable {
    let request: ExecuteRequest
    let skill: Skill
    let endpoint: Endpoint
    let purchase: Purchase?
    let quote: RunQuote
    let keyed: IdempotentRequest?
    let interrupted: InterruptedWorkflow?
    private(set) var legs: [BoundLeg]
    /// Legs that are not called again.
    let settled: [WorkflowLeg.Key: SettledStep]
    /// What is left of the price.
    private let due: Money
    var holds: HoldGroup
    let ledger = WorkflowLedger()

    init(
        request: ExecuteRequest, skill: Skill, endpoint: Endpoint, purchase: Purchase?, quote: RunQuote,
        keyed: IdempotentRequest?, interrupted: InterruptedWorkflow?, legs: [BoundLeg]
    ) {
        self.request = request
        self.skill = skill
        self.endpoint = endpoint
        self.purchase = purchase
        self.quote = quote
        self.keyed = keyed
        self.interrupted = interrupted
        self.legs = legs
        settled = Dictionary(
            (interrupted?.steps ?? []).map { (WorkflowLeg.Key(step: $0.step, isFallback: $0.isFallback), $0) },
            uniquingKeysWith: { first, _ in first })
        // What the buyer has paid of it already is not held again.
        due = Money(
            base: max(0, quote.amount.base - (interrupted?.sharedBase ?? 0)), currency: quote.amount.currency)
        holds = HoldGroup(whole: Self.whole(request, skill, endpoint, purchase, due, keyed), steps: [])
    }

    /// The first execution of it.
    var id: SkillUsage.ID { interrupted?.run ?? holds.whole.id }

    var isShared: Bool { legs.contains(where: \.isShared) }

    var resumption: WorkflowResumption? {
        keyed.map { WorkflowResumption(request: $0, version: skill.latest.version) }
    }

    func bound(_ key: WorkflowLeg.Key) -> BoundLeg? { legs.first { $0.key == key } }

    /// Whether nothing is left to be called of a leg: it has ended, or the step that it would stand in for went well.
    func isSettled(_ key: WorkflowLeg.Key) -> Bool {
        if settled[key] != nil { return true }
        return key.isFallback && settled[WorkflowLeg.Key(step: key.step, isFallback: false)]?.usage.verdict == "ok"
    }

    // MARK: Who pays

    /// Has the buyer pay the steps out of the price, where the workflow says so and the price covers them all.
    mutating func share(_ workflow: Workflow) {
        // What is counted in the result is not known before.
        guard workflow.payer == .buyer, purchase != nil, quote.units != nil else { return }
        let whole = holds.whole.amount
        var sum: Int64 = 0
        var shared = legs
        for index in legs.indices where !isSettled(legs[index].key) {
            let leg = legs[index]
            guard leg.canShare(in: whole.currency, with: request.caller) else { continue }
            shared[index].isShared = true
            sum = min(.max - leg.max.base, sum) + leg.max.base
        }
        guard sum <= whole.base else { return }
        legs = shared
    }

    mutating func unshare() {
        for index in legs.indices { legs[index].isShared = false }
    }

    /// One hold for what the buyer pays, and one for each step that the author pays.
    mutating func makeHolds() {
        let whole = Self.whole(request, skill, endpoint, purchase, due, keyed)
        // The steps name it.
        holds = HoldGroup(whole: whole, steps: [])
        holds = HoldGroup(
            whole: whole,
            steps: legs.filter { !$0.isShared && !isSettled($0.key) }.map { leg in
                Hold(
                    id: .new(), purchaseID: leg.purchase?.id, skillID: leg.skill.id, buyerID: skill.agentID,
                    sellerID: leg.skill.agentID, endpoint: leg.endpoint.path, amount: leg.max,
                    concurrentMax: leg.purchase?.license.kind.concurrentRunsMax, requestSize: 0,
                    requestHash: whole.requestHash, createdAt: whole.createdAt, step: record(leg))
            })
    }

    private static func whole(
        _ request: ExecuteRequest, _ skill: Skill, _ endpoint: Endpoint, _ purchase: Purchase?, _ due: Money,
        _ keyed: IdempotentRequest?
    ) -> Hold {
        Hold(
            id: .new(), purchaseID: purchase?.id, skillID: skill.id, buyerID: request.caller, sellerID: skill.agentID,
            endpoint: endpoint.path, amount: due, concurrentMax: purchase?.license.kind.concurrentRunsMax,
            requestSize: Int64(request.payload.serialized().count), requestHash: request.hash, idempotency: keyed,
            createdAt: .now, isWorkflow: true)
    }

    private func record(_ leg: BoundLeg) -> WorkflowStepRecord {
        WorkflowStepRecord(
            run: id, step: leg.key.step, isFallback: leg.key.isFallback, version: leg.skill.latest.version,
            isShared: leg.isShared, isFinal: false)
    }

    /// What a leg runs under: its own hold, with the request as it is now known, or a share of the whole.
    func hold(for leg: WorkflowLeg, _ bound: BoundLeg) -> Hold? {
        let hash = BodyHash(of: leg.payload)
        if bound.isShared {
            return Hold(
                id: .new(), purchaseID: purchase?.id, skillID: bound.skill.id, buyerID: request.caller,
                sellerID: bound.skill.agentID, endpoint: bound.endpoint.path, amount: bound.max,
                requestSize: Int64(leg.payload.count), requestHash: hash, createdAt: .now, step: record(bound))
        }
        let placed = holds.steps.first { hold in
            hold.step?.step == leg.step.id && hold.step?.isFallback == leg.isFallback
        }
        return placed?.asking(size: Int64(leg.payload.count), hash: hash)
    }

    /// What the report of the whole says of its steps.
    func json(_ end: WorkflowEnd) -> JSONValue {
        let legs = end.legs.map { key, end -> JSONValue in
            [
                "step": .string(key.step), "fallback": .bool(key.isFallback), "verdict": end.verdict.json,
                "executionId": .optional(end.execution?.description), "resumed": .bool(settled[key] != nil),
            ]
        }
        return .array(
            legs + end.skipped.map { ["step": .string($0), "fallback": false, "verdict": nil, "skipped": true] })
    }
}

/// What happens to the holds of one run while its steps go on side by side.
final class WorkflowLedger: Sendable {
    private let state = Mutex((begun: Set<SkillUsage.ID>(), sharedBase: Int64(0)))

    /// The hold is settled by whoever runs its step.
    func begin(_ id: SkillUsage.ID) { state.withLock { _ = $0.begun.insert(id) } }
    func hasBegun(_ id: SkillUsage.ID) -> Bool { state.withLock { $0.begun.contains(id) } }
    /// A share of the price was paid.
    func add(_ cost: Money) { state.withLock { $0.sharedBase += cost.base } }
    var sharedBase: Int64 { state.withLock { $0.sharedBase } }
}
