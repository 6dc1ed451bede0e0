public import Foundation
public import MarketCore

/// Why a hold was not given.
public enum HoldRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The buyer has less than the run may cost; what other holds took is not available.
    case insufficientBalance(needed: Money, available: Money)
    /// Every use of the licence is taken: `used` are booked, `held` are reserved by calls that are running.
    case usageLimitReached(limit: Int64, used: Int64, held: Int64)
    /// As many runs go on under the licence as its kind allows.
    case concurrencyReached(limit: Int64)
    /// The buyer's own budget does not allow it; `held` is what calls that are running reserve of it.
    case budgetExceeded(BudgetState, held: Int64, needed: Money)
    /// The store has no such purchase.
    case unknownPurchase(Purchase.ID)
    /// As many holds are open as the node allows.
    case tooManyHolds(limit: Int)
    /// A hold with this identifier is open already.
    case duplicate(UUID)
    /// The amount is below zero.
    case negativeAmount(Money)
    /// Of holds that are placed together, one of another agent's was not given.
    indirect case others(HoldRefusal)

    public var description: String {
        switch self {
        case .insufficientBalance(let needed, let available):
            "The call may cost \(needed) but only \(available) is available; add credit and try again."
        case .usageLimitReached(let limit, let used, let held):
            "The licence allows \(limit) uses: \(used) are used and \(held) are reserved by calls that are running."
        case .concurrencyReached(let limit):
            "\(limit) runs go on under this licence, the most that its kind allows; try again when one has ended, or buy "
                + "a larger licence."
        case .budgetExceeded(let state, let held, let needed):
            Self.sentence(state, held, needed)
        case .unknownPurchase(let id): "There is no purchase \(id)."
        case .tooManyHolds(let limit): "\(limit) calls are open, the most this node allows; try again shortly."
        case .duplicate(let id): "A hold with the identifier \(id) is open already."
        case .others: "The author of the workflow cannot pay for its steps now; nothing was run or charged."
        case .negativeAmount(let amount): "A hold cannot reserve \(amount); amounts are zero or more."
        }
    }

    private static func sentence(_ state: BudgetState, _ held: Int64, _ needed: Money) -> String {
        let budget = state.budget
        let left = Money(base: state.leftBase(held: held), currency: needed.currency)
        let owner =
            switch budget.scope {
            case .agent: "agent"
            case .license: "licence"
            }
        return "The call may cost \(needed) but \(left) is left of this \(owner)'s budget of \(budget.limit) a "
            + "\(budget.period.rawValue), which begins anew at \(state.periodEnd)."
    }
}

/// A settle that does not fit its hold: a fault of the caller, never of the buyer.
public enum HoldFault: Error, Hashable, Sendable, CustomStringConvertible {
    case unknown(UUID)
    /// Its settle has begun already.
    case alreadySettling(UUID)
    /// More would be charged than was reserved, or in another currency.
    case chargeExceedsHold(charged: Money, held: Money)
    /// A use would be counted under a hold that has no licence.
    case noLicence(UUID)

    public var description: String {
        switch self {
        case .unknown(let id): "There is no open hold \(id)."
        case .alreadySettling(let id): "The hold \(id) is being settled already."
        case .chargeExceedsHold(let charged, let held): "A charge of \(charged) exceeds its hold of \(held)."
        case .noLicence(let id): "The hold \(id) has no licence whose use could be counted."
        }
    }
}
