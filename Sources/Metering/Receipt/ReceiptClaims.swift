public import Fields
public import MarketCore

/// What a receipt says about one run.
public struct ReceiptClaims: Hashable, Sendable {
    public let usageID: SkillUsage.ID
    public let chain: ReceiptChain
    /// 1 for the first receipt of the chain, then one more each time.
    public let number: Int64
    /// The hash of the previous receipt's compact form; nil in the first.
    public let previous: BodyHash?
    public let requestHash: BodyHash
    public let responseHash: BodyHash
    public let verdict: String
    /// What the pricing counts, of this run.
    public let units: Int64
    public let cost: Money
    public let skillID: Skill.ID
    public let agentID: Agent.ID
    public let endpoint: String
    public let time: Timestamp

    public init(
        usage: SkillUsage, number: Int64, previous: BodyHash?, requestHash: BodyHash, responseHash: BodyHash
    ) {
        usageID = usage.id
        chain = ReceiptChain(of: usage)
        self.number = number
        self.previous = previous
        self.requestHash = requestHash
        self.responseHash = responseHash
        verdict = usage.verdict
        units = usage.units
        cost = usage.cost
        skillID = usage.skillID
        agentID = usage.agentID
        endpoint = usage.endpoint
        time = usage.timestamp
    }

    /// The payload of the JWS. Its place in the chain comes last: it is known last.
    public var json: JSONValue {
        [
            "id": .string(usageID.description),
            "chain": .string(chain.description),
            "requestHash": .string(requestHash.base64URL),
            "responseHash": .string(responseHash.base64URL),
            "verdict": .string(verdict),
            "units": .number(units),
            "cost": .string(cost.decimal),
            "currency": .string(cost.currency.rawValue),
            "skillId": .string(skillID.description),
            "agentId": .string(agentID.description),
            "endpoint": .string(endpoint),
            "time": .string(time.description),
            "number": .number(number),
            "prev": .optional(previous?.base64URL),
        ]
    }

    /// Reads a payload; nil when a claim is missing or malformed. Claims that are not known are ignored, so that a
    /// later version may say more.
    public init?(json: JSONValue) {
        guard let usageID = json["id"]?.string.flatMap(SkillUsage.ID.init),
            let chain = json["chain"]?.string.flatMap(ReceiptChain.init),
            let number = json["number"]?.int64, number >= 1,
            let requestHash = json["requestHash"]?.string.flatMap(BodyHash.init(base64URL:)),
            let responseHash = json["responseHash"]?.string.flatMap(BodyHash.init(base64URL:)),
            let verdict = json["verdict"]?.string,
            let currency = json["currency"]?.string.flatMap(Currency.init(rawValue:)),
            let cost = json["cost"]?.string.flatMap({ try? Money(decimal: $0, currency: currency) }),
            let skillID = json["skillId"]?.string.flatMap(Skill.ID.init),
            let agentID = json["agentId"]?.string.flatMap(Agent.ID.init),
            let endpoint = json["endpoint"]?.string,
            let time = json["time"]?.string.flatMap(Timestamp.init),
            let previous = json["prev"]
        else { return nil }
        if previous.isNull {
            self.previous = nil
        } else {
            guard let hash = previous.string.flatMap(BodyHash.init(base64URL:)) else { return nil }
            self.previous = hash
        }
        self.usageID = usageID
        self.chain = chain
        self.number = number
        self.requestHash = requestHash
        self.responseHash = responseHash
        self.verdict = verdict
        // Receipts of earlier versions counted runs only.
        units = json["units"]?.int64 ?? 1
        self.cost = cost
        self.skillID = skillID
        self.agentID = agentID
        self.endpoint = endpoint
        self.time = time
    }
}
