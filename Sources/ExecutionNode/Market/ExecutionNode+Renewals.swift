import LicenseCheck
import Logging
package import MarketCore
import Metering

extension ExecutionNode {
    /// A period is paid so long before it begins at most, so that a short grace is enough.
    static let renewalLeadMilliseconds: Int64 = 300_000

    /// Pays the next period of every subscription that goes on and ends soon. What cannot be paid is tried again with the
    /// next call, and ends with its grace: no time is charged that could not be used.
    package func renewSubscriptions(at now: Timestamp = .now) async throws(NodeError) {
        let before = now.advanced(byMilliseconds: Self.renewalLeadMilliseconds)
        var last: Purchase?
        repeat {
            let due = try await inStore { () throws(StoreError) in
                try await store.dueRenewals(before: before, after: last, limit: 256)
            }
            for purchase in due { try await renew(purchase, at: now) }
            last = due.last
        } while last != nil
    }

    private func renew(_ purchase: Purchase, at now: Timestamp) async throws(NodeError) {
        if let end = purchase.usableUntil, end <= now { return try await lapse(purchase) }
        // Of a period that is over already nothing could be used any more.
        guard let record = try? RenewalRecord(purchase, at: now), let period = record.payment.period, period.end > now
        else { return try await lapse(purchase) }
        do throws(MeterError) {
            licenses.invalidate(try await meter.renew(record).id)
        } catch {
            switch error {
            // Its buyer may add credit, or raise the budget, until the grace ends.
            case .refused: break
            // It was cancelled, refunded or revoked since the list was read.
            case .store(.conflict): licenses.invalidate(purchase.id)
            case .store(.unavailable): throw NodeError(error)
            // One purchase's matter does not keep the others from being renewed.
            default:
                logger.error(
                    "a subscription could not be renewed",
                    metadata: [
                        "purchase": .string(purchase.id.description), "cause": .string(error.description),
                    ])
            }
        }
    }

    private func lapse(_ purchase: Purchase) async throws(NodeError) {
        let ended = try await inStore { () throws(StoreError) in
            try await store.setRenewal(purchase.id, renews: false)
        }
        licenses.invalidate(ended.id)
        logger.notice(
            "a subscription ended because its renewal was not paid",
            metadata: ["purchase": .string(purchase.id.description)])
    }
}
