import Fields
import LicenseCheck
public import MarketCore
public import Metering

extension ExecutionNode {
    /// The runs that an agent asked for, newest first.
    public func usage(_ query: UsageQuery) async throws(NodeError) -> Page<SkillUsage> {
        try await inStore { () throws(StoreError) in try await store.usage(query) }
    }

    /// Sums of the runs that an agent asked for, or sold.
    public func usageSummaries(_ query: UsageSummaryQuery) async throws(NodeError) -> Page<UsageSummary> {
        try await inStore { () throws(StoreError) in try await store.usageSummaries(query) }
    }

    /// One run, for who called and for who sold.
    /// - Throws: ``NodeError`` 404, also when it is none of the reader's business.
    public func execution(_ id: String, reader: Agent.ID) async throws(NodeError) -> StoredExecution {
        guard let id = SkillUsage.ID(id),
            let execution = try await inStore({ () throws(StoreError) in try await store.execution(id) }),
            execution.usage.agentID == reader || execution.sellerID == reader
        else { throw .notFound("execution", id) }
        return execution
    }

    /// What an agent has in each currency: all of it, what open holds reserve, and what is left.
    public func balances(of agent: Agent.ID) async throws(NodeError) -> [Balance] {
        try await inStore { () throws(StoreError) in
            var balances: [Balance] = []
            for known in try await store.balances(of: agent) {
                let (total, held) = try await meter.balance(of: agent, in: known.currency)
                balances.append(Balance(total: total, held: held))
            }
            return balances
        }
    }

    /// One balance.
    public struct Balance: Hashable, Sendable {
        public let total: Money
        public let held: Money
    }

    // MARK: For the operator

    /// Ends a purchase: every token of it is refused from now on.
    public func revoke(_ purchase: Purchase.ID, reason: String) async throws(NodeError) -> Purchase {
        let act = AuditAct(.operator, .purchaseRevoked, .purchase(purchase), ["reason": .string(reason)])
        let revoked = try await inStore(recording: act) { () throws(StoreError) in
            try await store.revoke(purchase: purchase, reason: reason)
        }
        licenses.invalidate(purchase)
        return revoked
    }

    /// Checks the whole ledger.
    public func ledger() async throws(NodeError) -> (check: LedgerCheck, platform: [Money]) {
        try await inStore { () throws(StoreError) in
            (try await store.verifyLedger(), try await store.platformBalances())
        }
    }
}
