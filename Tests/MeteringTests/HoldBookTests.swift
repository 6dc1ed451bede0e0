import Foundation
import MarketCore
import TestSupport
import Testing

@testable import Metering

@Suite("Holds")
struct HoldBookTests {
    private let agent = Agent.ID.new()
    private let purchase = Purchase.ID.new()

    private func claim(_ base: Int64, id: UUID = UUID(), licensed: Bool = true) -> HoldClaim {
        HoldClaim(id: id, agentID: agent, amount: Samples.usdc(base), purchaseID: licensed ? purchase : nil)
    }

    private func book(balance: Int64, limit: Int64?, used: Int64 = 0) -> HoldBook {
        var book = HoldBook()
        book.install(state(balance: balance, limit: limit, used: used))
        return book
    }

    private func state(balance: Int64, limit: Int64?, used: Int64) -> HoldState {
        HoldState(
            keys: HoldKeys(account: .init(agentID: agent, currency: .usdc), purchaseID: purchase),
            balanceBase: balance, license: .init(usageLimit: limit, currentUsage: used))
    }

    @Test("asks for exactly what it does not know yet")
    func load() throws {
        var book = HoldBook()
        let account = HoldKeys.AccountKey(agentID: agent, currency: .usdc)
        #expect(try book.reserve(claim(5)) == .needsLoad(HoldKeys(account: account, purchaseID: purchase)))
        #expect(try book.reserve(claim(0)) == .needsLoad(HoldKeys(account: nil, purchaseID: purchase)))
        #expect(try book.reserve(claim(0, licensed: false)) == .held)
        book.install(state(balance: 10, limit: nil, used: 0))
        #expect(try book.reserve(claim(5)) == .held)
        #expect(book.openHolds == 2)
    }

