public import Fields
public import MarketCore
public import Metering

/// What an agent wants to buy.
public struct PurchaseRequest: Sendable {
    public var buyer: Agent.ID
    /// The skill's name or identifier.
    public var skill: String
    public var licenseKind: License.Kind
    /// The most runs that the licence allows; nil for no cap.
    public var usageLimit: Int64?
    /// The most that the licence may cost, or with usage pricing a run under it, in whole units; nil accepts the
    /// skill's price.
    public var maxPrice: String?
    public var idempotencyKey: String?
    /// The bytes that a repeated key must repeat; nil uses the request's fields.
    public var body: [UInt8]?

    public init(
        buyer: Agent.ID, skill: String, licenseKind: License.Kind = .personal, usageLimit: Int64? = nil,
        maxPrice: String? = nil, idempotencyKey: String? = nil, body: [UInt8]? = nil
    ) {
        self.buyer = buyer
        self.skill = skill
        self.licenseKind = licenseKind
        self.usageLimit = usageLimit
        self.maxPrice = maxPrice
        self.idempotencyKey = idempotencyKey
        self.body = body
    }

    /// Names under which clients of other markets say for whom they buy.
    private static let giftFields = [
        "recipient", "recipientId", "beneficiary", "beneficiaryId", "buyer", "buyerId", "agentId", "giftTo", "gift",
    ]

    /// Reads the body of `POST /marketplace/purchase`.
    /// - Throws: ``NodeError`` 422, for a licence that shall be another agent's with the code `gifts_not_possible`.
    package init(
        buyer: Agent.ID, _ fields: FieldReader, idempotencyKey: String?, body: [UInt8]
    ) throws(NodeError) {
        if let field = Self.giftFields.first(where: fields.has) {
            throw NodeError(
                status: 422, code: "gifts_not_possible",
                detail:
                    "Remove \(field): a licence belongs to the agent that buys it and cannot be bought for another; "
                    + "the other agent buys it with its own key, and you may have the operator credit its balance.",
                fields: ["field": .string(field)])
        }
        do throws(FieldError) {
            self.init(
                buyer: buyer, skill: try fields.string("skillId", minBytes: 1, maxBytes: 64),
                licenseKind: try fields.optionalEnumeration("licenseType") ?? .personal,
                usageLimit: try fields.optionalInt("usageLimit", in: 1...Self.usageLimitMax),
                maxPrice: try fields.optionalDecimal("maxPrice"), idempotencyKey: idempotencyKey, body: body)
            try fields.finish()
        } catch {
            throw NodeError(error)
        }
    }

    static let usageLimitMax: Int64 = 1_000_000_000_000

    var hash: BodyHash {
        BodyHash(
            of: body
                ?? JSONValue.object([
                    "skillId": .string(skill), "licenseType": .string(licenseKind.rawValue),
                    "usageLimit": .optional(usageLimit), "maxPrice": .optional(maxPrice),
                ]).serialized())
    }
}

/// The answer to a purchase, now or earlier under the same idempotency key.
public struct PurchaseReply: Sendable {
    /// Status, headers and body as a client gets them: `{purchase, purchaseToken, paymentUrl}`.
    public let outcome: StoredOutcome
    public let isReplay: Bool

    public var json: JSONValue { (try? JSONValue(parsing: outcome.body)) ?? .null }
    /// What the buyer sends with its calls.
    public var token: String? { json["purchaseToken"]?.string }
}
