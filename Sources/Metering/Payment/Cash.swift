public import MarketCore

/// Money that comes to an agent from outside or goes there, booked once per reference: what the node itself never moves, and
/// the operator says it was moved.
public struct CashRequest: Hashable, Sendable {
    public static let referenceBytesMax = 255

    public let agentID: Agent.ID
    /// More than zero.
    public let amount: Money
    /// The operator's own name for the payment, such as an invoice number. The same reference books nothing twice; those of
    /// deposits and those of payouts are apart.
    public let reference: String
    public let createdAt: Timestamp

    public init(agentID: Agent.ID, amount: Money, reference: String, createdAt: Timestamp = .now) {
        self.agentID = agentID
        self.amount = amount
        self.reference = reference
        self.createdAt = createdAt
    }
}

/// A deposit or payout that is booked.
public struct RecordedCash: Hashable, Sendable {
    public let transfer: Transfer
    /// True when the reference was booked before and nothing was stored now.
    public let replayed: Bool
    /// What the agent has after it.
    public let balance: Money

    public init(transfer: Transfer, replayed: Bool, balance: Money) {
        self.transfer = transfer
        self.replayed = replayed
        self.balance = balance
    }
}
