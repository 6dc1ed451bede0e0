public import Fields
import LicenseCheck
public import MarketCore
public import Metering

/// What is to be given back.
public struct RefundRequest: Sendable {
    /// In whole units of the currency that was paid in; nil for all that is left.
    public var amount: String?
    /// Shown to both sides.
    public var reason: String
    public var idempotencyKey: String?
    /// The bytes that a repeated key must repeat; nil uses the request's fields.
    public var body: [UInt8]?

    public init(amount: String? = nil, reason: String, idempotencyKey: String? = nil, body: [UInt8]? = nil) {
        self.amount = amount
        self.reason = reason
        self.idempotencyKey = idempotencyKey
        self.body = body
    }

    package init(_ fields: FieldReader, idempotencyKey: String?, body: [UInt8]) throws(FieldError) {
        guard fields.value("amount")?.isNull != true else {
            throw fields.error("amount", "must not be null; leave it out to give all back that is left")
        }
        self.init(
            amount: try fields.optionalDecimal("amount"),
            reason: try fields.string("reason", minBytes: 1, maxBytes: Refund.reasonBytesMax),
            idempotencyKey: idempotencyKey, body: body)
        try fields.finish()
    }

    var hash: BodyHash {
        BodyHash(of: body ?? JSONValue.object(["amount": .optional(amount), "reason": .string(reason)]).serialized())
    }
}

/// The answer to a refund, now or earlier under the same idempotency key: `{refund, refunds, purchase}`.
public struct RefundReply: Sendable {
    public let outcome: StoredOutcome
    public let isReplay: Bool

    public var json: JSONValue { (try? JSONValue(parsing: outcome.body)) ?? .null }
}

extension ExecutionNode {
    /// Who asks for a refund.
    public enum RefundAuthority: Sendable {
        /// Gives all of it; the platform keeps its fee.
        case seller(Agent.ID)
        /// Seller and platform each give what they got.
        case `operator`
    }

    /// Gives back what was paid for a licence's present time, or a part of it: what a licence that is paid once cost with all
    /// its upgrades, or a subscription's last period with the upgrades within it; the newest payment first. With all of it
    /// the licence ends.
    /// - Throws: ``NodeError`` 402 when the seller has not enough, 403, 404, 409, 422.
    public func refundPurchase(
        _ id: String, _ request: RefundRequest, by authority: RefundAuthority
    ) async throws(NodeError) -> RefundReply {
        guard let identifier = Purchase.ID(id), let purchase = try await refundable(identifier) else {
            throw .notFound("purchase", id)
        }
        try Self.check(authority, purchase, seller: purchase.sellerID, "purchase", id)
        return try await keyed(request, "purchases/\(identifier)", seller: purchase.sellerID, authority) {
            key throws(NodeError) in
            try await self.refund(request, by: authority, key) { () throws(NodeError) in
                guard let purchase = try await self.refundable(identifier) else { throw .notFound("purchase", id) }
                let payments = try await self.inStore { () throws(StoreError) in
                    try await self.store.payments(of: identifier)
                }
                guard let last = payments.last else {
                    throw NodeError(
                        status: 409, code: "nothing_paid",
                        detail: "Nothing was paid for this licence itself, only for its runs.")
                }
                let present = payments.reversed().filter { $0.period?.end == last.period?.end }
                return Paid(
                    payments: present.map { (.payment($0.id), $0.amount) }, purchase: purchase,
                    sellerID: purchase.sellerID, endsAfter: purchase.status == .completed ? last.id : nil)
            }
        }
    }

