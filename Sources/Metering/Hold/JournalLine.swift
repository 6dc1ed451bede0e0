import Fields
import MarketCore

/// One line of the journal: eight hexadecimal digits of the SHA-256 of what follows, a blank, one JSON object.
enum JournalLine: Hashable, Sendable {
    case hold(Hold)
    /// The hold was dropped before anything ran.
    case void(SkillUsage.ID)

    var bytes: [UInt8] {
        let json: JSONValue =
            switch self {
            case .hold(let hold): ["hold": hold.journalJSON]
            case .void(let id): ["void": .string(id.description)]
            }
        let body = json.serialized()
        return Self.checksum(body) + [UInt8(ascii: " ")] + body + [UInt8(ascii: "\n")]
    }

    /// Parses one line without its newline; nil when it is torn or damaged.
    init?(_ line: some Collection<UInt8>) {
        let line = Array(line)
        guard line.count > 9, line[8] == UInt8(ascii: " ") else { return nil }
        let body = Array(line[9...])
        guard Array(line[..<8]) == Self.checksum(body), let json = try? JSONValue(parsing: body) else { return nil }
        if let id = json["void"]?.string.flatMap(SkillUsage.ID.init) {
            self = .void(id)
        } else if let hold = json["hold"].flatMap(Hold.init(journalJSON:)) {
            self = .hold(hold)
        } else {
            return nil
        }
    }

    private static func checksum(_ body: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return BodyHash(of: body).bytes.prefix(4).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}

extension Hold {
    var journalJSON: JSONValue {
        var object: JSONObject = [
            "id": .string(id.description),
            "purchaseId": .optional(purchaseID?.description),
            "skillId": .string(skillID.description),
            "buyerId": .string(buyerID.description),
            "sellerId": .string(sellerID.description),
            "endpoint": .string(endpoint),
            "amountBase": .number(amount.base),
            "currency": .string(amount.currency.rawValue),
            "requestSize": .number(requestSize),
            "requestHash": .string(requestHash.base64URL),
            "createdAt": .number(createdAt.milliseconds),
        ]
        if let idempotency {
            object["idempotency"] = [
                "agentId": .string(idempotency.scope.agentID.description),
                "route": .string(idempotency.scope.route),
                "key": .string(idempotency.scope.key.value),
                "fingerprint": .string(idempotency.fingerprint.base64URL),
            ]
        }
        if isWorkflow { object["workflow"] = true }
        if let step {
            object["step"] = [
                "run": .string(step.run.description), "id": .string(step.step), "fallback": .bool(step.isFallback),
                "version": .string(step.version.description), "shared": .bool(step.isShared),
            ]
        }
        return .object(object)
    }

    init?(journalJSON json: JSONValue) {
        guard let id = json["id"]?.string.flatMap(SkillUsage.ID.init),
            let skillID = json["skillId"]?.string.flatMap(Skill.ID.init),
            let buyerID = json["buyerId"]?.string.flatMap(Agent.ID.init),
            let sellerID = json["sellerId"]?.string.flatMap(Agent.ID.init),
            let endpoint = json["endpoint"]?.string,
            let base = json["amountBase"]?.int64,
            let currency = json["currency"]?.string.flatMap(Currency.init(rawValue:)),
            let requestSize = json["requestSize"]?.int64,
            let requestHash = json["requestHash"]?.string.flatMap(BodyHash.init(base64URL:)),
            let createdAt = json["createdAt"]?.int64
        else { return nil }
        var idempotency: IdempotentRequest?
        if let keyed = json["idempotency"] {
            guard let agentID = keyed["agentId"]?.string.flatMap(Agent.ID.init),
                let route = keyed["route"]?.string,
                let key = keyed["key"]?.string.flatMap(IdempotencyKey.init(stored:)),
                let fingerprint = keyed["fingerprint"]?.string.flatMap(BodyHash.init(base64URL:))
            else { return nil }
            idempotency = IdempotentRequest(
                scope: IdempotencyScope(agentID: agentID, route: route, key: key), fingerprint: fingerprint)
        }
        var step: WorkflowStepRecord?
        if let place = json["step"] {
            guard let run = place["run"]?.string.flatMap(SkillUsage.ID.init), let id = place["id"]?.string,
                let isFallback = place["fallback"]?.bool, let isShared = place["shared"]?.bool,
                let version = place["version"]?.string.flatMap({ SemanticVersion($0) })
            else { return nil }
            step = WorkflowStepRecord(
                run: run, step: id, isFallback: isFallback, version: version, isShared: isShared, isFinal: false)
        }
        self.init(
            id: id, purchaseID: json["purchaseId"]?.string.flatMap(Purchase.ID.init), skillID: skillID,
            buyerID: buyerID, sellerID: sellerID, endpoint: endpoint, amount: Money(base: base, currency: currency),
            requestSize: requestSize, requestHash: requestHash, idempotency: idempotency,
            createdAt: Timestamp(milliseconds: createdAt), isWorkflow: json["workflow"]?.bool ?? false, step: step)
    }
}
