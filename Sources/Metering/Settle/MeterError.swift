public import MarketCore

/// Why a hold, a settle or a purchase did not happen.
public enum MeterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The buyer cannot pay, or the licence is used up.
    case refused(HoldRefusal)
    /// The call does not fit its hold: a fault of the caller.
    case fault(HoldFault)
    case store(StoreError)
    case journal(JournalError)

    public var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .fault(let fault): fault.description
        case .store(let error): error.description
        case .journal(let error): error.description
        }
    }
}
