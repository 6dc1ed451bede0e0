import MarketCore
import Metering
import Synchronization

/// Keeps the holds of a node: the book in memory, the journal on disk and the store, in step with each other.
final class HoldDesk: Sendable {
    private let store: any MeteringStore
    private let journal: HoldJournal
    private let book: Mutex<HoldBook>

    init(store: any MeteringStore, journal: HoldJournal, openHoldsMax: Int) {
        self.store = store
        self.journal = journal
        book = Mutex(HoldBook(openHoldsMax: openHoldsMax))
    }

    var openHolds: Int { book.withLock { $0.openHolds } }

    func held(by agent: Agent.ID, in currency: Currency) -> Money {
        book.withLock { $0.held(by: agent, in: currency) }
    }

    // MARK: Reserve

    /// Reserves an amount and a use, both or neither.
    /// - Throws: `NodeError` 402 when the balance or the licence does not allow it.
    func reserve(_ claim: HoldClaim) async throws(NodeError) {
        // Entries may be forgotten between a load and the next try, but not for ever.
        for _ in 0..<8 {
            let reservation: HoldBook.Reservation
            do throws(HoldRefusal) {
                reservation = try book.withLock { book throws(HoldRefusal) in try book.reserve(claim) }
            } catch {
                throw NodeError(error)
            }
            guard case .needsLoad(let keys) = reservation else { return }
            let state: HoldState
            do throws(StoreError) {
                state = try await store.load(keys) { state in self.book.withLock { $0.install(state) } }
            } catch {
                throw NodeError(error)
            }
            if let id = keys.purchaseID, state.license == nil { throw NodeError(HoldRefusal.unknownPurchase(id)) }
        }
        throw NodeError(
            status: 503, code: "overloaded", detail: "Too many licences are in use at once; try again shortly.",
            retryable: true, retryAfterSeconds: 1)
    }

    /// Drops a reservation that no run follows.
    func void(_ claim: HoldClaim) {
        book.withLock { _ = $0.void(claim.id) }
    }

    // MARK: Runs

    /// Writes a hold down before its run starts; when this returns, the run will have a record whatever happens.
    func open(_ hold: Hold) throws(NodeError) {
        do throws(JournalError) {
            try journal.open(hold)
        } catch {
            throw NodeError(
                status: 503, code: "journal_unavailable",
                detail: "The hold could not be written down, so nothing was run or booked; try again shortly.",
                retryable: true, retryAfterSeconds: 1)
        }
    }

    /// Books an ended run durably. The hold ends with it, also when the calling task is cancelled.
    func settle(_ settlement: Settlement) async throws(StoreError) -> SettledRun {
        let usage = settlement.usage
        do throws(HoldFault) {
            try book.withLock { book throws(HoldFault) in
                try book.beginSettle(usage.id.uuid, charged: usage.cost, countsUse: settlement.countsUse)
            }
        } catch {
            throw .refused("\(error)")
        }
        do throws(StoreError) {
            let settled = try await store.settle(settlement) { settled in
                self.book.withLock { book in
                    book.finishSettle(usage.id.uuid, charged: settled.usage.cost, countsUse: settlement.countsUse)
                    Self.follow(settlement.transfers, in: &book)
                }
            }
            // The usage record says that the hold is settled; a journal that keeps it too costs a look at start.
            journal.close(usage.id)
            return settled
        } catch {
            book.withLock { $0.abortSettle(usage.id.uuid) }
            throw error
        }
    }

    // MARK: Purchases and deposits

    /// Stores a purchase whose amount is reserved.
    func record(_ record: PurchaseRecord, claim: HoldClaim) async throws(NodeError) {
        do throws(HoldFault) {
            try book.withLock { book throws(HoldFault) in
                try book.beginSettle(claim.id, charged: claim.amount, countsUse: false)
            }
        } catch {
            throw NodeError(status: 500, code: "internal_error", detail: "The purchase could not be booked.")
        }
        do throws(StoreError) {
            try await store.record(record) {
                self.book.withLock { book in
                    book.finishSettle(claim.id, charged: claim.amount, countsUse: false)
                    Self.follow(record.transfers, in: &book)
                }
            }
        } catch {
            book.withLock { book in
                book.abortSettle(claim.id)
                _ = book.void(claim.id)
            }
            throw NodeError(error)
        }
    }

    func credit(_ request: CreditRequest) async throws(StoreError) -> RecordedCredit {
        try await store.credit(request) { credit in
            guard !credit.replayed else { return }
            self.book.withLock { $0.credit(request.agentID, request.amount) }
        }
    }

    /// What transfers put into agents' accounts. What they take was held, and ended with the hold.
    private static func follow(_ transfers: [Transfer], in book: inout HoldBook) {
        for transfer in transfers {
            if let agent = transfer.credit.agentID { book.credit(agent, transfer.amount) }
        }
    }

    // MARK: After a crash

    /// Gives every hold that a former process left open its usage record: cost 0, `launch_failed`. Idempotent; called
    /// before anybody can call the node.
    /// - Returns: how many runs were interrupted.
    func recover() async throws(StoreError) -> Int {
        let holds = journal.leftover.holds
        let settled = holds.isEmpty ? [] : try await store.settled(among: holds.map(\.id))
        var interrupted = 0
        for hold in holds {
            if !settled.contains(hold.id) {
                _ = try await store.settle(try InterruptedRun(hold).settlement()) { _ in }
                interrupted += 1
            }
            journal.close(hold.id)
        }
        return interrupted
    }
}
