import MarketCore
import Metering

/// What the store's tables are, in memory, with the rules that its schema and statements guard; nothing of what
/// `HoldBook` decides. Writes wait in a queue until a group of them is committed; what a crash finds there is lost.
final class SimulatedStore: @unchecked Sendable {
    struct Run {
        let usage: SkillUsage
        let countsUse: Bool
        let isTrial: Bool
        let chain: ReceiptChain
        let number: Int64
        let receipt: String
        let scope: IdempotencyScope?
    }

    struct Entry {
        let debit: Account
        let credit: Account
        let base: Int64
    }

    struct TotalKey: Hashable {
        let unit: CalendarUnit
        let start: Timestamp
        let agentID: Agent.ID
        /// Nil in the sum of all that an agent ran.
        let chain: ReceiptChain?
        let currency: Currency
    }

    struct Total: Equatable {
        var calls: Int64 = 0
        var cost: Int64 = 0
    }

    struct BudgetKey: Hashable {
        let scope: Budget.Scope
        let period: Budget.Period
        let currency: Currency
    }

    struct Trial: Hashable {
        let buyerID: Agent.ID
        let skillID: Skill.ID
    }

    /// One write. Each of the two returns what tells its caller.
    private struct Job {
        let run: () -> () -> Void
        let fail: (StoreError) -> () -> Void
    }

    // MARK: Durable

    var balances: [Account: Int64] = [:]
    var entries: [Entry] = []
    var runs: [SkillUsage.ID: Run] = [:]
    var runOrder: [SkillUsage.ID] = []
    var chainEnds: [ReceiptChain: (number: Int64, receipt: String)] = [:]
    var purchases: [Purchase.ID: Purchase] = [:]
    var purchaseOrder: [Purchase.ID] = []
    var trials: Set<Trial> = []
    var payments: [Purchase.ID: [Payment]] = [:]
    var paymentsByBuyer: [Agent.ID: [Payment]] = [:]
    var upgrades: [Purchase.ID: [Upgrade]] = [:]
    var refunds: [Purchase.ID: [Refund]] = [:]
    var credits: [String: Transfer] = [:]
    var payouts: [String: Transfer] = [:]
    var outcomes: [IdempotencyScope: RecordedOutcome] = [:]
    var budgets: [BudgetKey: Int64] = [:]
    var totals: [TotalKey: Total] = [:]
    var horizon: Timestamp?

    // MARK: Of one process

    private var queue: [Job] = []
    private var acknowledgements: [() -> Void] = []
    /// A group whose commit failed. Nobody knows whether the next process finds it, until another is committed.
    private var doubtful: [Job] = []
    let executor: SimulatedExecutor
    /// Signs receipts where it is given; they are left empty otherwise, to be quick.
    let signer: (any ReceiptSigner)?
    /// Called when budgets that were read for a moment are known to the meter as well.
    var onBudgets: (_ scope: Budget.Scope, Currency, _ time: Timestamp, _ isNew: Bool) -> Void = { _, _, _, _ in }
    /// Called before stored answers are dropped.
    var onPrune: ([IdempotencyScope]) -> Void = { _ in }
    /// The process that asks has died: nothing is stored for it any more.
    private var isClosed = false

    init(executor: SimulatedExecutor, signer: (any ReceiptSigner)?) {
        self.executor = executor
        self.signer = signer
    }

    var queuedCount: Int { queue.count }
    var unacknowledgedCount: Int { acknowledgements.count }

    func write<Value: Sendable>(
        _ body: @escaping (SimulatedStore) throws(StoreError) -> Value, onCommit: @escaping (Value) -> Void = { _ in }
    ) async throws(StoreError) -> Value {
        guard !isClosed else { throw .unavailable("the process has died") }
        let result: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
            queue.append(
                Job(
                    run: {
                        do throws(StoreError) {
                            let value = try body(self)
                            return {
                                onCommit(value)
                                continuation.resume(returning: .success(value))
                            }
                        } catch {
                            return { continuation.resume(returning: .failure(error)) }
                        }
                    },
                    fail: { error in { continuation.resume(returning: .failure(error)) } }))
        }
        return try result.get()
    }

    /// A read that others may overtake, before it and after it.
    func read<Value>(_ body: (SimulatedStore) -> Value) async -> Value {
        await executor.pause()
        let value = body(self)
        await executor.pause()
        return value
    }

    /// Commits the oldest writes together, or nothing of them. What is told to their callers waits for
    /// ``acknowledgeNext()``.
    func commit(_ count: Int, fails: Bool) {
        let group = Array(queue.prefix(count))
        queue.removeFirst(group.count)
        if fails {
            acknowledgements = group.map { $0.fail(.unavailable("the disk failed")) }
            doubtful = group
        } else {
            acknowledgements = group.map { $0.run() }
            doubtful = []
        }
    }

    func acknowledgeNext() {
        acknowledgements.removeFirst()()
    }

    /// The process dies: what it queued is not stored. Its tasks are told so, so that they end and leave nothing behind.
    func crash(findsDoubtful: Bool, _ drain: () -> Void) {
        let told = acknowledgements + queue.map { $0.fail(.unavailable("the process has died")) }
        acknowledgements = []
        queue = []
        isClosed = true
        for tell in told { tell() }
        drain()
        isClosed = false
        if findsDoubtful { for job in doubtful { _ = job.run() } }
        doubtful = []
    }
}
