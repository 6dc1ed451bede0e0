import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// The caller's own API keys: make, list, revoke.
struct KeyRoutes {
    let node: ExecutionNode

    var routes: [Route] {
        [
            Route(.post, "/api/v1/keys", scopes: .read, add),
            Route(.get, "/api/v1/keys", list),
            Route(.delete, "/api/v1/keys/{key}", scopes: .read, revoke),
        ]
    }

    @Sendable private func add(_ call: Call) async throws -> Reply {
        let maker = try call.callerKey(node)
        let fields = try call.fields(try await call.body(bytesMax: 64 << 10))
        let (key, apiKey) = try await node.addKey(try KeyRequest(fields), for: maker.agentID, by: maker)
        return .json(["key": key.json, "apiKey": .string(apiKey)], status: 201).with(.cacheControl, "no-store")
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try call.caller(node)
        return .json(["items": .array(try await node.apiKeys(of: agent).map(\.json))])
    }

    @Sendable private func revoke(_ call: Call) async throws -> Reply {
        let maker = try call.callerKey(node)
        var query = try call.query()
        let after = try query.int("after", in: 0...Int(ExecutionNode.keyOverlapSecondsMax)) ?? 0
        try query.finish()
        guard let id = StoredKey.ID(call.parameter("key")) else {
            throw NodeError.notFound("key", call.parameter("key"))
        }
        return .json([
            "key":
                try await node.revokeKey(id, of: maker.agentID, by: maker, afterSeconds: Int64(after)).json
        ])
    }
}
