import MarketCore

/// A wall clock that may leap, and a monotonic one that does not.
struct SimulatedClock {
    enum Temper: CaseIterable {
        /// An hour at most passes between two steps.
        case calm
        /// Weeks may pass.
        case hasty
        /// As `hasty`, and the wall clock is set back and forth.
        case leaping
    }

    private(set) var wall: Timestamp
    private(set) var monotonicNanoseconds: Int64 = 0
    let temper: Temper
    private let origin = ContinuousClock.now

    /// Begins long ago: answers of interrupted runs are stored with the machine's own time, which must stay later.
    init(_ chance: inout SimulatedChance) {
        temper = chance.element(Temper.allCases)
        wall = Timestamp(milliseconds: 978_307_200_000 + Int64(chance.below(3_000)) * 86_400_000)
    }

    var instant: ContinuousClock.Instant { origin.advanced(by: .nanoseconds(monotonicNanoseconds)) }

    mutating func pass(_ chance: inout SimulatedChance) {
        let drawn = chance.below(100_000)
        var milliseconds = 0
        switch drawn {
        case ..<90_000: milliseconds = drawn & 63
        case ..<99_000: milliseconds = drawn & 8_191
        case ..<99_900: milliseconds = chance.below(3_600_000)
        case ..<99_985 where temper != .calm:
            milliseconds = chance.below(drawn < 99_970 ? 86_400_000 : 25 * 86_400_000)
        default:
            guard temper == .leaping else { break }
            wall = wall.advanced(byMilliseconds: Int64(chance.below(80 * 86_400_000)) - 40 * 86_400_000)
        }
        monotonicNanoseconds += Int64(milliseconds) * 1_000_000
        wall = wall.advanced(byMilliseconds: Int64(milliseconds))
    }
}
