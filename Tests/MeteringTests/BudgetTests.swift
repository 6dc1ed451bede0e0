import Foundation
import MarketCore
import TestSupport
import Testing

@testable import Metering

@Suite("Budgets")
struct BudgetTests {
    private let agent = Agent.ID.new()
    private let noon = Timestamp(milliseconds: 1_700_049_600_000)
    private static let day: Int64 = 86_400_000

    private func state(_ limit: Int64, spent: Int64 = 0, _ period: Budget.Period = .day) -> BudgetState {
        let budget = Budget(scope: .agent(agent), period: period, limit: Samples.usdc(limit))
        return BudgetState(budget: budget, spentBase: spent, at: noon)
    }

    private func claim(_ base: Int64, isSpending: Bool = true, at time: Timestamp) -> HoldClaim {
        HoldClaim(
            id: UUID(), agentID: agent, amount: Samples.usdc(base), purchaseID: nil, isSpending: isSpending, time: time)
    }

    private func book(balance: Int64, _ budgets: [BudgetState]) -> HoldBook {
        var book = HoldBook()
        book.install(
            HoldState(
                keys: HoldKeys(account: .init(agentID: agent, currency: .usdc), purchaseID: nil), balanceBase: balance,
                budgets: budgets, license: nil))
        return book
    }

    @Test("begin anew with their period and never before")
    func period() {
        var state = state(10, spent: 4)
        #expect(state.periodEnd.milliseconds - state.periodStart.milliseconds == Self.day)
        state.advance(to: state.periodEnd.advanced(byMilliseconds: -1))
        #expect(state.spentBase == 4)
        state.advance(to: state.periodEnd)
        #expect(state.spentBase == 0)
        #expect(state.leftBase(held: 3) == 7)
    }

    @Test("stay in the period that a clock had reached before it was set back", arguments: Budget.Period.allCases)
    func clockSetBack(period: Budget.Period) {
        var state = state(10, period)
        state.spend(3, at: noon)
        let reached = state.periodStart
        for daysBack: Int64 in [1, 40, 400, 20_000] {
            state.spend(1, at: noon.advanced(byMilliseconds: -daysBack * Self.day))
            #expect(state.periodStart == reached)
        }
        #expect(state.spentBase == 7)
    }

    @Test("are never exceeded within a period, whatever the clock does", arguments: UInt64(0)..<40)
    func anyClock(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limit = Int64.random(in: 0...60, using: &random)
        var book = book(balance: 1_000_000, [state(limit), state(3 * limit, .month)])
        var open: [HoldClaim] = []
        var reached = noon
        var spent: [Timestamp: Int64] = [:]
        for _ in 0..<600 {
            let time = reached.advanced(byMilliseconds: .random(in: -5 * Self.day...Self.day, using: &random))
            if Bool.random(using: &random) || open.isEmpty {
                let next = claim(.random(in: 0...20, using: &random), at: time)
                // A claim without an amount looks at no budget; one that is refused does.
                if !next.amount.isZero { reached = max(reached, time) }
                if (try? book.reserve(next)) != nil { open.append(next) }
            } else {
                let ended = open.remove(at: .random(in: 0..<open.count, using: &random))
                let charged = Int64.random(in: 0...ended.amount.base, using: &random)
                try book.beginSettle(ended.id, charged: Samples.usdc(charged), countsUse: false)
                book.finishSettle(ended.id, charged: Samples.usdc(charged), countsUse: false, at: time)
                guard !ended.amount.isZero else { continue }
                reached = max(reached, time)
                for unit in [CalendarUnit.day, .month] {
                    // The day and the month may begin at the same moment.
                    let start = unit.start(of: reached).advanced(byMilliseconds: unit == .day ? 0 : 1)
                    spent[start, default: 0] += charged
                    #expect(spent[start, default: 0] <= (unit == .day ? limit : 3 * limit))
                }
            }
        }
    }

    @Test("keep what was spent since midnight when a limit of the day before is stored after it")
    func setAtMidnight() throws {
        var book = book(balance: 1_000, [state(10)])
        let tomorrow = noon.advanced(byMilliseconds: Self.day)
        let call = claim(8, at: tomorrow)
        #expect(try book.reserve(call) == .held)
        try book.beginSettle(call.id, charged: Samples.usdc(8), countsUse: false)
        book.finishSettle(call.id, charged: Samples.usdc(8), countsUse: false, at: tomorrow)
        book.replaceBudgets(.agent(agent), .usdc, [state(20, spent: 1)])
        #expect(try book.reserve(claim(12, at: tomorrow)) == .held)
        #expect(throws: HoldRefusal.self) { try book.reserve(claim(1, at: tomorrow)) }
    }

    @Test("of the largest amounts neither trap nor let anything through")
    func largest() throws {
        var state = state(.max, spent: .max - 1)
        #expect(state.leftBase(held: 0) == 1)
        state.spend(.max, at: noon)
        state.spend(.max, at: noon)
        #expect(state.leftBase(held: .max) == 0)
        var empty = self.state(0)
        empty.spend(.max, at: noon)
        #expect(empty.leftBase(held: .max) == 0)
    }

    @Test("do not count what a seller is giving back")
    func refunds() throws {
        var book = book(balance: 1_000, [state(10)])
        #expect(try book.reserve(claim(90, isSpending: false, at: noon)) == .held)
        #expect(book.held(by: agent, in: .usdc) == Samples.usdc(90))
        #expect(book.heldSpending(by: agent, in: .usdc) == Samples.usdc(0))
        let call = claim(10, at: noon)
        #expect(try book.reserve(call) == .held)
        #expect(throws: HoldRefusal.budgetExceeded(state(10), held: 10, needed: Samples.usdc(1))) {
            try book.reserve(claim(1, isSpending: true, at: noon))
        }
        book.void(call.id)
        #expect(book.heldSpending(by: agent, in: .usdc) == Samples.usdc(0))
    }
}
