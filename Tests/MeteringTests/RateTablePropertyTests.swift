import MarketCore
import TestSupport
import Testing

@testable import Metering

@Suite("Rate limits, for any limits and arrivals")
struct RateTablePropertyTests {
    private static let edges = [
        RateLimit(quota: 1, windowSeconds: 86_400, burst: 1), RateLimit(quota: 1, windowSeconds: 1, burst: 1),
        RateLimit(quota: 1_000_000_000, windowSeconds: 86_400, burst: 1_000_000_000),
        RateLimit(quota: 1_000_000_000, windowSeconds: 1, burst: 1),
        RateLimit(quota: 1, windowSeconds: 86_400, burst: 1_000_000_000),
        RateLimit(quota: 999_999_937, windowSeconds: 7, burst: 2), RateLimit(quota: 7, windowSeconds: 3, burst: 5),
    ]

    private let key = RateKey.agent(.new())

    private func admit(_ table: inout RateTable, _ limit: RateLimit, at now: Int64) -> RateDecision {
        table.admit([RateClaim(key: key, limit: limit)], now: now)[0]
    }

    @Test("no window sees more than the quota and the burst", arguments: UInt64(0)..<60)
    func windows(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = RateLimit(
            quota: .random(in: 1...20, using: &random), windowSeconds: .random(in: 1...20, using: &random),
            burst: .random(in: 1...20, using: &random))
        var table = RateTable()
        var passed: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<1_500 {
            // Bursts, steady arrivals and quiet times.
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5: break
            case 5..<9: now += .random(in: 0...2 * limit.intervalNanoseconds, using: &random)
            default: now += .random(in: 0...limit.toleranceNanoseconds, using: &random)
            }
            if admit(&table, limit, at: now).allowed { passed.append(now) }
        }
        let window = limit.windowSeconds * 1_000_000_000
        var first = 0
        for (index, time) in passed.enumerated() {
            while passed[first] <= time - window { first += 1 }
            #expect(Int64(index - first + 1) <= limit.quota + limit.burst)
        }
        #expect(passed.count >= limit.burst)
    }

    @Test("a clock that goes back lets nothing more through", arguments: UInt64(0)..<20)
    func clockSetBack(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = RateLimit(quota: 10, windowSeconds: 10, burst: 4)
        var table = RateTable()
        var (now, latest, passed): (Int64, Int64, Int64) = (0, 0, 0)
        for _ in 0..<1_000 {
            now += .random(in: -3_000_000_000...3_500_000_000, using: &random)
            latest = max(latest, now)
            if admit(&table, limit, at: now).allowed { passed += 1 }
            #expect(passed <= limit.burst + latest / limit.intervalNanoseconds + 1)
        }
    }

    @Test("a call that any limit refuses counts against none", arguments: UInt64(0)..<20)
    func allOrNothing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let claims = (0..<4).map { _ in
            RateClaim(
                key: .agent(.new()),
                limit: RateLimit(
                    quota: .random(in: 1...10, using: &random), windowSeconds: 10,
                    burst: .random(in: 1...10, using: &random)))
        }
        var table = RateTable()
        var now: Int64 = 0
        for _ in 0..<300 {
            now += .random(in: 0...2_000_000_000, using: &random)
            let chosen = claims.shuffled(using: &random).prefix(.random(in: 1...4, using: &random))
            let before = table.usedUntil
            let decisions = table.admit(Array(chosen), now: now)
            let changed = chosen.filter { table.usedUntil[$0.key] != before[$0.key] }
            #expect(changed.count == (decisions.allSatisfy(\.allowed) ? chosen.count : 0))
        }
    }

    @Test("the smallest and the largest limits let their burst through and then their quota", arguments: edges)
    func extremes(limit: RateLimit) {
        var table = RateTable()
        let tried = min(limit.burst, 1_000)
        for index in 0..<tried {
            let decision = admit(&table, limit, at: 0)
            #expect(decision.allowed)
            #expect((0..<limit.burst).contains(decision.remaining))
            #expect(index > 0 || decision.resetSeconds >= 1)
        }
        guard limit.burst == tried else { return }
        let refused = admit(&table, limit, at: 0)
        #expect(!refused.allowed && refused.remaining == 0)
        #expect((1...limit.windowSeconds).contains(refused.retryAfterSeconds))
        #expect(!admit(&table, limit, at: limit.intervalNanoseconds - 1).allowed)
        #expect(admit(&table, limit, at: limit.intervalNanoseconds).allowed)
    }

    @Test("no moment that a clock can show traps", arguments: edges)
    func farMoments(limit: RateLimit) {
        let moments: [Int64] = [.min, .min + 1, .min / 2, -1, 0, 1, .max / 2, .max - 1, .max]
        for first in moments {
            for second in moments {
                var table = RateTable(keysMax: 8)
                for now in [first, second, second, first, second] {
                    let decision = admit(&table, limit, at: now)
                    #expect((0...limit.burst).contains(decision.remaining))
                    #expect(decision.allowed == (decision.retryAfterSeconds == 0))
                    #expect(decision.resetSeconds >= 0)
                }
            }
        }
    }
}
