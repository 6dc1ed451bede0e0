import ExecutionNode
import Fields
import HTTPTypes
import MarketCore
import Metering

/// What an agent may know about its own money and runs.
struct RecordRoutes {
    let node: ExecutionNode

    var routes: [Route] {
        [
            Route(.get, "/api/v1/usage", usage),
            Route(.get, "/api/v1/usage/summary", summary),
            Route(.get, "/api/v1/usage/export", export),
            Route(.get, "/api/v1/balances", balances),
        ]
    }

    @Sendable private func usage(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        var query = try call.query()
        var wanted = try await filter(&query, agent)
        wanted.page = try query.page()
        try query.finish()
        return .json(try await node.usage(wanted).json("items", limit: wanted.page.limit) { $0.json })
    }

    private func filter(_ query: inout QueryReader, _ agent: Agent.ID) async throws -> UsageQuery {
        var wanted = UsageQuery(agentID: agent)
        wanted.from = try query.timestamp("from")
        wanted.to = try query.timestamp("to")
        wanted.endpoint = try query.string("endpoint", bytesMax: 128)
        wanted.verdict = try query.string("verdict", bytesMax: 32)
        wanted.purchaseID = try query.identifier("purchaseId", of: Purchase.self)
        if let skill = try query.string("skillId", bytesMax: 64) { wanted.skillID = try await node.skill(skill).id }
        return wanted
    }

    /// A part of all that matches; the header `X-Next-Cursor` says where the next one starts.
    @Sendable private func export(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        var query = try call.query()
        var wanted = try await filter(&query, agent)
        let format = try query.enumeration("format", as: UsageExport.self) ?? .csv
        let cursor = try query.string("cursor", bytesMax: 1024)
        let limit = try query.int("limit", in: 1...PageRequest.exportLimitMax)
        wanted.page = PageRequest(
            limit: limit ?? PageRequest.exportLimitMax, cursor: cursor, max: PageRequest.exportLimitMax)
        try query.finish()
        let page = try await node.usage(wanted)
        let text = format.text(page.items, withHeader: cursor == nil)
        let reply = Reply.text(text, contentType: format.mediaType)
        return page.nextCursor.map { reply.with(.nextCursor, $0) } ?? reply
    }

    @Sendable private func summary(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        var query = try call.query()
        var wanted = UsageSummaryQuery(
            party: try query.party(of: agent), unit: try query.enumeration("by", as: CalendarUnit.self) ?? .day)
        wanted.from = try query.timestamp("from")
        wanted.to = try query.timestamp("to")
        if let skill = try query.string("skillId", bytesMax: 64) { wanted.skillID = try await node.skill(skill).id }
        wanted.page = try query.page()
        try query.finish()
        return .json(try await node.usageSummaries(wanted).json("items", limit: wanted.page.limit) { $0.json })
    }

    @Sendable private func balances(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let agent = try call.caller(node)
        return .json(["items": .array(try await node.balances(of: agent).map(\.json))])
    }
}

extension ExecutionNode.Balance {
    var json: JSONValue {
        let available = Money(base: total.base - held.base, currency: total.currency)
        return [
            "currency": .string(total.currency.rawValue),
            "amount": .string(total.decimal), "amountBase": .string(String(total.base)),
            "held": .string(held.decimal), "heldBase": .string(String(held.base)),
            "available": .string(available.decimal), "availableBase": .string(String(available.base)),
        ]
    }
}
