import Foundation
public import MarketCore
import Synchronization

/// Holds, settles and voids, with the store behind them: the only way in which one node moves money.
///
/// A node has one `Meter` per store. It follows the store's writes in their order, so a balance or a usage limit is
/// never exceeded, and a hold is never refused because of a charge that was counted twice.
public final class Meter: Sendable {
    let store: any MeteringStore
    let journal: HoldJournal
    let book: Mutex<HoldBook>

    public init(store: any MeteringStore, journal: HoldJournal, book: HoldBook = HoldBook()) {
        self.store = store
        self.journal = journal
        self.book = Mutex(book)
    }

    /// Holds open now, those of purchases included.
    public var openHolds: Int { book.withLock { $0.openHolds } }

    /// Places a hold, both the amount and the use or neither, and writes it down. Each hold that was placed must be
    /// settled or voided.
    /// - Returns: the hold as it was placed: without an amount when it is one of the licence's free runs.
    @discardableResult
    public func reserve(_ hold: Hold) async throws(MeterError) -> Hold {
        var hold = hold
        if try await reserve(hold.claim) == .heldAsTrial { hold.becomeTrial() }
        do {
            try journal.open(hold)
        } catch {
            _ = book.withLock { $0.void(hold.id.uuid) }
            throw .journal(error)
        }
        return hold
    }

    /// Turns a hold into its charge, usage record and receipt; durable when it returns, also when the calling task is
    /// cancelled. On a ``MeterError/store(_:)`` the hold stays open: settle it again, or leave it to the recovery of
    /// the next start.
    public func settle(_ settlement: Settlement) async throws(MeterError) -> SettledRun {
        let id = settlement.usage.id
        try beginSettle(id.uuid, settlement.usage.cost, settlement.countsUse)
        do {
            let run = try await store.settle(settlement) { run in
                self.book.withLock { book in
                    book.finishSettle(
                        id.uuid, charged: run.usage.cost, countsUse: run.countsUse, at: run.usage.timestamp)
                    // What was booked earlier may be in a seller's balance already, if that was loaded since.
                    if !run.alreadySettled { Self.follow(settlement.transfers, in: &book) }
                }
            }
            journal.close(id)
            return run
        } catch {
            book.withLock { $0.abortSettle(id.uuid) }
            throw .store(error)
        }
    }

    /// Drops a hold whose run never started. Does nothing when there is no such hold or its settle has begun.
    public func void(_ id: SkillUsage.ID) {
        if book.withLock({ $0.void(id.uuid) }) { journal.void(id) }
    }

    /// Pays and stores a purchase from the buyer's balance; durable when it returns.
    public func purchase(_ record: PurchaseRecord) async throws(MeterError) {
        let purchase = record.purchase
        let claim = HoldClaim(
            id: purchase.id.uuid, agentID: purchase.buyerID, amount: purchase.amount, purchaseID: nil,
            time: purchase.createdAt)
        try await pay(claim, record.transfers) { onCommit throws(StoreError) in
            try await store.record(record, onCommit: onCommit)
        }
    }

    /// Pays one more period of a subscription from the buyer's balance; durable when it returns.
    /// - Returns: the purchase as it is now.
    public func renew(_ record: RenewalRecord) async throws(MeterError) -> Purchase {
        let claim = HoldClaim(
            id: record.payment.id.uuid, agentID: record.purchase.buyerID, amount: record.payment.amount,
            purchaseID: nil, time: record.payment.createdAt)
        return try await pay(claim, record.transfers) { onCommit throws(StoreError) in
            try await store.renew(record, onCommit: onCommit)
        }
    }

    /// Pays an upgrade of a licence from the buyer's balance; durable when it returns. Runs that go on keep their price.
    /// - Returns: the purchase as it is now.
    public func upgrade(_ record: UpgradeRecord) async throws(MeterError) -> Purchase {
        let upgrade = record.upgrade
        let claim = HoldClaim(
            id: upgrade.id.uuid, agentID: record.purchase.buyerID, amount: upgrade.amount, purchaseID: nil,
            time: upgrade.createdAt)
        return try await pay(claim, record.transfers) { onCommit throws(StoreError) in
            try await store.upgrade(record) {
                onCommit()
                self.book.withLock { $0.raiseLimit(of: upgrade.purchaseID, to: upgrade.to.usageLimit) }
            }
        }
    }

    /// Gives a buyer money back from the seller's balance and the platform's; durable when it returns.
    /// - Returns: the purchase as it is now.
    public func refund(_ record: RefundRecord) async throws(MeterError) -> Purchase {
        let refund = record.refunds[0]
        let claim = HoldClaim(
            id: refund.id.uuid, agentID: refund.sellerID, amount: record.sellerPart, purchaseID: nil,
            isSpending: false, time: refund.createdAt)
        return try await pay(claim, record.transfers) { onCommit throws(StoreError) in
            try await store.refund(record, onCommit: onCommit)
        }
    }

