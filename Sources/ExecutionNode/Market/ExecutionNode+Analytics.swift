public import MarketCore
import Metering

extension ExecutionNode {
    /// What a seller sold, and how it ran.
    /// - Returns: the reports, and how many buyers came back.
    public func sales(_ query: SalesQuery) async throws(NodeError) -> (reports: [SalesReport], retention: Retention) {
        try await inStore { () throws(StoreError) in
            (try await store.sales(query), try await store.retention(query))
        }
    }

    /// What happened in the whole market, for the operator, with what there is of it now.
    public func market(
        by unit: CalendarUnit, from: Timestamp, to: Timestamp
    ) async throws(NodeError) -> (reports: [MarketReport], totals: MarketTotals) {
        try await inStore { () throws(StoreError) in
            let totals = try await store.totals()
            return (
                try await store.market(by: unit, from: from, to: to),
                MarketTotals(
                    agents: totals.agents, skills: totals.skills, purchases: totals.purchases, runs: totals.usages)
            )
        }
    }

    /// How much there is.
    public struct MarketTotals: Sendable {
        public let agents: Int64
        public let skills: Int64
        public let purchases: Int64
        /// Those of sellers' own skills included.
        public let runs: Int64
    }
}
