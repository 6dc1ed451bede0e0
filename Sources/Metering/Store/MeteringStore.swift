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

    /// Stores one more paid period of a subscription and moves the end of its licence.
    /// - Returns: the purchase as it is now.
    /// - Throws: ``StoreError/conflict(field:)`` with `subscription` when it is not that period's turn, or the subscription
    ///   does not go on.
    func renew(
        _ renewal: RenewalRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase

    /// Stores an upgrade with its payment and ledger entries, and what the licence is from then on.
    /// - Returns: the purchase as it is now.
    /// - Throws: ``StoreError/conflict(field:)`` with `upgrade` when another upgrade, a renewal or the licence's end came
    ///   before it.
    func upgrade(
        _ upgrade: UpgradeRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase

    /// Stores refunds with their ledger entries, and ends the licence where the record says so.
    /// - Returns: the purchase as it is now.
    /// - Throws: ``StoreError/conflict(field:)`` with `refund` when another refund, or a further payment, came before it.
    func refund(
        _ refund: RefundRecord, onCommit: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Purchase

    /// Sets the limit of one period, or drops it with nil. Returns all budgets of that owner in that currency.
    func setBudget(
        _ scope: Budget.Scope, _ period: Budget.Period, _ currency: Currency, limit: Money?, at time: Timestamp,
        onCommit: @escaping @Sendable ([BudgetState]) -> Void
    ) async throws(StoreError) -> [BudgetState]

    /// Books a prepaid deposit. The same reference with the same agent and amount books nothing and returns the
    /// first entry; with another agent or amount it is a conflict.
    func credit(
        _ request: CashRequest, onCommit: @escaping @Sendable (RecordedCash) -> Void
    ) async throws(StoreError) -> RecordedCash

    /// Stores what an agent was paid out, or gives what its reference was booked for before.
    /// - Throws: `conflict` when that was something else.
    func payOut(
        _ request: CashRequest, onCommit: @escaping @Sendable (RecordedCash) -> Void
    ) async throws(StoreError) -> RecordedCash

    /// What the request's reference was booked for; nil when it was not.
    /// - Throws: `conflict` when that was something else.
    func payout(_ request: CashRequest) async throws(StoreError) -> RecordedCash?

    /// Reads what ``HoldBook`` needs, in the order of the writes.
    /// - Parameter time: in whose day and month budgets are looked at.
    func load(
        _ keys: HoldKeys, at time: Timestamp, onCommit: @escaping @Sendable (HoldState) -> Void
    ) async throws(StoreError) -> HoldState

    /// What an agent has, held amounts included; zero for an agent without entries.
    func balance(of agent: Agent.ID, in currency: Currency) async throws(StoreError) -> Money
    /// What an agent has in each currency it ever had.
    func balances(of agent: Agent.ID) async throws(StoreError) -> [Money]
    /// What the platform has earned in each currency.
    func platformBalances() async throws(StoreError) -> [Money]

    /// The payments for a licence, in order.
    func payments(of purchase: Purchase.ID) async throws(StoreError) -> [Payment]
    /// A licence's upgrades, in order, at most 500.
    func upgrades(of purchase: Purchase.ID) async throws(StoreError) -> [Upgrade]
    /// What of a licence's payments and runs was given back, the newest first, at most 500.
    func refunds(of purchase: Purchase.ID) async throws(StoreError) -> [Refund]
    /// What was given back of one payment or run, in order.
    func refunds(of target: Refund.Target) async throws(StoreError) -> [Refund]
    /// An agent's budgets and those of the licences it bought, with what is spent.
    func budgets(of agent: Agent.ID, at time: Timestamp) async throws(StoreError) -> [BudgetState]
    /// Subscriptions that go on and whose paid time ends before `time`, in the order of that end.
    /// - Parameter last: the last one of the list before; nil for the first.
    func dueRenewals(
        before time: Timestamp, after last: Purchase?, limit: Int
    ) async throws(StoreError) -> [Purchase]
    /// Whether a subscription goes on when its paid time ends.
    /// - Returns: the purchase as it is now.
    func setRenewal(_ purchase: Purchase.ID, renews: Bool) async throws(StoreError) -> Purchase

    /// An agent's standing orders, one a currency.
    func topUps(of agent: Agent.ID) async throws(StoreError) -> [TopUp]
    /// Sets a standing order, or replaces the one in that currency; its number and time are the store's.
    func set(topUp: TopUp) async throws(StoreError)
    func removeTopUp(of agent: Agent.ID, in currency: Currency) async throws(StoreError)
    /// Those whose agents have less than their threshold, and that were not asked for since `time`.
    func dueTopUps(askedBefore time: Timestamp, limit: Int) async throws(StoreError) -> [TopUp]
    /// Notes that the hook is asked now; false when the order was changed or dropped since it was read.
    func noteAsked(_ topUp: TopUp, at time: Timestamp) async throws(StoreError) -> Bool

    func usage(_ query: UsageQuery) async throws(StoreError) -> Page<SkillUsage>
    /// Sums of usage, which are kept with every settle.
    func usageSummaries(_ query: UsageSummaryQuery) async throws(StoreError) -> Page<UsageSummary>
    /// Drops what isolation reports say of runs that ended before `time`; the runs, their sums and receipts stay.
    /// Returns of how many.
    @discardableResult
    func pruneReports(before time: Timestamp) async throws(StoreError) -> Int64
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
