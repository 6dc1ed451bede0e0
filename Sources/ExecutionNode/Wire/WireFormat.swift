package import Fields
package import MarketCore

// How the domain's values look in JSON, the same in every answer. Amounts are decimal strings in whole units; the
// `…Base` fields give base units, as strings too, because many readers of JSON lose digits of large numbers.

extension Agent {
    package var json: JSONValue {
        [
            "id": .string(id.description),
            "name": .string(name),
            "owner": .string(ownerWallet),
            "description": .string(description),
            "avatar": .optional(avatar),
            "reputation": JSONNumber(reputation).map(JSONValue.number) ?? 0,
            "totalSales": .number(totalSales),
            "createdAt": .string(createdAt.description),
            "updatedAt": .string(updatedAt.description),
        ]
    }
}

extension License {
    package var json: JSONValue {
        [
            "type": .string(kind.rawValue),
            "expiresAt": .optional(expiresAt?.description),
            "usageLimit": .optional(usageLimit),
            "currentUsage": .number(currentUsage),
        ]
    }
}

extension Purchase {
    package var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.description),
            "buyerId": .string(buyerID.description),
            "sellerId": .string(sellerID.description),
            "skillId": .string(skillID.description),
            "amount": .string(amount.decimal),
            "amountBase": .string(String(amount.base)),
            "currency": .string(amount.currency.rawValue),
            "runPrice": .string(runPrice.decimal),
            "runPriceBase": .string(String(runPrice.base)),
            "txHash": .optional(transactionHash),
            "license": license.json,
            "status": .string(status.rawValue),
            "createdAt": .string(createdAt.description),
        ]
        if let revokedReason { object["revokedReason"] = .string(revokedReason) }
        return .object(object)
    }
}

extension SkillUsage {
    package var json: JSONValue {
        [
            "id": .string(id.description),
            "purchaseId": .optional(purchaseID?.description),
            "skillId": .string(skillID.description),
            "agentId": .string(agentID.description),
            "endpoint": .string(endpoint),
            "requestSize": .number(requestSize),
            "responseSize": .number(responseSize),
            "duration": .number(durationMilliseconds),
            "cost": .string(cost.decimal),
            "costBase": .string(String(cost.base)),
            "currency": .string(cost.currency.rawValue),
            "cpuTime": .number(cpuTimeMilliseconds),
            "peakMemory": .number(peakMemoryBytes),
            "verdict": .string(verdict),
            "timestamp": .string(timestamp.description),
        ]
    }
}

extension Page {
    /// `{items, pagination}`, with the list under the name that the endpoint gives it.
    package func json(_ name: String, limit: Int, _ item: (Item) -> JSONValue) -> JSONValue {
        var object = JSONObject()
        object[name] = .array(items.map(item))
        object["pagination"] = [
            "limit": .number(limit), "nextCursor": .optional(nextCursor), "total": .number(total),
        ]
        return .object(object)
    }
}
