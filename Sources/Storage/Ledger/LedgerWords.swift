import Metering

extension RowWord {
    static let deposits = Self.fixed("deposits")
    static let agent = Self.fixed("agent")
    static let platform = Self.fixed("platform")
    static let purchase = Self.fixed("purchase")
    static let renewal = Self.fixed("renewal")
    static let upgrade = Self.fixed("upgrade")
    static let hour = Self.fixed("hour")
    static let day = Self.fixed("day")
    static let month = Self.fixed("month")

    private static func fixed(_ text: String) -> RowWord {
        guard let word = RowWord(text) else { preconditionFailure("\(text) is short") }
        return word
    }

    /// Each kind of entry as the ledger writes it.
    private static let kinds = Transfer.Kind.allCases.map { (kind: $0, word: fixed($0.rawValue)) }

    /// Which kind of entry this is.
    var transferKind: Transfer.Kind? {
        for (kind, word) in Self.kinds where word == self { return kind }
        return nil
    }

    /// The seller's share and the fee of a payment of this kind.
    var paymentKinds: (Transfer.Kind, Transfer.Kind)? {
        switch self {
        case .purchase: (.purchase, .purchaseFee)
        case .renewal: (.renewal, .renewalFee)
        case .upgrade: (.upgrade, .upgradeFee)
        default: nil
        }
    }
}
