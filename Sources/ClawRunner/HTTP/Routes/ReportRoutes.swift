import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// Reports of abuse: file, answer, and for the operator decide.
struct ReportRoutes {
    let node: ExecutionNode
    let operatorKey: OperatorKey

    static let textBytes = 10...2000

    var routes: [Route] {
        [
            Route(.post, "/api/v1/skills/{skill}/reports", scopes: .publish, file),
            Route(.get, "/api/v1/skills/{skill}/reports", list),
            Route(.put, "/api/v1/skills/{skill}/reports/{report}/answer", scopes: .publish, answer),
            Route(.get, "/api/v1/admin/reports", listAll),
            Route(.post, "/api/v1/admin/reports/{report}", decide),
        ]
    }

    @Sendable private func file(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let kind: AbuseReport.Kind = try fields.enumeration("kind")
        let text = try fields.string("text", minBytes: Self.textBytes.lowerBound, maxBytes: Self.textBytes.upperBound)
        try fields.finish()
        let report = try await node.report(call.parameter("skill"), kind, text, by: agent)
        return .json(["report": report.json(showsReporter: true)], status: 201)
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        var query = try call.query()
        let page = try query.page()
        try query.finish()
        let (reports, isSeller) = try await node.reports(on: call.parameter("skill"), for: agent, page: page)
        return .json(reports.json("items", limit: page.limit) { $0.json(showsReporter: !isSeller) })
    }

    @Sendable private func answer(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let text = try fields.string("text", minBytes: 1, maxBytes: Self.textBytes.upperBound)
        try fields.finish()
        let report = try await node.answerReport(
            call.parameter("report"), on: call.parameter("skill"), text, by: agent)
        return .json(["report": report.json(showsReporter: false)])
    }

    @Sendable private func listAll(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        var query = try call.query()
        let state = try query.enumeration("state", as: AbuseReport.State.self)
        let skill = try query.string("skillId", bytesMax: 64)
        let page = try query.page()
        try query.finish()
        var wanted = ReportQuery(state: state, page: page)
        if let skill { wanted.skillID = try await node.anySkill(skill).id }
        return .json(try await node.reports(wanted).json("items", limit: page.limit) { $0.json(showsReporter: true) })
    }

    @Sendable private func decide(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let decision: ReportDecision = try fields.enumeration("decision")
        let reason = try fields.string("reason", minBytes: 1, maxBytes: 500)
        try fields.finish()
        let report = try await node.decideReport(
            call.parameter("report"), upheld: decision == .uphold, reason: reason)
        return .json(["report": report.json(showsReporter: true)])
    }
}

enum ReportDecision: String, CaseIterable {
    case uphold, dismiss
}
