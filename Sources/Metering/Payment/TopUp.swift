public import MarketCore

/// An agent's standing order: whenever its balance is below a threshold, a payment of so much is to be asked for.
///
/// The daemon moves no money in from outside. It asks the operator's hook, which charges the agent wherever that is agreed,
/// and books the credit under ``reference``, which is the same until it is booked: however often the hook is asked, it is
/// paid once.
public struct TopUp: Hashable, Sendable {
    public let agentID: Agent.ID
    /// In the currency of ``amount``.
    public let threshold: Money
    public let amount: Money
    /// How many were booked.
    public let number: Int64
    /// When the hook was asked for this one last; nil for never.
    public let askedAt: Timestamp?

    public init(agentID: Agent.ID, threshold: Money, amount: Money, number: Int64 = 0, askedAt: Timestamp? = nil) {
        self.agentID = agentID
        self.threshold = threshold
        self.amount = amount
        self.number = number
        self.askedAt = askedAt
    }

    /// Of the credit that is asked for now.
    public var reference: String { "top-up:\(agentID):\(amount.currency.rawValue):\(number)" }
}
