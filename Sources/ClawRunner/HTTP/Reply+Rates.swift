import ExecutionNode
import Metering

extension Reply {
    /// Adds limits that the request was held against, each policy once: who knows more of it has said so before.
    func with(rates: [RateStatus]) -> Reply {
        var reply = self
        for rate in rates where !reply.rates.contains(where: { $0.policy == rate.policy }) { reply.rates.append(rate) }
        return reply
    }

    /// With the headers that say how near the caller is to its limits.
    var withRateHeaders: Reply {
        guard !rates.isEmpty else { return self }
        let policies = rates.map { rate in
            "\"\(rate.policy)\";q=\(rate.decision.limit.quota);w=\(rate.decision.limit.windowSeconds)"
        }
        let states = rates.map { rate in
            "\"\(rate.policy)\";r=\(rate.decision.remaining);t=\(rate.decision.resetSeconds)"
        }
        return with(.rateLimitPolicy, policies.joined(separator: ", "))
            .with(.rateLimit, states.joined(separator: ", "))
    }
}
