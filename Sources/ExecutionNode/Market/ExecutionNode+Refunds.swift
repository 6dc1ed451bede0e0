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

    public init(amount: String? = nil, reason: String) {
        self.amount = amount
        self.reason = reason
    }

    package init(_ fields: FieldReader) throws(FieldError) {
        amount = try fields.optionalDecimal("amount")
        reason = try fields.string("reason", minBytes: 1, maxBytes: Refund.reasonBytesMax)
        try fields.finish()
    }
}

extension ExecutionNode {
    /// Who asks for a refund. A seller gives back what it was paid; the operator may do so in its name.
    public enum RefundAuthority: Sendable {
        case seller(Agent.ID)
        case `operator`
    }

    /// Gives the last payment for a licence back, or a part of it. With all of it the licence ends.
    /// - Throws: ``NodeError`` 402 when the seller has not enough, 403, 404, 409, 422.
    public func refundPurchase(
        _ id: String, _ request: RefundRequest, by authority: RefundAuthority
    ) async throws(NodeError) -> JSONValue {
        guard let identifier = Purchase.ID(id),
            let purchase = try await inStore({ () throws(StoreError) in try await store.purchase(id: identifier) })
        else { throw .notFound("purchase", id) }
        try Self.check(authority, purchase, "purchase", id)
        let payments = try await inStore { () throws(StoreError) in try await store.payments(of: purchase.id) }
        guard let payment = payments.last else {
            throw NodeError(
                status: 409, code: "nothing_paid",
                detail: "Nothing was paid for this licence itself, only for its runs.")
        }
        return try await refund(
            .payment(payment.id), payment.amount, of: purchase, request, endsLicense: purchase.status == .completed)
    }

    /// Gives back what a run cost, or a part of it. The licence goes on, and the run stays counted.
    /// - Throws: as ``refundPurchase(_:_:by:)``.
    public func refundExecution(
        _ id: String, _ request: RefundRequest, by authority: RefundAuthority
    ) async throws(NodeError) -> JSONValue {
        guard let identifier = SkillUsage.ID(id),
            let execution = try await inStore({ () throws(StoreError) in try await store.execution(identifier) }),
            let purchaseID = execution.usage.purchaseID,
            let purchase = try await inStore({ () throws(StoreError) in try await store.purchase(id: purchaseID) })
        else { throw .notFound("execution", id) }
        try Self.check(authority, purchase, "execution", id)
        return try await refund(.usage(identifier), execution.usage.cost, of: purchase, request, endsLicense: false)
    }

    private static func check(
        _ authority: RefundAuthority, _ purchase: Purchase, _ kind: String, _ id: String
    ) throws(NodeError) {
        guard case .seller(let agent) = authority, agent != purchase.sellerID else { return }
        guard agent == purchase.buyerID else { throw .notFound(kind, id) }
        throw NodeError(
            status: 403, code: "not_the_seller", detail: "Only who sold the skill may give money back; ask its seller.")
    }

    /// - Parameter endsLicense: when all is given back.
    private func refund(
        _ target: Refund.Target, _ paid: Money, of purchase: Purchase, _ request: RefundRequest, endsLicense: Bool
    ) async throws(NodeError) -> JSONValue {
        // Two at once: the later one begins anew with what the earlier one left.
        for _ in 0..<8 {
            let refunds = try await inStore { () throws(StoreError) in try await store.refunds(of: purchase.id) }
            let record = try Self.record(
                target, paid, of: purchase, request, after: refunds.filter { $0.target == target }, endsLicense)
            do throws(MeterError) {
                let changed = try await meter.refund(record)
                licenses.update(changed)
                return ["refund": record.refund.json, "purchase": changed.json]
            } catch {
                if case .store(.conflict) = error { continue }
                throw Self.refundRefusal(error)
            }
        }
        throw NodeError(
            status: 409, code: "refund_in_flight", detail: "Other refunds of this are being booked; try again.",
            retryable: true, retryAfterSeconds: 1)
    }

    private static func record(
        _ target: Refund.Target, _ paid: Money, of purchase: Purchase, _ request: RefundRequest,
        after earlier: [Refund], _ endsLicense: Bool
    ) throws(NodeError) -> RefundRecord {
        let before = earlier.reduce(0) { $0 + $1.amount.base }
        let left = Money(base: paid.base - before, currency: paid.currency)
        guard left.base > 0 else {
            throw NodeError(
                status: 409, code: "nothing_to_refund",
                detail: paid.isZero ? "This run cost nothing." : "All of it was given back already.")
        }
        do {
            let amount = try request.amount.map { try Money(decimal: $0, currency: paid.currency) } ?? left
            let refund = try Refund(
                id: .new(), target: target, purchaseID: purchase.id, buyerID: purchase.buyerID,
                sellerID: purchase.sellerID, amount: amount, of: paid,
                before: Money(base: before, currency: paid.currency), reason: request.reason, createdAt: .now)
            return try RefundRecord(refund, endsLicense: endsLicense && amount == left)
        } catch let error as RefundError {
            throw NodeError(
                status: 422, code: "refund_too_large", detail: error.description,
                fields: ["left": .string(left.decimal), "currency": .string(left.currency.rawValue)])
        } catch {
            throw NodeError(
                FieldError(
                    path: "amount",
                    message: "must be an amount above zero with at most \(paid.currency.decimals) decimals"))
        }
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
