public import MarketCore

/// What receipts are numbered within: a purchase, or for an owner's own runs the skill.
public enum ReceiptChain: Hashable, Sendable {
    case purchase(Purchase.ID)
    case owner(Skill.ID)

    /// The chain that a usage record belongs to.
    public init(of usage: SkillUsage) {
        self = usage.purchaseID.map { .purchase($0) } ?? .owner(usage.skillID)
    }
}

extension ReceiptChain: LosslessStringConvertible {
    /// `purchase:0190…` or `owner:0190…`.
    public var description: String {
        switch self {
        case .purchase(let id): "purchase:\(id)"
        case .owner(let id): "owner:\(id)"
        }
    }

    /// Parses ``description``; nil for anything else.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "purchase":
            guard let id = Purchase.ID(String(parts[1])) else { return nil }
            self = .purchase(id)
        case "owner":
            guard let id = Skill.ID(String(parts[1])) else { return nil }
            self = .owner(id)
        default: return nil
        }
    }
}
