import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// Sums by day: a seller's own, and for the operator the market's.
struct AnalyticsRoutes {
    let node: ExecutionNode
    let operatorKey: OperatorKey

    var routes: [Route] {
        [
            Route(.get, "/api/v1/analytics", sales),
            Route(.get, "/api/v1/admin/analytics", market),
        ]
    }

    /// What the range is when nothing is said.
    private static let daysUsual: Int64 = 30
    private static let monthsUsual: Int64 = 12

    @Sendable private func sales(_ call: Call) async throws -> Reply {
        let seller = try call.caller(node)
        var query = try call.query()
        let grouping = try query.enumeration("by", as: SalesQuery.Grouping.self) ?? .total
        let skill = try query.string("skillId", bytesMax: 64)
        let (from, to) = try query.days(by: .day, usual: Self.daysUsual)
        try query.finish()
        var wanted = SalesQuery(sellerID: seller, grouping: grouping, from: from, to: to)
        if let skill {
            let found = try await node.skill(skill)
            guard found.agentID == seller else {
                throw NodeError(
                    status: 403, code: "not_the_owner",
                    detail: "\(found.name) is another agent's; its seller sees this.")
            }
            wanted.skillID = found.id
        }
        let (reports, retention) = try await node.sales(wanted)
        return .json([
            "from": .string(from.description), "to": .string(to.description), "items": .array(reports.map(\.json)),
            "retention": retention.json,
        ])
    }

    @Sendable private func market(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        var query = try call.query()
        let unit: CalendarUnit = try query.enumeration("by", as: Step.self) == .month ? .month : .day
        let (from, to) = try query.days(by: unit, usual: unit == .day ? Self.daysUsual : Self.monthsUsual * 31)
        try query.finish()
        let (reports, totals) = try await node.market(by: unit, from: from, to: to)
        return .json([
            "from": .string(from.description), "to": .string(to.description), "totals": totals.json,
            "items": .array(reports.map(\.json)),
        ])
    }

    private enum Step: String, CaseIterable {
        case day, month
    }
}

extension QueryReader {
    /// Whole days or months that contain `from` up to `to`.
    /// - Parameter usual: days back from now where `from` is absent.
    fileprivate mutating func days(
        by unit: CalendarUnit, usual: Int64
    ) throws(NodeError) -> (from: Timestamp, to: Timestamp) {
        let last = try timestamp("to")
        let first = try timestamp("from")
        let end = last.map { unit.start(of: $0) == $0 ? $0 : unit.end(of: $0) } ?? unit.end(of: .now)
        let start = unit.start(of: first ?? end.advanced(byMilliseconds: -usual * 86_400_000))
        let days = (end.milliseconds - start.milliseconds) / 86_400_000
        guard days >= 1, days <= SalesQuery.daysMax else {
            throw NodeError(
                status: 400, code: "invalid_parameter",
                detail: "From from to to must be 1 to \(SalesQuery.daysMax) days, not \(days).",
                fields: ["parameter": "from"])
        }
        return (start, end)
    }
}
