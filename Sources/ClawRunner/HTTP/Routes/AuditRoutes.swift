import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// The audit log, for the operator.
struct AuditRoutes {
    let node: ExecutionNode
    let operatorKey: OperatorKey

    var routes: [Route] { [Route(.get, "/api/v1/admin/audit", list)] }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        try call.requireOperator(operatorKey, node)
        var query = try call.query()
        let wanted = AuditQuery(
            actor: try query.auditActor("actor"), action: try query.string("action", bytesMax: AuditAction.bytesMax),
            subjectKind: try query.string("subjectKind", bytesMax: 64),
            subjectID: try query.string("subject", bytesMax: AuditSubject.idBytesMax),
            from: try query.timestamp("from"), to: try query.timestamp("to"), page: try query.page())
        try query.finish()
        // Before the list: entries that come in between are then no riddle.
        let head = try await node.auditHead()
        let page = try await node.audit(wanted)
        guard var answer = page.json("items", limit: wanted.page.limit, \.json).object else {
            preconditionFailure("a list is an object")
        }
        answer["head"] = head?.json ?? .null
        return .json(.object(answer))
    }
}

extension QueryReader {
    /// `operator`, `system` or an agent's identifier.
    fileprivate mutating func auditActor(_ name: String) throws(NodeError) -> String? {
        guard let text = try string(name, bytesMax: 40) else { return nil }
        if text == "operator" || text == "system" { return text }
        return try identifier(name, of: Agent.self)?.description
    }
}
