package import Fields
import LicenseCheck
public import MarketCore
import Metering

/// What a licence that was bought is to become.
public struct UpgradeRequest: Sendable {
    /// Nil leaves the kind.
    public var licenseKind: License.Kind?
    /// The most runs that the licence then allows; nil leaves it.
    public var usageLimit: Int64?
    /// The most that the upgrade may cost now, and what a period, or a run of usage pricing, may cost from then on; in
    /// whole units. Nil accepts today's prices.
    public var maxPrice: String?
    public var idempotencyKey: String?
    /// The bytes that a repeated key must repeat; nil uses the request's fields.
    public var body: [UInt8]?

    public init(
        licenseKind: License.Kind? = nil, usageLimit: Int64? = nil, maxPrice: String? = nil,
        idempotencyKey: String? = nil, body: [UInt8]? = nil
    ) {
        self.licenseKind = licenseKind
        self.usageLimit = usageLimit
        self.maxPrice = maxPrice
        self.idempotencyKey = idempotencyKey
        self.body = body
    }

    package init(_ fields: FieldReader, idempotencyKey: String?, body: [UInt8]) throws(FieldError) {
        self.init(
            licenseKind: try fields.optionalEnumeration("licenseType"),
            usageLimit: try fields.optionalInt("usageLimit", in: 1...PurchaseRequest.usageLimitMax),
            maxPrice: try fields.optionalDecimal("maxPrice"), idempotencyKey: idempotencyKey, body: body)
        try fields.finish()
    }

    var hash: BodyHash {
        BodyHash(
            of: body
                ?? JSONValue.object([
                    "licenseType": .optional(licenseKind?.rawValue), "usageLimit": .optional(usageLimit),
                    "maxPrice": .optional(maxPrice),
                ]).serialized())
    }
}

extension ExecutionNode {
    /// Makes a licence larger, of a larger kind or with a higher usage limit, against the difference of today's prices.
    ///
    /// Runs that go on keep the price and the bounds with which they began, and tokens issued before stay valid: what they
    /// say of the licence is still so, only less.
    /// - Returns: `{purchase, purchaseToken, upgrade, payment}`, or what was answered under the same idempotency key.
    /// - Throws: ``NodeError`` 402 when the balance or a budget is too small, 403, 404, 409, 422.
    public func upgradePurchase(
        _ id: String, _ request: UpgradeRequest, buyer: Agent.ID
    ) async throws(NodeError) -> PurchaseReply {
        let identifier = try await boughtPurchase(id, by: buyer).id
        let key = try idempotentRequest(
            agent: buyer, route: "POST /api/v1/purchases/\(identifier)/upgrade", key: request.idempotencyKey,
            fingerprint: request.hash)
        return try await once(key) { outcome in
            PurchaseReply(outcome: outcome, isReplay: true)
        } otherwise: { () async throws(NodeError) in
            PurchaseReply(outcome: try await upgrade(identifier, request, buyer, keyed: key), isReplay: false)
        }
    }

    private func upgrade(
        _ id: Purchase.ID, _ request: UpgradeRequest, _ buyer: Agent.ID, keyed: IdempotentRequest?
    ) async throws(NodeError) -> StoredOutcome {
        try requireSpace()
        // Another upgrade or a renewal may come first: then the price is made anew.
        for _ in 0..<8 {
            let purchase = try await boughtPurchase(id.description, by: buyer)
            let now = Timestamp.now
            guard Self.goesOn(purchase, at: now) else {
                throw NodeError(
                    status: 409, code: "license_ended", detail: "This licence has ended; buy the skill again.")
            }
            let skill = try await skills.skill(purchase.skillID.description)
            try requireOpen(.purchases, to: buyer, skill)
            try requireForSale(skill)
            let change = try Self.change(purchase, request, skill.pricing, now)
            let record = try record(change, of: purchase, at: now, keyed)
            let token = try token(for: record.upgraded)
            do throws(MeterError) {
                let changed = try await meter.upgrade(record)
                licenses.invalidate(changed.id)
                return Self.answer(record, changed, token)
            } catch {
                if case .store(.conflict("upgrade")) = error { continue }
                throw Self.upgradeRefusal(error)
            }
        }
        throw NodeError(
            status: 409, code: "upgrade_in_flight",
            detail: "Other changes of this licence are being booked; try again.",
            retryable: true, retryAfterSeconds: 1)
    }

    private static func change(
        _ purchase: Purchase, _ request: UpgradeRequest, _ prices: Pricing, _ now: Timestamp
    ) throws(NodeError) -> LicenseUpgrade {
        let change: LicenseUpgrade
        do throws(UpgradeRefusal) {
            change = try LicenseUpgrade(
                of: purchase, to: request.licenseKind, usageLimit: request.usageLimit, at: prices, now: now)
        } catch {
            throw NodeError(status: 409, code: error.code, detail: error.description)
        }
        try check(maxPrice: request.maxPrice, change.amount, of: "The upgrade")
        switch change.pricing.kind {
        case .subscription: try check(maxPrice: request.maxPrice, change.pricing.price, of: "A period from then on")
        case .usage: try check(maxPrice: request.maxPrice, change.pricing.unitPrice, of: "A run from then on")
        case .free, .oneTime: break
        }
        return change
    }

    private func record(
        _ change: LicenseUpgrade, of purchase: Purchase, at now: Timestamp, _ keyed: IdempotentRequest?
    ) throws(NodeError) -> UpgradeRecord {
        let id = Upgrade.ID.new(at: now)
        do {
            let record = try UpgradeRecord(change, of: purchase, id: id, at: now)
            guard let keyed else { return record }
            let token = try token(for: record.upgraded)
            return try UpgradeRecord(
                change, of: purchase, id: id, at: now,
                idempotency: (keyed, { changed in Self.answer(record, changed, token) }))
        } catch {
            throw NodeError(
                status: 409, code: "upgrade_impossible", detail: "The upgrade cannot be booked: \(error)")
        }
    }

    private static func answer(_ record: UpgradeRecord, _ purchase: Purchase, _ token: String) -> StoredOutcome {
        let body: JSONValue = [
            "purchase": purchase.json, "purchaseToken": .string(token), "upgrade": record.upgrade.json,
            "payment": record.payment?.json ?? .null,
        ]
        return StoredOutcome(status: 201, json: body.serialized())
    }

    private static func upgradeRefusal(_ error: MeterError) -> NodeError {
        var problem = NodeError(error)
        if case .refused(.insufficientBalance(let needed, let available)) = error {
            problem.detail = "The upgrade costs \(needed) but only \(available) is available; add credit and try again."
        }
        return problem
    }
}

extension UpgradeRefusal {
    /// Short and stable, for programs.
    fileprivate var code: String {
        switch self {
        case .nothing: "nothing_to_upgrade"
        case .smallerKind, .lowerLimit: "not_an_upgrade"
        case .noLimit: "no_usage_limit"
        case .otherPricing: "pricing_changed"
        case .unpaidPeriod: "renewal_due"
        case .tooMuch: "amount_too_large"
        }
    }
}
