import Fields
public import Metering

/// One rate limit, as the `RateLimit` headers name it.
public struct RateStatus: Sendable {
    enum Policy: String {
        case license, agent, address, registration

        /// In a sentence.
        fileprivate var subject: String {
            switch self {
            case .license: "of this licence"
            case .agent: "of this agent"
            case .address: "of this address"
            case .registration: "of registrations"
            }
        }
    }

    /// `license`, `agent`, `address` or `registration`.
    public let policy: String
    public let decision: RateDecision

    init(_ policy: Policy, _ decision: RateDecision) {
        self.policy = policy.rawValue
        self.decision = decision
    }
}

extension NodeError {
    /// 429.
    static func rateLimited(_ policy: RateStatus.Policy, _ decision: RateDecision) -> NodeError {
        let limit = decision.limit
        var error = NodeError(
            status: 429, code: "rate_limited",
            detail: "The rate limit \(policy.subject) is \(counted(limit.quota, "call")) in "
                + "\(counted(limit.windowSeconds, "second")), at most \(limit.burst) at once; try again in "
                + "\(counted(decision.retryAfterSeconds, "second")).",
            retryable: true, retryAfterSeconds: decision.retryAfterSeconds,
            fields: ["policy": .string(policy.rawValue)])
        error.rates = [RateStatus(policy, decision)]
        return error
    }

    /// Such as `1 second` and `2 seconds`.
    private static func counted(_ count: Int64, _ unit: String) -> String { "\(count) \(unit)\(count == 1 ? "" : "s")" }
}
