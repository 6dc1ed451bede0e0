import MarketCore
import Metering
import Testing

@Suite("Ledger rules")
struct LedgerTests {
    static let amounts: [Int64] = [1, 2, 39, 40, 41, 79, 80, 81, 1_000, 999_999_999, .max - 1, .max]

    @Test("a charge moves exactly its cost, with the fee rounded up", arguments: amounts)
    func conservation(base: Int64) throws {
        let usage = Samples.usage(cost: base)
        let seller = Agent.ID.new()
        let transfers = try LedgerRules.usage(usage, seller: seller)
        #expect(transfers.reduce(0) { $0 + $1.amount.base } == base)
        #expect(transfers.allSatisfy { $0.debit == .agent(usage.agentID, .usdc) && $0.amount.base > 0 })
        let fee = transfers.filter { $0.credit == .platform(.usdc) }.reduce(0) { $0 + $1.amount.base }
        #expect(fee == base / 40 + (base % 40 == 0 ? 0 : 1))
        let share = transfers.filter { $0.credit == .agent(seller, .usdc) }.reduce(0) { $0 + $1.amount.base }
        #expect(share == base - fee)
        #expect(transfers.allSatisfy { $0.reference == .usage(usage.id) })
    }

    @Test("a cost of zero makes no entries, and one base unit makes only the fee")
    func small() throws {
        #expect(try LedgerRules.usage(Samples.usage(cost: 0), seller: .new()).isEmpty)
        let one = try LedgerRules.usage(Samples.usage(cost: 1), seller: .new())
        #expect(one.map(\.kind) == [.usageFee])
    }

    @Test("refuses payments to oneself and below zero")
    func invalid() {
        let buyer = Agent.ID.new()
        #expect(throws: LedgerError.sameAccount(.agent(buyer, .usdc))) {
            try LedgerRules.usage(Samples.usage(agent: buyer, cost: 100), seller: buyer)
        }
        #expect(throws: LedgerError.amountNotPositive(Samples.usdc(-5))) {
            try LedgerRules.usage(Samples.usage(cost: -5), seller: .new())
        }
        #expect(throws: LedgerError.amountNotPositive(Samples.usdc(0))) {
            try LedgerRules.credit(Samples.usdc(0), to: buyer, reference: "r", at: .now)
        }
        #expect(throws: LedgerError.currencyMismatch(.platform(.sol), Samples.usdc(1))) {
            try Transfer(
                id: .new(), debit: .deposits(.usdc), credit: .platform(.sol), amount: Samples.usdc(1), kind: .credit,
                reference: .text("r"), createdAt: .now)
        }
    }

    @Test(
        "only an ok run is billed, and never the platform's own failures",
        arguments: [
            ("ok", true), ("failed", false), ("timeout", false), ("launch_failed", false), ("cancelled", false),
            ("memory_limit", false), ("OK", false), ("", false),
        ])
    func billing(verdict: String, billed: Bool) {
        let price = Samples.usdc(1_000)
        let charge = BillingRule().charge(verdict: verdict, price: price)
        #expect(charge.cost == Samples.usdc(billed ? 1_000 : 0))
        #expect(charge.countsUse == billed)
        let everything = BillingRule(billedVerdicts: ["ok", "failed", "launch_failed", "cancelled"])
        let platform = ["launch_failed", "cancelled"].contains(verdict)
        if platform { #expect(everything.charge(verdict: verdict, price: price).cost.isZero) }
        #expect(BillingRule().charge(verdict: verdict, price: price, byOwner: true).cost.isZero)
    }

    @Test("a free or one-time skill counts uses and costs nothing per run", arguments: [Pricing.Kind.free, .oneTime])
    func unpriced(kind: Pricing.Kind) {
        let pricing = Pricing(kind: kind, price: Samples.usdc(500))
        let charge = BillingRule().charge(verdict: "ok", price: pricing.unitPrice)
        #expect(charge == BillingRule.Charge(cost: Samples.usdc(0), countsUse: true))
    }
}
