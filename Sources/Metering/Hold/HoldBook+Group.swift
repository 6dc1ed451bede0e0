public import Foundation
public import MarketCore

/// Holds that are placed together, and one hold that is charged in parts: what a workflow needs.
extension HoldBook {
    /// What ``reserve(all:)`` did.
    public enum GroupReservation: Hashable, Sendable {
        /// All of them; those named are free runs and hold no money.
        case held(trials: Set<UUID>)
        /// Nothing was reserved: load these, ``install(_:)`` them and ask again.
        case needsLoad(HoldKeys)
    }

    /// Reserves all claims or none.
    public mutating func reserve(all claims: [HoldClaim]) throws(HoldRefusal) -> GroupReservation {
        var placed: [UUID] = []
        var trials: Set<UUID> = []
        for claim in claims {
            let reservation: Reservation
            do throws(HoldRefusal) { reservation = try reserve(claim) } catch {
                for id in placed { void(id) }
                // What one agent has is none of another's business.
                if let first = claims.first, first.agentID != claim.agentID { throw .others(error) }
                throw error
            }
            switch reservation {
            case .held: break
            case .heldAsTrial: trials.insert(claim.id)
            case .needsLoad(let keys):
                for id in placed { void(id) }
                return .needsLoad(keys)
            }
            placed.append(claim.id)
        }
        return .held(trials: trials)
    }

    /// Starts the settle of a part of a hold. Until it is finished or aborted the whole is neither settled nor voided, and
    /// all parts together never exceed it.
    public mutating func beginPart(_ id: UUID, of whole: UUID, charged: Money) throws(HoldFault) {
        // What costs nothing takes nothing of the whole, which may have ended.
        guard !charged.isZero else { return }
        guard let claim = holds[whole] else { throw .unknown(whole) }
        guard !settling.contains(whole), parts[whole]?[id] == nil else { throw .alreadySettling(id) }
        let open = parts[whole, default: [:]].values.reduce(0, +)
        guard charged.base > 0, charged.currency == claim.amount.currency, charged.base <= claim.amount.base - open
        else {
            throw .chargeExceedsHold(
                charged: charged, held: Money(base: claim.amount.base - open, currency: claim.amount.currency))
        }
        parts[whole, default: [:]][id] = charged.base
    }

    /// Takes a part that the store has booked out of the hold and out of the account.
    public mutating func finishPart(_ id: UUID, of whole: UUID, charged: Money, at time: Timestamp = .now) {
        guard endPart(id, of: whole), let claim = holds[whole] else { return }
        reduce(claim, by: charged.base)
        spend(charged.base, of: claim, at: time)
    }

    /// The store did not book it: the part is still held.
    public mutating func abortPart(_ id: UUID, of whole: UUID) {
        _ = endPart(id, of: whole)
    }

    private mutating func endPart(_ id: UUID, of whole: UUID) -> Bool {
        guard parts[whole]?.removeValue(forKey: id) != nil else { return false }
        if parts[whole]?.isEmpty == true { parts[whole] = nil }
        return true
    }
}