    /// Holds what a payment takes, has it stored, and follows it.
    private func pay<Value>(
        _ claim: HoldClaim, _ transfers: [Transfer],
        _ body: (_ onCommit: @escaping @Sendable () -> Void) async throws(StoreError) -> Value
    ) async throws(MeterError) -> Value {
        _ = try await reserve(claim)
        try beginSettle(claim.id, claim.amount, false)
        do {
            return try await body {
                self.book.withLock { book in
                    book.finishSettle(claim.id, charged: claim.amount, countsUse: false, at: claim.time)
                    Self.follow(transfers, in: &book)
                }
            }
        } catch {
            book.withLock { book in
                book.abortSettle(claim.id)
                book.void(claim.id)
            }
            throw .store(error)
        }
    }

    /// Sets a budget, replaces the one for the same period, or drops it; durable when it returns.
    /// - Parameter limit: nil drops it.
    /// - Returns: the budgets of that owner in that currency, with what is spent.
    public func setBudget(
        _ scope: Budget.Scope, _ period: Budget.Period, _ currency: Currency, limit: Money?, at time: Timestamp = .now
    ) async throws(StoreError) -> [BudgetState] {
        try await store.setBudget(scope, period, currency, limit: limit, at: time) { states in
            self.book.withLock { $0.replaceBudgets(scope, currency, states) }
        }
    }

    /// What open holds reserve of a budget, in base units.
    public func heldBase(_ scope: Budget.Scope, in currency: Currency) -> Int64 {
        book.withLock { book in
            switch scope {
            case .agent(let id): book.heldSpending(by: id, in: currency).base
            case .license(let id): book.heldBase(under: id)
            }
        }
    }

    /// Books a prepaid deposit, once per reference; durable when it returns.
    public func credit(_ request: CashRequest) async throws(StoreError) -> RecordedCash {
        try await store.credit(request) { credit in
            guard !credit.replayed else { return }
            self.book.withLock { $0.credit(request.agentID, request.amount) }
        }
    }

    /// Books what an agent was paid out, once per reference; durable when it returns. What its open holds reserve stays.
    public func payOut(_ request: CashRequest) async throws(MeterError) -> RecordedCash {
        // The same one that is being booked is told from one that finds too little: its hold is there.
        let claim = HoldClaim(
            id: Self.payoutHold(request.reference), agentID: request.agentID, amount: request.amount, purchaseID: nil,
            isSpending: false, time: request.createdAt)
        let payout: RecordedCash
        do throws(MeterError) {
            payout = try await pay(claim, []) { onCommit throws(StoreError) in
                try await store.payOut(request) { payout in
                    if !payout.replayed { onCommit() }
                }
            }
        } catch {
            guard case .refused(.insufficientBalance) = error else { throw error }
            // It may have been booked before, with the money that is lacking now.
            let refusal = error
            let earlier: RecordedCash?
            do throws(StoreError) { earlier = try await store.payout(request) } catch { throw .store(error) }
            guard let earlier else { throw refusal }
            return earlier
        }
        if payout.replayed {
            book.withLock { book in
                book.abortSettle(claim.id)
                book.void(claim.id)
            }
        }
        return payout
    }

    /// The hold of a payout with this reference.
    private static func payoutHold(_ reference: String) -> UUID {
        let hash = BodyHash(of: Array("payout ".utf8) + Array(reference.utf8)).bytes
        return hash.withUnsafeBytes { bytes in UUID(uuid: bytes.loadUnaligned(as: uuid_t.self)) }
    }

    /// What an agent has in a currency, and what its open holds reserve of that.
    public func balance(
        of agent: Agent.ID, in currency: Currency
    ) async throws(StoreError) -> (total: Money, held: Money) {
        let total = try await store.balance(of: agent, in: currency)
        return (total, book.withLock { $0.held(by: agent, in: currency) })
    }

    /// Loads what the book lacks until it can decide. An entry can be evicted between load and decision only when more
    /// entries are in use than it keeps, so a few tries are enough.
    private func reserve(_ claim: HoldClaim) async throws(MeterError) -> HoldBook.Reservation {
        for _ in 0..<16 {
            let keys: HoldKeys
            do {
                let reservation = try book.withLock { book throws(HoldRefusal) in try book.reserve(claim) }
                guard case .needsLoad(let missing) = reservation else { return reservation }
                keys = missing
            } catch {
                throw .refused(error)
            }
            try await load(keys, at: claim.time)
        }
        throw Self.tooManyAccounts
    }

    static let tooManyAccounts = MeterError.store(
        .unavailable("more accounts are in use at once than the node keeps in memory"))

    func load(_ keys: HoldKeys, at time: Timestamp) async throws(MeterError) {
        let state: HoldState
        do {
            state = try await store.load(keys, at: time) { state in self.book.withLock { $0.install(state) } }
        } catch {
            throw .store(error)
        }
        if let id = keys.purchaseID, state.license == nil { throw .refused(.unknownPurchase(id)) }
    }

    private func beginSettle(_ id: UUID, _ charged: Money, _ countsUse: Bool) throws(MeterError) {
        do {
            try book.withLock { book throws(HoldFault) in
                try book.beginSettle(id, charged: charged, countsUse: countsUse)
            }
        } catch {
            throw .fault(error)
        }
    }

    /// The buyer's side is in the hold; this is what sellers got.
    static func follow(_ transfers: [Transfer], in book: inout HoldBook) {
        for transfer in transfers {
            if let agent = transfer.credit.agentID { book.credit(agent, transfer.amount) }
        }
    }
}
