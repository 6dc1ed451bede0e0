import Foundation
public import MarketCore
import Synchronization

/// What a workflow does with money beyond a single run: its holds are placed together, and its sellers' shares are taken
/// out of one hold.
extension Meter {
    /// Places all holds of a workflow or none, and writes the whole's down. Each one must be settled or voided; a step's is
    /// to be written down by ``begin(_:)`` before it runs.
    /// - Returns: the holds as they were placed: without an amount where it is one of a licence's free runs.
    public func reserve(_ group: HoldGroup) async throws(MeterError) -> HoldGroup {
        let claims = ([group.whole] + group.steps).map(\.claim)
        var group = group
        let trials = try await reserve(all: claims)
        group.mark { trials.contains($0.id.uuid) }
        do {
            try journal.open(group.whole)
        } catch {
            book.withLock { book in
                for claim in claims { book.void(claim.id) }
            }
            throw .journal(error)
        }
        return group
    }

    /// Writes down that a step is about to run, so that it has a record whatever happens.
    public func begin(_ step: Hold) throws(MeterError) {
        do { try journal.open(step) } catch { throw .journal(error) }
    }

    /// As ``settle(_:)`` for a step whose charge is a part of another hold.
    public func settle(_ settlement: Settlement, partOf whole: SkillUsage.ID) async throws(MeterError) -> SettledRun {
        let (id, whole) = (settlement.usage.id, whole.uuid)
        let cost = settlement.usage.cost
        do {
            try book.withLock { book throws(HoldFault) in try book.beginPart(id.uuid, of: whole, charged: cost) }
        } catch {
            throw .fault(error)
        }
        do {
            let run = try await store.settle(settlement) { run in
                self.book.withLock { book in
                    book.finishPart(id.uuid, of: whole, charged: cost, at: run.usage.timestamp)
                    if !run.alreadySettled { Self.follow(settlement.transfers, in: &book) }
                }
            }
            journal.close(id)
            return run
        } catch {
            book.withLock { $0.abortPart(id.uuid, of: whole) }
            throw .store(error)
        }
    }

    private func reserve(all claims: [HoldClaim]) async throws(MeterError) -> Set<UUID> {
        // Each round loads what one claim lacks.
        for _ in 0..<(16 + 2 * claims.count) {
            let keys: HoldKeys
            do {
                let reservation = try book.withLock { book throws(HoldRefusal) in try book.reserve(all: claims) }
                guard case .needsLoad(let missing) = reservation else {
                    if case .held(let trials) = reservation { return trials }
                    return []
                }
                keys = missing
            } catch {
                throw .refused(error)
            }
            try await load(keys, at: claims[0].time)
        }
        throw Self.tooManyAccounts
    }
}
