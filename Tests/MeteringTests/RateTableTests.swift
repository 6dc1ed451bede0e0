import MarketCore
import TestSupport
import Testing

@testable import Metering

@Suite("Rate limits")
struct RateTableTests {
    private let key = RateKey.agent(.new())

    private func admit(_ table: inout RateTable, _ limit: RateLimit, at now: Int64) -> RateDecision {
        table.admit([RateClaim(key: key, limit: limit)], now: now)[0]
    }

    @Test("the standard limit lets 1,000 calls through at once and the next after 10 ms")
    func burst() {
        var table = RateTable()
        for index in 0..<1_000 {
            let decision = admit(&table, .standard, at: 0)
            #expect(decision.allowed)
            #expect(decision.remaining == 999 - Int64(index))
        }
        let refused = admit(&table, .standard, at: 9_999_999)
        #expect(!refused.allowed)
        #expect(refused.remaining == 0)
        #expect(refused.retryAfterSeconds == 1)
        #expect(refused.resetSeconds == 10)
        #expect(admit(&table, .standard, at: 10_000_000).allowed)
        #expect(!admit(&table, .standard, at: 10_000_000).allowed)
    }

    @Test("a quiet time restores the burst and never more than the burst")
    func refill() {
        let limit = RateLimit(quota: 60, windowSeconds: 60, burst: 3)
        var table = RateTable()
        for _ in 0..<3 { #expect(admit(&table, limit, at: 0).allowed) }
        let later: Int64 = 86_400 * 1_000_000_000
        for _ in 0..<3 { #expect(admit(&table, limit, at: later).allowed) }
        #expect(!admit(&table, limit, at: later).allowed)
    }

    @Test("decides as a token bucket does, whatever the arrivals", arguments: UInt64(0)..<40)
    func equalsTokenBucket(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = RateLimit(
            quota: .random(in: 1...1_000, using: &random), windowSeconds: .random(in: 1...120, using: &random),
            burst: .random(in: 1...50, using: &random))
        var table = RateTable()
        let full = limit.intervalNanoseconds * limit.burst
        var level = full
        var now: Int64 = 0
        for _ in 0..<500 {
            let step = Int64.random(in: 0...(2 * limit.intervalNanoseconds), using: &random)
            now += step
            level = min(full, level + step)
            let decision = admit(&table, limit, at: now)
            #expect(decision.allowed == (level >= limit.intervalNanoseconds))
            if decision.allowed { level -= limit.intervalNanoseconds }
            #expect(decision.remaining == level / limit.intervalNanoseconds)
        }
    }

    @Test("no window ever sees more than the quota plus the burst", arguments: UInt64(0)..<10)
    func window(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = RateLimit(quota: 7, windowSeconds: 1, burst: 4)
        var table = RateTable()
        var passed: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<2_000 {
            now += .random(in: 0...100_000_000, using: &random)
            if admit(&table, limit, at: now).allowed { passed.append(now) }
        }
        for (index, start) in passed.enumerated() {
            let inWindow = passed[index...].prefix { $0 < start + 1_000_000_000 }.count
            #expect(inWindow <= 7 + 4)
        }
        #expect(passed.count > 100)
    }

    @Test("a refused call passes after Retry-After", arguments: UInt64(0)..<20)
    func retryAfter(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = RateLimit(
            quota: .random(in: 1...100, using: &random), windowSeconds: 60, burst: .random(in: 1...5, using: &random))
        var table = RateTable()
        while admit(&table, limit, at: 0).allowed {}
        let refused = admit(&table, limit, at: 0)
        #expect(refused.retryAfterSeconds >= 1)
        #expect(admit(&table, limit, at: refused.retryAfterSeconds * 1_000_000_000).allowed)
    }

    @Test("several limits count all or nothing")
    func allOrNothing() {
        let wide = RateClaim(key: .agent(.new()), limit: RateLimit(quota: 60, windowSeconds: 60, burst: 10))
        let narrow = RateClaim(key: .license(.new()), limit: RateLimit(quota: 60, windowSeconds: 60, burst: 2))
        var table = RateTable()
        for _ in 0..<2 { #expect(table.admit([wide, narrow], now: 0).map(\.allowed) == [true, true]) }
        for _ in 0..<5 {
            let decisions = table.admit([wide, narrow], now: 0)
            #expect(decisions.map(\.allowed) == [true, false])
            #expect(decisions[0].remaining == 8)
        }
    }

    @Test("a call that is given back was never counted, whenever that is", arguments: UInt64(0)..<20)
    func givenBack(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let claim = RateClaim(key: key, limit: RateLimit(quota: 10, windowSeconds: 1, burst: 5))
        var (table, untouched) = (RateTable(), RateTable())
        var now: Int64 = 0
        for _ in 0..<500 {
            now += .random(in: 0...150_000_000, using: &random)
            if .random(using: &random) {
                #expect(table.admit([claim], now: now) == untouched.admit([claim], now: now))
            } else if table.admit([claim], now: now)[0].allowed {
                now += .random(in: 0...50_000_000, using: &random)
                table.giveBack(claim, now: now)
            }
            #expect(table.ask(claim, now: now) == untouched.ask(claim, now: now))
        }
        table.giveBack(RateClaim(key: .agent(.new()), limit: claim.limit), now: now)
        #expect(table.usedUntil.count <= 1)
    }

    @Test("asking counts nothing and says what admitting would")
    func asked() {
        let claim = RateClaim(key: key, limit: RateLimit(quota: 60, windowSeconds: 60, burst: 2))
        var table = RateTable()
        for _ in 0..<5 { #expect(table.ask(claim, now: 0).remaining == 2) }
        #expect(table.usedUntil.isEmpty)
        for _ in 0..<2 { #expect(table.admit([claim], now: 0)[0].allowed) }
        let refused = table.ask(claim, now: 0)
        #expect(!refused.allowed)
        #expect(refused == table.admit([claim], now: 0)[0])
    }

    @Test("the table stays within its bound and forgets idle keys before busy ones")
    func bounded() {
        let limit = RateLimit(quota: 1, windowSeconds: 60, burst: 1)
        var table = RateTable(keysMax: 64)
        for index in 0..<64 {
            _ = table.admit([RateClaim(key: .agent(.new()), limit: limit)], now: Int64(index))
        }
        let now: Int64 = 30 * 1_000_000_000
        let busy = RateClaim(key: .agent(.new()), limit: limit)
        #expect(table.admit([busy], now: now)[0].allowed)
        for _ in 0..<1_000 {
            _ = table.admit([RateClaim(key: .agent(.new()), limit: limit)], now: now - 1)
            #expect(table.usedUntil.count <= 64)
        }
        // The first 64 became idle; of the busy ones the furthest from idle stay.
        #expect(!table.admit([busy], now: now)[0].allowed)
    }

    @Test("a limiter counts calls from many threads once each")
    func concurrent() async {
        let limiter = RateLimiter()
        let claim = RateClaim(
            key: .agent(.new()), limit: RateLimit(quota: 1, windowSeconds: 86_400, burst: 500))
        let passed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<64 {
                group.addTask { (0..<50).filter { _ in limiter.admit([claim])[0].allowed }.count }
            }
            return await group.reduce(0, +)
        }
        #expect(passed == 500)
    }
}
