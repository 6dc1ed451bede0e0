public import MarketCore

/// An account of the ledger. Each holds one currency.
public enum Account: Hashable, Sendable {
    /// Where money comes from and goes to: the world outside. The only account whose balance may be negative.
    case deposits(Currency)
    /// What an agent may spend.
    case agent(Agent.ID, Currency)
    /// What the platform has earned.
    case platform(Currency)

    public var currency: Currency {
        switch self {
        case .deposits(let currency), .agent(_, let currency), .platform(let currency): currency
        }
    }

    /// The part of the name before the currency: `deposits`, `agent` or `platform`.
    public var kind: String {
        switch self {
        case .deposits: "deposits"
        case .agent: "agent"
        case .platform: "platform"
        }
    }

    /// Whose account it is; nil for those of the platform.
    public var agentID: Agent.ID? {
        if case .agent(let id, _) = self { id } else { nil }
    }
}

extension Account: CustomStringConvertible {
    /// Such as `agent:0190…:USDC` or `platform:USDC`.
    public var description: String {
        ([kind] + (agentID.map { [$0.description] } ?? []) + [currency.rawValue]).joined(separator: ":")
    }
}