    /// Gives back what a run cost, or a part of it. The licence goes on, and the run stays counted.
    /// - Throws: as ``refundPurchase(_:_:by:)``.
    public func refundExecution(
        _ id: String, _ request: RefundRequest, by authority: RefundAuthority
    ) async throws(NodeError) -> RefundReply {
        guard let identifier = SkillUsage.ID(id),
            let execution = try await inStore({ () throws(StoreError) in try await store.execution(identifier) }),
            let purchaseID = execution.usage.purchaseID, let purchase = try await refundable(purchaseID)
        else { throw .notFound("execution", id) }
        // A share of a workflow's price is its step's seller's.
        let seller = execution.sellerID
        try Self.check(authority, purchase, seller: seller, "execution", id)
        let paid = Paid(
            payments: [(.usage(identifier), execution.usage.cost)], purchase: purchase, sellerID: seller,
            endsAfter: nil)
        return try await keyed(request, "executions/\(identifier)", seller: seller, authority) {
            key throws(NodeError) in
            try await self.refund(request, by: authority, key) { paid }
        }
    }

    private func refundable(_ id: Purchase.ID) async throws(NodeError) -> Purchase? {
        try await inStore { () throws(StoreError) in try await store.purchase(id: id) }
    }

    private static func check(
        _ authority: RefundAuthority, _ purchase: Purchase, seller: Agent.ID, _ kind: String, _ id: String
    ) throws(NodeError) {
        guard case .seller(let agent) = authority, agent != seller else { return }
        guard agent == purchase.buyerID else { throw .notFound(kind, id) }
        throw NodeError(
            status: 403, code: "not_the_seller", detail: "Only who sold the skill may give money back; ask its seller.")
    }

    /// Once for each idempotency key, of the seller's or the operator's.
    private func keyed(
        _ request: RefundRequest, _ path: String, seller: Agent.ID, _ authority: RefundAuthority,
        _ body: (IdempotentRequest?) async throws(NodeError) -> StoredOutcome
    ) async throws(NodeError) -> RefundReply {
        let place = if case .operator = authority { "admin/" } else { "" }
        let key = try idempotentRequest(
            agent: seller, route: "POST /api/v1/\(place)\(path)/refund", key: request.idempotencyKey,
            fingerprint: request.hash)
        return try await once(key) { outcome in
            RefundReply(outcome: outcome, isReplay: true)
        } otherwise: { () async throws(NodeError) in
            RefundReply(outcome: try await body(key), isReplay: false)
        }
    }

    /// What was paid, of which a part is given back.
    private struct Paid: Sendable {
        /// In the order in which they are given back.
        let payments: [(target: Refund.Target, amount: Money)]
        let purchase: Purchase
        let sellerID: Agent.ID
        /// The last payment of a licence that ends when all is given back.
        let endsAfter: Payment.ID?
    }

    private func refund(
        _ request: RefundRequest, by authority: RefundAuthority, _ key: IdempotentRequest?,
        _ read: () async throws(NodeError) -> Paid
    ) async throws(NodeError) -> StoredOutcome {
        // Another refund or a renewal may come first: then all is read anew.
        for _ in 0..<8 {
            let paid = try await read()
            var earlier: [[Refund]] = []
            for payment in paid.payments {
                earlier.append(
                    try await inStore { () throws(StoreError) in try await store.refunds(of: payment.target) })
            }
            let record = try Self.record(paid, request, after: earlier, authority, key)
            do throws(MeterError) {
                let changed = try await give(record, authority)
                licenses.invalidate(changed.id)
                return Self.answer(record.refunds, changed)
            } catch {
                if case .store(.conflict("refund")) = error { continue }
                throw Self.refundRefusal(error)
            }
        }
        throw NodeError(
            status: 409, code: "refund_in_flight", detail: "Other refunds of this are being booked; try again.",
            retryable: true, retryAfterSeconds: 1)
    }

