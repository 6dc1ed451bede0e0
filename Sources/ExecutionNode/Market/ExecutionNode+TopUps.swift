package import Fields
import Logging
public import MarketCore
public import Metering

/// Asks for a payment from outside, in the operator's way.
public protocol TopUpHook: Sendable {
    func ask(_ topUp: TopUp) async -> TopUpAnswer
}

public enum TopUpAnswer: Hashable, Sendable {
    /// It is paid; the daemon books it.
    case paid
    /// It may be paid later: whoever is told so books it with the operator key, under the same reference.
    case pending
    /// It was refused, or the hook failed; it is asked again in an hour.
    case refused
}

extension ExecutionNode {
    private static let askAgainMilliseconds: Int64 = 3_600_000

    public func topUps(of agent: Agent.ID) async throws(NodeError) -> [TopUp] {
        try await inStore { () throws(StoreError) in try await store.topUps(of: agent).filter { !$0.threshold.isZero } }
    }

    /// - Throws: ``NodeError`` 409 `no_top_up` when the operator has set no hook.
    public func set(_ topUp: TopUp) async throws(NodeError) {
        guard configuration.topUpHook != nil else {
            throw NodeError(
                status: 409, code: "no_top_up",
                detail: "This node asks for no payments; its operator books credits as they are paid in.")
        }
        try await inStore { () throws(StoreError) in try await store.set(topUp: topUp) }
    }

    public func removeTopUp(of agent: Agent.ID, in currency: Currency) async throws(NodeError) {
        try await inStore { () throws(StoreError) in try await store.removeTopUp(of: agent, in: currency) }
    }

    /// Asks for the payments whose agents have less than they want to have.
    public func askForTopUps(at now: Timestamp = .now) async throws(NodeError) {
        guard let hook = configuration.topUpHook else { return }
        let due = try await inStore { () throws(StoreError) in
            try await store.dueTopUps(
                askedBefore: now.advanced(byMilliseconds: -Self.askAgainMilliseconds), limit: 64)
        }
        for topUp in due {
            // Noted first: a hook that ends the daemon must not be asked at once again.
            guard try await inStore({ () throws(StoreError) in try await store.noteAsked(topUp, at: now) }) else {
                continue
            }
            await ask(hook, topUp)
        }
    }

    private func ask(_ hook: any TopUpHook, _ topUp: TopUp) async {
        var problem = "it was not paid"
        switch await hook.ask(topUp) {
        case .paid:
            do throws(NodeError) {
                _ = try await credit(
                    CashRequest(agentID: topUp.agentID, amount: topUp.amount, reference: topUp.reference),
                    by: .system)
                return
            } catch {
                problem = error.detail
            }
        case .pending: return
        case .refused: break
        }
        logger.warning(
            "a top-up is not booked", metadata: ["reference": .string(topUp.reference), "cause": .string(problem)])
    }
}

extension TopUp {
    /// As the agent and the hook see it.
    package var json: JSONValue {
        [
            "agentId": .string(agentID.description), "threshold": .string(threshold.decimal),
            "amount": .string(amount.decimal), "currency": .string(amount.currency.rawValue),
            "reference": .string(reference), "askedAt": .optional(askedAt?.description),
        ]
    }
}
