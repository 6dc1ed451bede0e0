public import MarketCore

/// Where money and usage are kept. Every write is durable when it returns, and is finished even when the calling
/// task is cancelled.
///
/// Writes take an `onCommit` closure. It is called once, after the write is durable, and in the order in which the
/// writes took effect: the closure of an earlier write returns before that of a later one is called. ``HoldBook``
/// follows the store through it; the closure must be short and must not call the store.
public protocol MeteringStore: Sendable {
    /// Stores the usage record, its ledger entries, the licence's use, the receipt and the outcome in one
    /// transaction. A usage identifier that is stored already stores nothing and returns what was stored.
    func settle(
        _ settlement: Settlement, onCommit: @escaping @Sendable (SettledRun) -> Void
    ) async throws(StoreError) -> SettledRun

    /// Stores a purchase with its ledger entries and raises the skill's and the seller's counters.
    func record(
        _ purchase: PurchaseRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError)

    /// Books a prepaid deposit. The same reference with the same agent and amount books nothing and returns the
    /// first entry; with another agent or amount it is a conflict.
    func credit(
        _ request: CreditRequest, onCommit: @escaping @Sendable (RecordedCredit) -> Void
    ) async throws(StoreError) -> RecordedCredit

    /// Reads what ``HoldBook`` needs, in the order of the writes.
    func load(
        _ keys: HoldKeys, onCommit: @escaping @Sendable (HoldState) -> Void
    ) async throws(StoreError) -> HoldState

    /// What an agent has, held amounts included; zero for an agent without entries.
    func balance(of agent: Agent.ID, in currency: Currency) async throws(StoreError) -> Money
    /// What an agent has in each currency it ever had.
    func balances(of agent: Agent.ID) async throws(StoreError) -> [Money]
    /// What the platform has earned in each currency.
    func platformBalances() async throws(StoreError) -> [Money]

    func usage(_ query: UsageQuery) async throws(StoreError) -> Page<SkillUsage>
    func execution(_ id: SkillUsage.ID) async throws(StoreError) -> StoredExecution?
    /// The receipts of a chain with numbers above `after`, in order, at most `limit`.
    func receipts(
        of chain: ReceiptChain, after number: Int64, limit: Int
    ) async throws(StoreError) -> [String]
    /// Those of `ids` that have a usage record.
    func settled(among ids: [SkillUsage.ID]) async throws(StoreError) -> Set<SkillUsage.ID>
    /// Counts over the whole store.
    func totals() async throws(StoreError) -> MeteringTotals

    /// What was answered under a key, and how many bytes all stored outcomes of its agent take.
    func lookUp(_ scope: IdempotencyScope) async throws(StoreError) -> (recorded: RecordedOutcome?, agentBytes: Int64)
    /// The `time` of the last ``pruneOutcomes(before:)``.
    func outcomeHorizon() async throws(StoreError) -> Timestamp?
    /// Drops outcomes older than `time`, and notes that time; returns how many.
    @discardableResult
    func pruneOutcomes(before time: Timestamp) async throws(StoreError) -> Int64

    /// Recomputes every balance, count and sum from the entries, and lists what differs.
    func verifyLedger() async throws(StoreError) -> LedgerCheck
}

extension MeteringStore {
    /// What was answered under a key.
    public func outcome(for scope: IdempotencyScope) async throws(StoreError) -> RecordedOutcome? {
        try await lookUp(scope).recorded
    }
}