    private func give(_ record: RefundRecord, _ authority: RefundAuthority) async throws(MeterError) -> Purchase {
        let actor: AuditActor =
            switch authority {
            case .seller(let agent): .agent(agent)
            case .operator: .operator
            }
        let act = AuditAct(
            actor, .refundBooked, .purchase(record.purchaseID),
            [
                "refund": .string(record.refunds[0].id.description), "amount": .string(record.amount.decimal),
                "currency": .string(record.amount.currency.rawValue), "reason": .string(record.refunds[0].reason),
            ])
        let result: Result<Purchase, MeterError>
        do {
            result = try await store.recording(act, if: { _ in true }) { () throws(StoreError) in
                do throws(MeterError) {
                    return .success(try await meter.refund(record))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw .store(error)
        }
        return try result.get()
    }

    private static func answer(_ refunds: [Refund], _ purchase: Purchase) -> StoredOutcome {
        let body: JSONValue = [
            "refund": refunds[0].json, "refunds": .array(refunds.map(\.json)), "purchase": purchase.json,
        ]
        return StoredOutcome(status: 201, json: body.serialized())
    }

    private static func record(
        _ paid: Paid, _ request: RefundRequest, after earlier: [[Refund]], _ authority: RefundAuthority,
        _ key: IdempotentRequest?
    ) throws(NodeError) -> RefundRecord {
        let currency = paid.purchase.amount.currency
        let before = earlier.map { $0.reduce(0) { $0 + $1.amount.base } }
        let left = zip(paid.payments, before).map { $0.amount.base - $1 }
        let (all, overflow) = left.reduce((Int64(0), false)) { sum, base in
            let (total, overflow) = sum.0.addingReportingOverflow(base)
            return (total, sum.1 || overflow)
        }
        guard all > 0, !overflow else {
            throw NodeError(
                status: 409, code: "nothing_to_refund",
                detail: paid.payments.allSatisfy(\.amount.isZero)
                    ? "This run cost nothing." : "All of it was given back already.")
        }
        var rest = try amount(request, atMost: Money(base: all, currency: currency)).base
        let endsAfter = rest == all ? paid.endsAfter : nil
        let returnsFee = if case .operator = authority { true } else { false }
        let now = Timestamp.now
        do {
            var refunds: [Refund] = []
            for (index, payment) in paid.payments.enumerated() where rest > 0 && left[index] > 0 {
                let part = min(rest, left[index])
                guard part == left[index] || earlier[index].count < Refund.partsMax - 1 else {
                    throw NodeError(
                        status: 409, code: "too_many_refunds",
                        detail: "It was given back in \(earlier[index].count) parts; the next one must be all that is "
                            + "left, \(Money(base: left[index], currency: currency)).")
                }
                refunds.append(
                    try Refund(
                        id: .new(), target: payment.target, purchaseID: paid.purchase.id,
                        buyerID: paid.purchase.buyerID, sellerID: paid.sellerID,
                        amount: Money(base: part, currency: currency), of: payment.amount,
                        before: Money(base: before[index], currency: currency), returnsFee: returnsFee,
                        reason: request.reason, createdAt: now))
                rest -= part
            }
            return try RefundRecord(
                refunds, endsAfter: endsAfter,
                idempotency: key.map { [refunds] key in (key, { purchase in answer(refunds, purchase) }) })
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(status: 409, code: "refund_impossible", detail: "It cannot be booked: \(error)")
        }
    }

    /// What is asked for, or all that is left.
    private static func amount(_ request: RefundRequest, atMost left: Money) throws(NodeError) -> Money {
        guard let decimal = request.amount else { return left }
        guard let amount = try? Money(decimal: decimal, currency: left.currency) else {
            throw NodeError(
                FieldError(
                    path: "amount",
                    message: "must be an amount above zero with at most \(left.currency.decimals) decimals"))
        }
        guard amount.base > 0, amount.base <= left.base else {
            throw NodeError(
                status: 422, code: "refund_too_large", detail: RefundError.amount(left: left).description,
                fields: ["left": .string(left.decimal), "currency": .string(left.currency.rawValue)])
        }
        return amount
    }

    private static func refundRefusal(_ error: MeterError) -> NodeError {
        var problem = NodeError(error)
        if case .refused(.insufficientBalance(let needed, let available)) = error {
            problem.code = "seller_balance_insufficient"
            problem.detail =
                "The seller's part is \(needed) but the seller has only \(available) available; refund less, or try "
                + "again later."
        }
        return problem
    }
}
