import MarketCore
import Metering
import TestSupport
import Testing

@Suite("Refunds")
struct RefundTests {
    private static let amounts: [Int64] = [
        1, 2, 39, 40, 41, 79, 80, 81, 1_000, 999_999, .max / 40, .max / 40 + 1, .max - 40, .max - 39, .max - 1, .max,
    ]

    private func refund(_ amount: Int64, of paid: Int64, before: Int64) throws -> Refund {
        try Refund(
            id: .new(), target: .payment(.new()), purchaseID: .new(), buyerID: .new(), sellerID: .new(),
            amount: Samples.usdc(amount), of: Samples.usdc(paid), before: Samples.usdc(before), returnsFee: true,
            reason: "r",
            createdAt: .now)
    }

    /// Gives the parts back one after the other.
    private func refunds(_ parts: [Int64], of paid: Int64) throws -> [Refund] {
        var before: Int64 = 0
        return try parts.map { part in
            defer { before += part }
            return try refund(part, of: paid, before: before)
        }
    }

    private func partition(_ total: Int64, _ random: inout SeededGenerator) -> [Int64] {
        var parts: [Int64] = []
        var left = total
        while left > 0, parts.count < 40 {
            // Of any size: halves and single units alike.
            let most = max(1, left >> Int64.random(in: 0...62, using: &random))
            parts.append(.random(in: 1...most, using: &random))
            left -= parts.last ?? 0
        }
        return left > 0 ? parts + [left] : parts
    }

    @Test("in any parts and any order give back exactly what seller and platform got", arguments: amounts)
    func partitions(paid: Int64) throws {
        var random = SeededGenerator(seed: UInt64(paid))
        let split = PaymentSplit(Samples.usdc(paid))
        for _ in 0..<60 {
            let parts = partition(paid, &random)
            for order in [parts, parts.sorted(), parts.sorted(by: >), parts.shuffled(using: &random)] {
                var back = (seller: Int64(0), fee: Int64(0))
                for refund in try refunds(order, of: paid) {
                    #expect(refund.sellerPart.base >= 0 && refund.feePart.base >= 0)
                    #expect(refund.sellerPart.base + refund.feePart.base == refund.amount.base)
                    back.seller += refund.sellerPart.base
                    back.fee += refund.feePart.base
                    // What remains is shared as if only that had been paid.
                    let left = PaymentSplit(Samples.usdc(paid - back.seller - back.fee))
                    #expect(split.seller.base - back.seller == left.seller.base)
                    #expect(split.fee.base - back.fee == left.fee.base)
                }
                #expect(back == (split.seller.base, split.fee.base))
            }
        }
    }

    @Test("move their parts and nothing else", arguments: amounts)
    func entries(paid: Int64) throws {
        for amount in Set([1, paid / 2 + 1, paid]) {
            let refund = try refund(amount, of: paid, before: paid - amount)
            let transfers = try LedgerRules.refund(refund)
            #expect(transfers.reduce(0) { $0 + $1.amount.base } == amount)
            #expect(transfers.allSatisfy { $0.credit == .agent(refund.buyerID, .usdc) && $0.amount.base > 0 })
            let fee = transfers.filter { $0.debit == .platform(.usdc) }.reduce(0) { $0 + $1.amount.base }
            #expect(fee == refund.feePart.base)
        }
    }

    @Test("of nothing, of less than nothing and of more than is left are refused", arguments: amounts)
    func bounds(paid: Int64) throws {
        let before = paid / 2
        let left = Samples.usdc(paid - before)
        for amount in [0, -1, .min, left.base == .max ? 0 : left.base + 1] {
            #expect(throws: RefundError.amount(left: left)) { try refund(amount, of: paid, before: before) }
        }
        #expect(throws: RefundError.amount(left: Samples.usdc(0))) { try refund(1, of: paid, before: paid) }
        #expect(throws: RefundError.otherCurrency(.usdc)) {
            try Refund(
                id: .new(), target: .usage(.new()), purchaseID: .new(), buyerID: .new(), sellerID: .new(),
                amount: Money(base: 1, currency: .sol), of: Samples.usdc(paid), before: Samples.usdc(0),
                returnsFee: true, reason: "r",
                createdAt: .now)
        }
    }
}
