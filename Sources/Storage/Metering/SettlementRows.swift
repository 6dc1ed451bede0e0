import Foundation
import GRDB
import MarketCore
import Metering

/// A settlement as rows, up to what its place in the order of the writes decides.
struct SettlementRows: Sendable {
    let chain: UUID
    let receipt: ReceiptDraft
    let booking: Booking
    /// The columns of `usages` before number, hash and receipt.
    let usage: [DatabaseValue]

    init(_ settlement: Settlement, signer: any ReceiptSigner) throws(StoreError) {
        let usage = settlement.usage
        receipt = ReceiptDraft(
            usage: usage, requestHash: settlement.requestHash, responseHash: settlement.responseHash,
            signer: signer.now)
        chain = receipt.chain.uuid
        booking = try Booking(settlement.transfers, of: usage.cost)
        self.usage = [
            usage.id.uuid.databaseValue, usage.purchaseID?.uuid.databaseValue ?? .null,
            usage.skillID.uuid.databaseValue, usage.agentID.uuid.databaseValue,
            settlement.sellerID.uuid.databaseValue, usage.endpoint.databaseValue, usage.requestSize.databaseValue,
            usage.responseSize.databaseValue, usage.durationMilliseconds.databaseValue,
            usage.cpuTimeMilliseconds.databaseValue, usage.peakMemoryBytes.databaseValue,
            usage.units.databaseValue, usage.cost.base.databaseValue, usage.cost.currency.rawValue.databaseValue,
            settlement.isTrial.databaseValue,
            usage.verdict.databaseValue, usage.timestamp.milliseconds.databaseValue, settlement.countsUse.databaseValue,
            chain.databaseValue,
            Data(settlement.report).databaseValue,
        ]
    }
}

extension ReceiptChain {
    var uuid: UUID {
        switch self {
        case .purchase(let id): id.uuid
        case .owner(let id): id.uuid
        }
    }
}
