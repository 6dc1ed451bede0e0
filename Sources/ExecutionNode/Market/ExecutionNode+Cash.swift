import Fields
public import MarketCore
public import Metering

/// What the operator says was paid outside of the market: deposits of agents, and payouts to them.
extension ExecutionNode {
    /// Books a prepaid deposit, once per reference.
    /// - Parameter actor: who says that it was paid.
    /// - Throws: ``NodeError`` 404 for an unknown agent, 409 when the reference was used for something else.
    public func credit(
        _ request: CashRequest, by actor: AuditActor = .operator
    ) async throws(NodeError) -> RecordedCash {
        try await book(request, by: actor, .creditBooked) { () throws(MeterError) in
            do throws(StoreError) { return try await self.meter.credit(request) } catch { throw .store(error) }
        }
    }

    /// Books what an agent was paid out of its balance, once per reference. Neither budgets nor whether the agent still takes
    /// part stand in its way; what its open holds reserve does.
    /// - Throws: ``NodeError`` 404 for an unknown agent, 409 `payout_too_large` when it has not as much, 409
    ///   `reference_reused` when the reference was used for something else.
    public func payOut(_ request: CashRequest) async throws(NodeError) -> RecordedCash {
        try await book(request, by: .operator, .payoutBooked) { () throws(MeterError) in
            try await self.meter.payOut(request)
        }
    }

    private func book(
        _ request: CashRequest, by actor: AuditActor, _ action: AuditAction,
        _ body: @Sendable () async throws(MeterError) -> RecordedCash
    ) async throws(NodeError) -> RecordedCash {
        guard try await inStore({ () throws(StoreError) in try await store.agent(id: request.agentID) }) != nil else {
            throw .notFound("agent", request.agentID.description)
        }
        let act = AuditAct(
            actor, action, .agent(request.agentID),
            [
                "amount": .string(request.amount.decimal), "currency": .string(request.amount.currency.rawValue),
                "reference": .string(request.reference),
            ])
        let result: Result<RecordedCash, MeterError> = try await inStore(
            recording: act, if: { ($0 as? RecordedCash)?.replayed == false },
            { () throws(StoreError) in
                do throws(MeterError) { return .success(try await body()) } catch {
                    if case .store(let failure) = error, failure != .conflict(field: "reference") { throw failure }
                    return .failure(error)
                }
            })
        do throws(MeterError) {
            return try result.get()
        } catch {
            switch error {
            case .store(.conflict):
                throw NodeError(
                    status: 409, code: "reference_reused",
                    detail: "The reference \(quoted(request.reference)) was booked with another agent or amount.",
                    fields: ["reference": .string(request.reference)])
            case .refused(.insufficientBalance(_, let available)):
                throw NodeError(
                    status: 409, code: "payout_too_large",
                    detail:
                        "The agent has \(available) that can be paid out. What its runs under way hold stays with them "
                        + "until they are booked.",
                    fields: [
                        "available": .string(available.decimal), "currency": .string(available.currency.rawValue),
                    ])
            case .refused(.duplicate):
                throw .inFlight(
                    "A payout with this reference is being booked; send it again in a second to see it.")
            default: throw NodeError(error)
            }
        }
    }
}
