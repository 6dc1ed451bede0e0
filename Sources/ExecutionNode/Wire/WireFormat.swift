package import Fields
package import MarketCore
package import Metering

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
            "status": .string(status.rawValue),
            "createdAt": .string(createdAt.description),
            "updatedAt": .string(updatedAt.description),
        ]
    }
}

extension StoredKey {
    package var json: JSONValue {
        [
            "id": .string(id.description),
            "name": .optional(name),
            "prefix": .string(prefix),
            "scopes": .array(scopes.names.map(JSONValue.string)),
            "addresses": .array(addresses.map { .string($0.description) }),
            "publicKey": .optional(signingKey.map { Base64URL.encode($0) }),
            "createdAt": .string(createdAt.description),
            "expiresAt": .optional(expiresAt?.description),
            "lastUsedAt": .optional(lastUsedAt?.description),
            "revokedAt": .optional(revokedAt?.description),
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
            "pricing": pricing.json,
            "runPrice": .string(pricing.unitPrice.decimal),
            "runPriceBase": .string(String(pricing.unitPrice.base)),
            "txHash": .optional(transactionHash),
            "license": license.json,
            "trialCallsLeft": .number(trialLeft),
            "subscription": subscriptionJSON,
            "upgrades": .number(upgrades),
            "status": .string(status.rawValue),
            "createdAt": .string(createdAt.description),
        ]
        if let revokedReason { object["revokedReason"] = .string(revokedReason) }
        return .object(object)
    }

    private var subscriptionJSON: JSONValue {
        guard let subscription else { return nil }
        return [
            "periodsPaid": .number(subscription.periodsPaid), "renews": .bool(subscription.renews),
            "usableUntil": .optional(usableUntil?.description),
        ]
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
            "units": .number(units),
            "cost": .string(cost.decimal),
            "costBase": .string(String(cost.base)),
            "currency": .string(cost.currency.rawValue),
            "cpuTime": .number(cpuTimeMilliseconds),
            "peakMemory": .number(peakMemoryBytes),
            "trial": .bool(isTrial),
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
        var pagination: JSONObject = [
            "limit": .number(limit), "nextCursor": .optional(nextCursor), "total": .number(total),
        ]
        if !isTotalExact { pagination["totalIsExact"] = false }
        object["pagination"] = .object(pagination)
        return .object(object)
    }
}

extension Payment {
    package var json: JSONValue {
        [
            "id": .string(id.description), "kind": .string(kind.rawValue), "number": .number(number),
            "amount": .string(amount.decimal),
            "amountBase": .string(String(amount.base)), "currency": .string(amount.currency.rawValue),
            "periodStart": .optional(period?.start.description), "periodEnd": .optional(period?.end.description),
            "createdAt": .string(createdAt.description),
        ]
    }
}

extension Upgrade {
    package var json: JSONValue {
        [
            "id": .string(id.description), "number": .number(number), "from": from.json, "to": to.json,
            "amount": .string(amount.decimal), "amountBase": .string(String(amount.base)),
            "currency": .string(amount.currency.rawValue), "createdAt": .string(createdAt.description),
        ]
    }
}

extension Upgrade.Terms {
    fileprivate var json: JSONValue {
        ["type": .string(kind.rawValue), "usageLimit": .optional(usageLimit)]
    }
}

extension Refund {
    package var json: JSONValue {
        let (kind, id) =
            switch target {
            case .payment(let id): ("payment", id.description)
            case .usage(let id): ("execution", id.description)
            }
        return [
            "id": .string(self.id.description), "of": .string(kind), "ofId": .string(id),
            "purchaseId": .string(purchaseID.description), "amount": .string(amount.decimal),
            "amountBase": .string(String(amount.base)), "sellerPart": .string(sellerPart.decimal),
            "platformPart": .string(feePart.decimal), "currency": .string(amount.currency.rawValue),
            "reason": .string(reason), "createdAt": .string(createdAt.description),
        ]
    }
}

extension BudgetState {
    /// - Parameter heldBase: what open holds reserve of it.
    package func json(heldBase: Int64) -> JSONValue {
        let currency = budget.limit.currency
        let purchaseID: String? =
            switch budget.scope {
            case .agent: nil
            case .license(let id): id.description
            }
        return [
            "purchaseId": .optional(purchaseID), "period": .string(budget.period.rawValue),
            "limit": .string(budget.limit.decimal), "limitBase": .string(String(budget.limit.base)),
            "spent": .string(Money(base: spentBase, currency: currency).decimal),
            "held": .string(Money(base: heldBase, currency: currency).decimal),
            "left": .string(Money(base: leftBase(held: heldBase), currency: currency).decimal),
            "currency": .string(currency.rawValue), "periodStart": .string(periodStart.description),
            "periodEnd": .string(periodEnd.description),
        ]
    }
}

extension UsageSummary {
    package var json: JSONValue {
        [
            "start": .string(start.description), "skillId": .string(skillID.description), "verdict": .string(verdict),
            "calls": .number(calls), "units": .number(units), "cost": .string(cost.decimal),
            "costBase": .string(String(cost.base)), "currency": .string(cost.currency.rawValue),
            "duration": .number(durationMilliseconds), "cpuTime": .number(cpuTimeMilliseconds),
            "requestSize": .number(requestSize), "responseSize": .number(responseSize),
        ]
    }
}
