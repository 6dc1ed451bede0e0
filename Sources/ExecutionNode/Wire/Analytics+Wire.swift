package import Fields
package import MarketCore

extension SalesReport {
    package var json: JSONValue {
        var failures = JSONObject()
        for (verdict, count) in callsByVerdict.sorted(by: { $0.key < $1.key }) where verdict != "ok" {
            failures[verdict] = .number(count)
        }
        var object = JSONObject()
        if let skillID { object["skillId"] = .string(skillID.description) }
        if let day { object["day"] = .string(String(day.description.prefix(10))) }
        object["calls"] = .number(calls)
        object["ok"] = .number(callsByVerdict["ok"] ?? 0)
        object["failures"] = .object(failures)
        object["buyers"] = .number(buyers)
        object["revenue"] = .array(
            revenue.values.sorted { $0.currency.rawValue > $1.currency.rawValue }.map(\.json))
        object["latency"] = [
            "p50": .optional(latency.percentile(50)), "p95": .optional(latency.percentile(95)),
            "p99": .optional(latency.percentile(99)),
        ]
        return .object(object)
    }
}

extension SalesReport.Revenue {
    var json: JSONValue {
        func text(_ base: Int64) -> JSONValue { .string(Money(base: base, currency: currency).decimal) }
        return [
            "currency": .string(currency.rawValue), "runs": text(runs), "licenses": text(licenses),
            "refunded": text(refunded), "total": text(runs + licenses - refunded),
        ]
    }
}

extension Retention {
    package var json: JSONValue {
        [
            "formerBuyers": .number(former), "returned": .number(returned),
            "share": former == 0 ? .null : .decimal(returned * 1000 / former, places: 3),
        ]
    }
}

extension MarketReport {
    package var json: JSONValue {
        [
            "start": .string(start.description), "newAgents": .number(newAgents), "newSkills": .number(newSkills),
            "purchases": .number(purchases), "runs": .number(runs),
            "volumes": .array(
                volumes.values.sorted { $0.currency.rawValue > $1.currency.rawValue }.map { volume in
                    [
                        "currency": .string(volume.currency.rawValue), "transactions": .number(volume.transactions),
                        "amount": .string(Money(base: volume.amount, currency: volume.currency).decimal),
                        "refunded": .string(Money(base: volume.refunded, currency: volume.currency).decimal),
                    ]
                }),
        ]
    }
}

extension ExecutionNode.MarketTotals {
    package var json: JSONValue {
        [
            "agents": .number(agents), "skills": .number(skills), "purchases": .number(purchases),
            "runs": .number(runs),
        ]
    }
}