    @Test("a second load does not undo what happened since the first")
    func lateLoad() throws {
        var book = book(balance: 10, limit: 5)
        let first = claim(10)
        #expect(try book.reserve(first) == .held)
        try book.beginSettle(first.id, charged: Samples.usdc(10), countsUse: true)
        book.finishSettle(first.id, charged: Samples.usdc(10), countsUse: true)
        book.install(state(balance: 10, limit: 5, used: 0))
        #expect(throws: HoldRefusal.insufficientBalance(needed: Samples.usdc(1), available: Samples.usdc(0))) {
            try book.reserve(claim(1))
        }
    }

    @Test("takes the amount and the use together or neither")
    func atomic() throws {
        var book = book(balance: 10, limit: 2)
        #expect(throws: HoldRefusal.insufficientBalance(needed: Samples.usdc(11), available: Samples.usdc(10))) {
            try book.reserve(claim(11))
        }
        #expect(try book.reserve(claim(1)) == .held)
        #expect(try book.reserve(claim(1)) == .held)
        #expect(throws: HoldRefusal.usageLimitReached(limit: 2, used: 0, held: 2)) { try book.reserve(claim(1)) }
        #expect(book.held(by: agent, in: .usdc) == Samples.usdc(2))
        #expect(book.held(by: agent, in: .sol) == .zero(.sol))
    }

    @Test("a void gives everything back, once")
    func void() throws {
        var book = book(balance: 10, limit: 1)
        let only = claim(10)
        #expect(try book.reserve(only) == .held)
        #expect(book.void(only.id) == true)
        #expect(book.void(only.id) == false)
        #expect(try book.reserve(claim(10)) == .held)
    }

    @Test("a settle that charges less than the hold frees the rest")
    func partial() throws {
        var book = book(balance: 10, limit: nil)
        let hold = claim(10)
        #expect(try book.reserve(hold) == .held)
        try book.beginSettle(hold.id, charged: Samples.usdc(4), countsUse: false)
        book.finishSettle(hold.id, charged: Samples.usdc(4), countsUse: false)
        #expect(try book.reserve(claim(6)) == .held)
        #expect(throws: HoldRefusal.self) { try book.reserve(claim(1)) }
    }

    @Test("a hold whose settle has begun cannot be voided, and is open again when the settle fails")
    func settling() throws {
        var book = book(balance: 10, limit: 1)
        let hold = claim(10)
        #expect(try book.reserve(hold) == .held)
        try book.beginSettle(hold.id, charged: Samples.usdc(10), countsUse: true)
        #expect(book.void(hold.id) == false)
        #expect(throws: HoldFault.alreadySettling(hold.id)) {
            try book.beginSettle(hold.id, charged: Samples.usdc(10), countsUse: true)
        }
        book.abortSettle(hold.id)
        #expect(book.held(by: agent, in: .usdc) == Samples.usdc(10))
        #expect(book.void(hold.id) == true)
    }

    @Test("refuses charges that do not fit their hold")
    func misfits() throws {
        var book = book(balance: 100, limit: nil)
        let licensed = claim(10)
        let owned = claim(10, licensed: false)
        #expect(try book.reserve(licensed) == .held)
        #expect(try book.reserve(owned) == .held)
        let unknown = UUID()
        #expect(throws: HoldFault.unknown(unknown)) {
            try book.beginSettle(unknown, charged: Samples.usdc(0), countsUse: false)
        }
        for charged in [Samples.usdc(11), Samples.usdc(-1), Money(base: 5, currency: .sol)] {
            #expect(throws: HoldFault.chargeExceedsHold(charged: charged, held: Samples.usdc(10))) {
                try book.beginSettle(licensed.id, charged: charged, countsUse: true)
            }
        }
        #expect(throws: HoldFault.noLicence(owned.id)) {
            try book.beginSettle(owned.id, charged: Samples.usdc(1), countsUse: true)
        }
        try book.beginSettle(licensed.id, charged: .zero(.sol), countsUse: false)
    }

    @Test("refuses a negative amount, a second hold of the same identifier and one hold too many")
    func bounds() throws {
        var book = HoldBook(openHoldsMax: 2)
        book.install(state(balance: 100, limit: nil, used: 0))
        #expect(throws: HoldRefusal.negativeAmount(Samples.usdc(-1))) { try book.reserve(claim(-1)) }
        let first = claim(1)
        #expect(try book.reserve(first) == .held)
        #expect(throws: HoldRefusal.duplicate(first.id)) { try book.reserve(first) }
        #expect(try book.reserve(claim(1)) == .held)
        #expect(throws: HoldRefusal.tooManyHolds(limit: 2)) { try book.reserve(claim(1)) }
    }

    @Test("forgets only entries without holds, and asks for them again")
    func eviction() throws {
        var book = HoldBook(idleEntriesMax: 4)
        book.install(state(balance: 10, limit: 3, used: 1))
        let hold = claim(10)
        #expect(try book.reserve(hold) == .held)
        for _ in 0..<100 {
            book.install(
                HoldState(
                    keys: HoldKeys(account: .init(agentID: .new(), currency: .sol), purchaseID: .new()),
                    balanceBase: 1, license: .init(usageLimit: nil, currentUsage: 0)))
            #expect(book.accounts.count <= 4)
            #expect(book.licenses.count <= 4)
        }
        #expect(throws: HoldRefusal.self) { try book.reserve(claim(1)) }
    }

    @Test("never exceeds a balance or a limit under any order of calls", arguments: UInt64(0)..<60)
    func invariants(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var model = (balance: Int64.random(in: 0...200, using: &random), used: Int64(0))
        let limit = Int64.random(in: 0...40, using: &random)
        var book = book(balance: model.balance, limit: limit)
        var open: [HoldClaim] = []
        var heldSum: Int64 = 0
        for _ in 0..<1_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let next = claim(.random(in: 0...20, using: &random))
                let fits = next.amount.base == 0 || next.amount.base <= model.balance - heldSum
                let hasUse = model.used + Int64(open.count) < limit
                if let reservation = try? book.reserve(next) {
                    #expect(reservation == .held)
                    #expect(fits && hasUse)
                    open.append(next)
                    heldSum += next.amount.base
                } else {
                    #expect(!fits || !hasUse)
                }
            case 5..<8 where !open.isEmpty:
                let ended = open.remove(at: .random(in: 0..<open.count, using: &random))
                let charged = Int64.random(in: 0...ended.amount.base, using: &random)
                let counts = Bool.random(using: &random)
                try book.beginSettle(ended.id, charged: Samples.usdc(charged), countsUse: counts)
                book.finishSettle(ended.id, charged: Samples.usdc(charged), countsUse: counts)
                heldSum -= ended.amount.base
                model.balance -= charged
                model.used += counts ? 1 : 0
            case 8 where !open.isEmpty:
                let ended = open.remove(at: .random(in: 0..<open.count, using: &random))
                #expect(book.void(ended.id) == true)
                heldSum -= ended.amount.base
            default:
                let amount = Int64.random(in: 1...10, using: &random)
                book.credit(agent, Samples.usdc(amount))
                model.balance += amount
            }
            let account = try #require(book.accounts.values.first)
            #expect(account.balance == model.balance)
            #expect(account.held == heldSum)
            #expect(0 <= account.held && account.held <= account.balance)
            let license = try #require(book.licenses.values.first)
            #expect(license.used == model.used && license.held == Int64(open.count))
            #expect(license.used + license.held <= limit)
        }
    }
}
